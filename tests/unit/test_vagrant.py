"""What can be told of Vagrant without a machine. The real one: tests/real/test_4_drivers.py."""

import shutil
import subprocess
from pathlib import Path

import pytest

from provisioner.backends.vagrant import vagrantfile
from provisioner.backends.vagrant.vagrantfile import Vagrantfile
from provisioner.core.errors import HostError, MachineError
from provisioner.core.paths import Home
from provisioner.drivers.vagrant import Vagrant
from provisioner.seats.seat import Seat

ROOT = Path(__file__).parents[2]
needs_vagrant = pytest.mark.skipif(not shutil.which("vagrant"), reason="vagrant is not installed")
LOG = """\
==> lab: Uploading base box image as volume into Libvirt storage...
\rProgress: 1%\r\x1b[KProgress: 40%\r\x1b[K==> lab: Creating domain

    lab: SSH address: 192.168.121.184:22
"""


def test_vagrants_words_without_its_progress_bars(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("an earlier run\n" + LOG)
    assert vagrantfile._lines(log, len("an earlier run\n")) == [
        "Uploading base box image as volume into Libvirt storage...", "Creating domain", "lab: SSH address: 192.168.121.184:22",
    ]  # fmt: skip


def test_a_provider_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no provider is called 'virtualbix'"):
        Vagrant("virtualbix", Home(tmp_path, tmp_path))


def test_public_boxes_by_the_logical_names(tmp_path: Path) -> None:
    driver = Vagrant("virtualbox", Home(tmp_path, tmp_path))
    image = driver.image(["ubuntu-24.04", "debian-13"])
    assert (image.name, image.digest, image.kernel) == ("ubuntu-24.04", "bento/ubuntu-24.04", None)
    with pytest.raises(HostError, match="no box is known"):
        driver.image(["plan-9"])


@needs_vagrant
@pytest.mark.slow
def test_the_error_carries_vagrants_own_words(tmp_path: Path) -> None:
    its = Vagrantfile(Seat(tmp_path / "3"), "libvirt")
    its.write({"box": "lab/none", "cpus": 1, "memory": 512, "forwards": {}, "driver": "qemu", "mgmt": None})
    with pytest.raises(MachineError, match="Vagrant could not take the box lab/none") as failed:
        its.add_box("lab/none", tmp_path / "missing.box")
    assert "missing.box" in failed.value.evidence


@needs_vagrant
@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.slow
def test_the_vagrantfile_is_valid(tmp_path: Path, by_hand: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    its = Vagrantfile(Seat(tmp_path / "3"), "virtualbox")
    its.write(
        {"box": "bento/ubuntu-24.04", "cpus": 1, "memory": 512, "forwards": {"80": 8080}, "driver": "qemu", "mgmt": 40022}
    )
    monkeypatch.setenv("VAGRANT_DOTFILE_PATH", str(tmp_path / "dot"))
    if not by_hand:
        monkeypatch.setenv("LAB_TOPOLOGY", str(its.file))
    done = subprocess.run(["vagrant", "validate", "--ignore-provider"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
