"""What every driver has to do, in one story for each. What a driver can do besides is found by isinstance."""

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
from provisioner.content.lab import load as load_lab
from provisioner.core.model import Spec
from provisioner.core.paths import Home, labs_folder
from provisioner.core.progress import Step
from provisioner.drivers.base import Forks, LayerStore, Snapshots
from provisioner.drivers.qemu import Qemu
from provisioner.drivers.registry import load
from provisioner.provision import layer_store, stages
from provisioner.provision.ansible import run
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

from .conftest import Cli, require_time, within

ALL = {1, 2, 3, 4, 5, 6}
LONG = 2400.0  # seconds, for what takes minutes where nothing else runs
BOOT = "cat /proc/sys/kernel/random/boot_id"


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
def driver(request: pytest.FixtureRequest, home: Home, cli: Cli) -> Iterator[str]:
    name: str = request.getfixturevalue(request.param)
    cli.run("destroy", "--all")
    yield name
    cli.run("destroy", "--all")
    for folder in home.layers.glob("[!.]*/"):
        note = layer_store.read_note(folder)
        if note and note["driver"].startswith("vagrant:"):  # its boxes are not in this home, and would stay
            layer_store.remove(home, folder)


def test_kill_9_of_the_first_up(driver: str, cli: Cli) -> None:
    """In the middle of what takes longest: a booting machine, its preparation; with the embedded driver a resume."""
    child = cli.start("up", "3", "--driver", driver, "--yes")
    time.sleep({"qemu": 0.6, "lxc": 8}.get(driver, 25))
    child.kill()
    child.communicate(timeout=60)
    said = cli.run("up", "3", "--driver", driver, "--yes", timeout=LONG)
    assert "is ready" in said or "already up" in said  # a quick host had it up by then
    assert cli.run("ssh", "3", "--", "docker ps -q | wc -l").strip() == "5"


def test_what_is_up(driver: str, cli: Cli, home: Home) -> None:
    assert "already up" in cli.run("up", "3")
    (row,) = cli.json("status")
    assert (row["state"], row["driver"]) == ("running", driver)
    assert driver.startswith("ssh:") or min(row["memory"] >> 20, row["disk"] >> 10) > 50, "what it costs this host"
    seat = Seat.of(home, 3)
    record = seat.read()
    assert record
    assert record.port == row["ssh_port"] > 0
    assert cli.run("ssh", "3", "--", "whoami; sudo whoami").split() == ["learner", "root"]
    assert cli.run("ssh", "3", "--", "docker ps -q | wc -l").strip() == "5"


def test_playbooks_change_nothing_the_second_time(driver: str, cli: Cli, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an own server (which reaches packages) by the Ansible in the machine, as it is for hosts with Windows."""
    if driver.startswith("ssh:"):
        monkeypatch.setenv("LAB_ANSIBLE", "guest")
    lab, seat = load_lab(labs_folder(), "3"), Seat.of(home, 3)
    assert run(seat, lab.playbook, labs_folder() / "roles", stages.variables(lab), Step("again", None)) == 0


def test_checks_before_and_after_the_solution(driver: str, cli: Cli, home: Home) -> None:
    assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    cli.run("solve", "3")
    elsewhere = [] if isinstance(load(driver).attach(Seat.of(home, 3)), Forks) else ["--disruptive"]
    assert cli.outcomes("3", *elsewhere, expect=0) == dict.fromkeys(ALL, "done")


def test_a_reset_is_the_beginning(driver: str, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an own server all of it is set up again: there by the Ansible in the machine."""
    if driver.startswith("ssh:"):
        monkeypatch.setenv("LAB_ANSIBLE", "guest")
    cli.run("ssh", "3", "--", "touch note; sudo touch /etc/note")
    cli.run("reset", "3", timeout=LONG)
    assert cli.run("ssh", "3", "--", "ls note /etc/note 2>&1 | grep -c 'No such'").strip() == "2"
    assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")


def test_two_seats_side_by_side(driver: str, cli: Cli) -> None:
    if not isinstance(load(driver), LayerStore):  # there is one machine, and it is taken
        cli.run("up", "3", "--seat", "second", "--driver", driver, expect=2)
        cli.run("destroy", "3", "--seat", "second")  # which leaves the other's machine alone
        assert cli.run("ssh", "3", "--", "curl -s 127.0.0.1:8080").split()[0] == "shop"
        return
    cli.run("up", "3", "--seat", "second", "--driver", driver)
    try:
        pages = [cli.run("ssh", "3", *s, "--", "curl -s 127.0.0.1:8080") for s in ((), ("--seat", "second"))]
        assert pages[0].split()[0] == pages[1].split()[0] == "shop"
        assert pages[0] != pages[1], "each seat has a nonce of its own"
    finally:
        cli.run("destroy", "3", "--seat", "second")


def test_stop_save_and_restore_where_the_driver_can(driver: str, cli: Cli, home: Home) -> None:
    made = load(driver)
    machine = made.attach(Seat.of(home, 3))
    if isinstance(machine, Snapshots):  # with the learner locked out, which must not be in the way
        before = cli.run("ssh", "3", "--", f"sudo ufw --force enable >/dev/null; {BOOT}")
        cli.run("stop", "3")
        assert cli.json("status")[0]["state"] == "stopped"
        assert "goes on" in cli.run("up", "3")
        assert cli.run("ssh", "3", "--", BOOT) == before
    elif made.info.layers != "none":  # its disk
        cli.run("ssh", "3", "--", "echo first >note; sudo systemd-run --quiet --on-active=1 systemctl poweroff")
        assert within(60, lambda: cli.json("status")[0]["state"] == "stopped")
        cli.run("stop", "3", expect=2)
        assert "goes on" in cli.run("up", "3")
        assert cli.run("ssh", "3", "--", "cat note").strip() == "first"
    if isinstance(machine, Snapshots):
        cli.run("ssh", "3", "--", "echo first >/dev/shm/note")
        cli.run("save", "3", "mine")
        cli.run("ssh", "3", "--", "echo second >/dev/shm/note")
        cli.run("restore", "3", "mine")
        assert cli.run("ssh", "3", "--", "cat /dev/shm/note").strip() == "first"
    else:
        cli.run("save", "3", "mine", expect=2)


def test_destroy_leaves_nothing_and_twice_is_no_error(driver: str, cli: Cli, home: Home) -> None:
    config, name = os.environ.get("LAB_SSH_CONFIG"), load(driver).info.name
    cli.run("destroy", "3", timeout=LONG)
    assert cli.json("status") == []
    cli.run("destroy", "3")
    if name.startswith("ssh:"):
        user, _, rest = driver.removeprefix("ssh:").partition("@")
        host, _, port = rest.partition(":")
        left = "ls -d /etc/lab /var/lib/lab* /home/learner /usr/bin/docker; ip netns; ip -br link | grep ext0"
        said = subprocess.run(
            ["ssh", "-F", str(config), "-p", port, f"{user}@{host}", left], capture_output=True, text=True, check=False
        )  # fmt: skip
        assert said.stdout.replace("mgmt (id: 0)", "").strip() == "", said.stdout
    elif name == "vagrant:libvirt":
        domains = subprocess.run(["virsh", "-c", "qemu:///system", "list", "--all", "--name"], capture_output=True, text=True)
        assert machine_prefix(Seat.of(home, 3)) not in domains.stdout
    elif name == "lxc":
        assert not list(Path("/sys/fs/cgroup").glob(f"**/{cgroups.name(Seat.of(home, 3))}")), "its control groups"
        assert str(home.seats) not in Path("/proc/mounts").read_text()
