"""What every driver has to do (tests/contract/story.py), by machines that are real."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import images
from provisioner.backends.lxc import cgroups
from provisioner.backends.vagrant.machine import machine_prefix
from provisioner.core.model import Spec
from provisioner.core.paths import Home
from provisioner.drivers.qemu import Qemu
from provisioner.provision import layer_store
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat
from tests.contract.story import *  # noqa: F403 - the tests
from tests.contract.subject import Subject

from .conftest import Cli, has_time, require_time

LAB_3 = frozenset(range(1, 7))
LONG = 2400.0  # seconds, for what takes minutes where nothing else runs


@pytest.fixture(scope="module")
def a_server(home: Home) -> Iterator[str]:
    """A machine of somebody's own: here one that the qemu driver boots, of which only its ordinary sshd is used."""
    require_time()
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
    driver, seat = Qemu(home), Seat(folder / "server")
    seat.create(Record("none", "qemu"))
    try:
        image = images.ensure(home, ["debian-13"])
        driver.start(seat, Spec(2, 1024, 8, internet=True, forwards=(22,)), image)
        _as_delivered(seat)
        config, key = folder / "ssh_config", (seat.key.with_suffix(".pub")).read_text()
        ssh.run(seat, "sh", "-c", f"mkdir -p -m 700 /root/.ssh; echo '{key}' >/root/.ssh/authorized_keys")
        config.write_text(
            f"Host *\n IdentityFile {seat.key}\n UserKnownHostsFile {folder}/known\n StrictHostKeyChecking accept-new\n"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAB_SSH_CONFIG", str(config))
            record = seat.read()
            assert record is not None
            yield f"ssh:root@127.0.0.1:{record.forwards['22']}"
    finally:
        ssh.close(seat)
        driver.attach(seat).end()
        shutil.rmtree(folder)


def _as_delivered(seat: Seat) -> None:
    """What images built here have is not on other people's machines."""
    ssh.run(seat, "sh", "-c", "userdel -r learner; rm -rf /etc/sudoers.d/learner /etc/lab /var/lib/lab", check=False)


@pytest.fixture(scope="module")
def embedded() -> str:
    require_time()  # the same is in the stories before this file
    return "qemu"


@pytest.fixture(scope="module")
def containers() -> str:
    require_time(in_ci=True)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("system containers need root, and Debian's packages")
    return "lxc"


@pytest.fixture(scope="module", params=["embedded", "libvirt", "containers", "a_server"])
def subject(request: pytest.FixtureRequest, home: Home, cli: Cli) -> Iterator[Subject]:
    driver: str = request.getfixturevalue(request.param)
    cli.run("destroy", "--all")
    yield Subject(
        driver, cli, home, exercises=LAB_3, disturbed=LAB_3 if driver == "lxc" or has_time() else frozenset({6}),
        alive="docker ps -q | wc -l", page=8080,
        weight=0 if driver.startswith("ssh:") else 51, kill=lambda: _kill(driver, cli),
        leaves_nothing=lambda: _leaves_nothing(driver, home), slow=LONG,
    )  # fmt: skip
    cli.run("destroy", "--all")
    for folder in home.layers.glob("[!.]*/"):
        note = layer_store.read_note(folder)
        if note and note["driver"].startswith("vagrant:"):  # its boxes are not in this home, and would stay
            layer_store.remove(home, folder)


def _kill(driver: str, cli: Cli) -> None:
    """A booting machine, its preparation; with the embedded driver a resume."""
    child = cli.start("up", "3", "--driver", driver, "--yes")
    time.sleep({"qemu": 0.6, "lxc": 8}.get(driver, 25))
    child.kill()
    child.communicate(timeout=60)


def _leaves_nothing(driver: str, home: Home) -> None:
    if driver.startswith("ssh:"):
        user, _, rest = driver.removeprefix("ssh:").partition("@")
        host, _, port = rest.partition(":")
        left = "ls -d /etc/lab /var/lib/lab* /home/learner /usr/bin/docker; ip netns; ip -br link | grep ext0"
        done = subprocess.run(
            ["ssh", "-F", os.environ["LAB_SSH_CONFIG"], "-p", port, f"{user}@{host}", left],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.replace("mgmt (id: 0)", "").strip() == "", done.stdout
    elif driver == "vagrant:libvirt":
        domains = subprocess.run(["virsh", "-c", "qemu:///system", "list", "--all", "--name"], capture_output=True, text=True)
        assert machine_prefix(Seat.locate(home, 3)) not in domains.stdout
    elif driver == "lxc":
        assert not list(Path("/sys/fs/cgroup").glob(f"**/{cgroups.name(Seat.locate(home, 3))}")), "its control groups"
        assert str(home.seats) not in Path("/proc/mounts").read_text()
