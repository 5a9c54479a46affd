"""What every driver has to do, asked of those that need more than QEMU. What a driver can do besides is found by isinstance."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from provisioner import images, ssh, workflow
from provisioner.drivers import Machine, Saves, StoresLayers, Suspends, load
from provisioner.drivers.qemu import Qemu
from provisioner.home import Home, labs_folder
from provisioner.lab import load as load_lab
from provisioner.playbook import run
from provisioner.progress import Step
from provisioner.seat import Record, Seat

from .conftest import Cli

ALL = {1, 2, 3, 4, 5, 6}
BOOT = "cat /proc/sys/kernel/random/boot_id"


@pytest.fixture(scope="module")
def home(cli: Cli) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_HOME", str(cli.home))
        yield Home.find()


@pytest.fixture(scope="module")
def a_server(home: Home) -> Iterator[str]:
    """A machine of somebody's own: here one that the qemu driver boots, of which only its ordinary sshd is used."""
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
    driver, seat = Qemu(home), Seat(folder / "server")
    seat.create(Record("none", "qemu"))
    try:
        image = images.ensure(home, ["debian-13"])
        end = driver.up(seat, Machine(2, 1024, 8, internet=True, forwards=(22,)), image)
        ssh.configure(seat, end.address, end.port)
        _as_delivered(seat)
        config, key = folder / "ssh_config", (seat.key.with_suffix(".pub")).read_text()
        ssh.run(seat, "sh", "-c", f"mkdir -p -m 700 /root/.ssh; echo '{key}' >/root/.ssh/authorized_keys")
        config.write_text(
            f"Host *\n IdentityFile {seat.key}\n UserKnownHostsFile {folder}/known\n StrictHostKeyChecking accept-new\n"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAB_SSH_CONFIG", str(config))
            yield f"ssh:root@127.0.0.1:{end.forwards[22]}"
    finally:
        ssh.close(seat)
        driver.destroy(seat)
        shutil.rmtree(folder)


def _as_delivered(seat: Seat) -> None:
    """The learner that images built here have is not on other people's machines."""
    ssh.run(seat, "sh", "-c", "userdel -r learner; rm -f /etc/sudoers.d/learner", check=False)


@pytest.fixture(scope="module")
def libvirt() -> Iterator[str]:
    """Where no service manager has started libvirt, this does, and ends it again. Skips where it cannot be."""
    if not shutil.which("vagrant") or not shutil.which("libvirtd"):
        pytest.skip("Vagrant or libvirt is not here")
    started: list[Path] = []
    if not _libvirt_answers() and os.geteuid() == 0:
        for daemon in ("virtlogd", "libvirtd"):
            pid = Path(f"/run/{daemon}.pid")
            subprocess.run([daemon, "-d", "-p", str(pid)], check=True)
            started.append(pid)
    if not _within(60, _libvirt_answers):
        pytest.skip("libvirt does not answer")
    yield "vagrant:libvirt"
    for pid in reversed(started):
        process = psutil.Process(int(pid.read_text()))
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module", params=["libvirt", "a_server"])
def driver(request: pytest.FixtureRequest, home: Home, cli: Cli) -> Iterator[str]:
    name: str = request.getfixturevalue(request.param)
    cli.run("destroy", "--all")
    yield name
    cli.run("destroy", "--all")


def _libvirt_answers() -> bool:
    return subprocess.run(["virsh", "-c", "qemu:///system", "version"], capture_output=True, check=False).returncode == 0


def _within(seconds: float, call: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not call():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def test_the_story_of_lab_3(driver: str, cli: Cli, home: Home) -> None:
    assert "is ready" in cli.run("up", "3", "--driver", driver, "--yes")
    assert "already up" in cli.run("up", "3")
    (row,) = cli.json("status")
    assert (row["state"], row["driver"]) == ("running", driver)
    assert cli.run("ssh", "3", "--", "whoami; sudo whoami").split() == ["learner", "root"]
    lab, seat = load_lab(labs_folder(), "3"), Seat.of(home, 3)
    assert run(seat, lab.playbook, labs_folder() / "roles", workflow.variables(lab), Step("again", None)) == 0
    assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    cli.run("solve", "3")
    done = cli.outcomes("3", "--quick", expect=1)
    assert set(done.values()) <= {"done", "not checked"}, done


def test_a_reset_is_the_beginning(driver: str, cli: Cli) -> None:
    cli.run("ssh", "3", "--", "touch note; sudo touch /etc/note; sudo ufw --force enable")
    cli.run("reset", "3")
    assert cli.run("ssh", "3", "--", "ls note /etc/note 2>&1 | grep -c 'No such'").strip() == "2"
    assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")


def test_stop_save_and_restore_where_the_driver_can(driver: str, cli: Cli) -> None:
    made = load(driver)
    if isinstance(made, Suspends):
        before = cli.run("ssh", "3", "--", BOOT)
        cli.run("stop", "3")
        assert cli.json("status")[0]["state"] == "stopped"
        cli.run("up", "3")
        assert cli.run("ssh", "3", "--", BOOT) == before
    if isinstance(made, Saves):
        cli.run("ssh", "3", "--", "echo first >/dev/shm/note")
        cli.run("save", "3", "mine")
        cli.run("ssh", "3", "--", "echo second >/dev/shm/note; sudo ufw --force enable")
        cli.run("restore", "3", "mine")
        assert cli.run("ssh", "3", "--", "cat /dev/shm/note").strip() == "first"
    else:
        cli.run("save", "3", "mine", expect=2)


def test_destroy_leaves_nothing_and_twice_is_no_error(driver: str, cli: Cli) -> None:
    config = os.environ.get("LAB_SSH_CONFIG")
    cli.run("destroy", "3")
    assert cli.json("status") == []
    cli.run("destroy", "3")
    if driver.startswith("ssh:"):
        user, _, rest = driver.removeprefix("ssh:").partition("@")
        host, _, port = rest.partition(":")
        left = "ls -d /etc/lab /var/lib/lab* /home/learner /usr/bin/docker; ip netns; ip -br link | grep ext0"
        said = subprocess.run(
            ["ssh", "-F", str(config), "-p", port, f"{user}@{host}", left], capture_output=True, text=True, check=False
        )  # fmt: skip
        assert said.stdout.replace("door (id: 0)", "").strip() == "", said.stdout
    elif isinstance(load(driver), StoresLayers):
        domains = subprocess.run(["virsh", "-c", "qemu:///system", "list", "--all", "--name"], capture_output=True, text=True)
        assert "lab-3_" not in domains.stdout
