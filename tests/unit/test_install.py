import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from provisioner.backends.qemu import accelerator
from provisioner.core.errors import HostError
from provisioner.core.model import Finding
from provisioner.core.progress import reporter
from provisioner.host.install import install_command, line_for, offer

QEMU = Finding("QEMU", False, "qemu-system-x86_64", packages=("qemu-system-x86",))
TOOLS = Finding("QEMU's disk tools", False, "qemu-img", packages=("qemu-utils",))
HERE = Finding("the SSH client", True, "ssh", packages=("openssh-client",))
SERVICE = Finding("the service", False, "not running", fix="systemctl start it")


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose apt-get writes down what it was told, and whose sudo obeys. Returns what was written."""
    said, bin_ = tmp_path / "said", tmp_path / "bin"
    bin_.mkdir()
    for name, script in (
        ("apt-get", f'echo "$DEBIAN_FRONTEND: $*" >>{said}; umask >{tmp_path}/mask'),
        ("sudo", 'exec "$@"'),
        ("mmdebstrap", ""),
    ):
        (bin_ / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_ / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:/usr/bin:/bin")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(accelerator, "none_here", lambda: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where the log of a failure stays
    return said


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without a package manager that we know."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")
@pytest.mark.slow
def test_the_command_is_what_apt_understands() -> None:
    command = [word for word in install_command(["dpkg", "coreutils"]) if word != "sudo"]
    assert command[-2:] == ["dpkg", "coreutils"]
    done = subprocess.run([*command, "--simulate"], capture_output=True, text=True, check=False)
    assert "0 to remove" in done.stdout, done.stderr


def test_who_is_not_root_is_shown_sudo(apt: Path) -> None:
    begin = ["apt-get"] if os.geteuid() == 0 else ["sudo", "apt-get"]
    assert install_command(["a"]) == [*begin, "install", "-y", "--no-install-recommends", "a"]


def test_a_host_without_a_known_package_manager(bare: None) -> None:
    assert install_command(["a"]) == []
    if sys.platform == "linux":
        assert line_for(["a", "b"]) == "install: a b"


def test_nothing_lacking_is_nothing_to_do(bare: None) -> None:
    offer([HERE], yes=False)


def test_without_a_terminal_nothing_is_installed_unasked(apt: Path) -> None:
    with pytest.raises(HostError, match="lacks: QEMU, QEMU's disk tools$") as error:
        offer([QEMU, HERE, TOOLS], yes=False)
    assert error.value.hint.endswith("apt-get install -y --no-install-recommends qemu-system-x86 qemu-utils")
    assert not apt.exists()


@pytest.mark.parametrize("yes", [True, False], ids=["yes", "in continuous integration"])
def test_yes_installs_what_is_lacking(apt: Path, monkeypatch: pytest.MonkeyPatch, yes: bool) -> None:
    if not yes:
        monkeypatch.setenv("CI", "true")
    offer([QEMU, HERE, TOOLS], yes=yes)
    update, install = apt.read_text().splitlines()
    assert update.endswith("update -qq")
    assert install == "noninteractive: install -y --no-install-recommends qemu-system-x86 qemu-utils"


def test_packages_make_files_for_everybody(apt: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        offer([QEMU], yes=True)
    finally:
        os.umask(before)
    assert int((tmp_path / "mask").read_text(), 8) == 0o022


def test_the_log_is_where_nobody_else_could_have_put_a_link(apt: Path, tmp_path: Path) -> None:
    """As root it was written through a link of its name: lab-install-PID.log, and numbers of processes are few."""
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    (tmp_path / f"lab-install-{os.getpid()}.log").symlink_to(victim)
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\necho 'E: no network'\nexit 100\n")
    with pytest.raises(Exception, match="failed with code 100") as error:
        offer([QEMU], yes=True)
    assert victim.read_text() == "precious\n"
    log = Path(getattr(error.value, "hint", "").rpartition(": ")[2].rstrip(")"))
    assert log.read_text() == "E: no network\n"
    assert log.parent.stat().st_mode & 0o077 == 0


def test_a_log_of_success_does_not_stay(apt: Path, tmp_path: Path) -> None:
    offer([QEMU], yes=True)
    assert list(tmp_path.glob("lab-install-*")) == []


def test_what_packages_do_not_mend_is_not_installed(apt: Path) -> None:
    with pytest.raises(HostError) as error:
        offer([SERVICE], yes=True)
    assert error.value.hint == "systemctl start it"
    assert not apt.exists()


def test_a_failed_installation_shows_the_line(apt: Path, tmp_path: Path) -> None:
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\necho 'E: no network'\nexit 100\n")
    with pytest.raises(Exception, match="failed with code 100") as error:
        offer([QEMU], yes=True)
    assert "E: no network" in getattr(error.value, "evidence", "")
    assert "qemu-system-x86" in getattr(error.value, "hint", "")


@pytest.mark.parametrize(("emulated", "user"), [(True, 0), (True, 1000), (False, 0)])
def test_system_containers_come_along_where_they_are_of_use(
    apt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulated: bool, user: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))  # where there is no LXC
    monkeypatch.setattr(accelerator, "none_here", lambda: emulated)
    monkeypatch.setattr(reporter, "memory", None)  # of a home that is not this user's
    monkeypatch.setattr(os, "geteuid", lambda: user)
    offer([QEMU], yes=True)
    wanted = emulated and user == 0
    assert apt.read_text().splitlines()[1].endswith("qemu-system-x86 lxc slirp4netns" if wanted else "qemu-system-x86")


@pytest.mark.parametrize(
    ("kvm", "processor", "none"),
    [
        (False, "flags\t\t: fpu vmx svm\n", True),
        (True, "flags\t\t: fpu vmx_x sse\n", True),
        (True, "flags\t\t: fpu vmx sse\n", False),
        (True, "flags\t\t: fpu svm\n", False),
        (True, "Features\t: fp asimd\n", False),
        (False, "Features\t: fp asimd\n", True),
    ],
)
def test_whether_there_can_be_an_accelerator(tmp_path: Path, kvm: bool, processor: str, none: bool) -> None:
    (tmp_path / "cpuinfo").write_text(processor)
    if kvm:
        (tmp_path / "kvm").touch()
    assert accelerator.none_here(tmp_path / "kvm", tmp_path / "cpuinfo") == none
    assert not accelerator.none_here(tmp_path / "kvm", tmp_path / "none"), "another system than Linux"
