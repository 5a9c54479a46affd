"""System containers: what LXC is told, and what its hook does with a real slirp4netns in a real network namespace."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from provisioner.backends import egress as way
from provisioner.backends.lxc import cgroups, config, container, hook
from provisioner.backends.lxc.container import Place
from provisioner.content.lab import load as load_lab
from provisioner.core.errors import UsageError
from provisioner.core.files import free_port
from provisioner.core.paths import labs_folders
from provisioner.drivers.base import Forks, LayerStore, Snapshots
from provisioner.drivers.registry import load
from provisioner.provision import stages
from provisioner.provision.prerequisites import require_kernel
from provisioner.seats.seat import Seat

from .networks import LISTENER, PYTHON, serving


def test_what_the_driver_can_do(seat: Seat) -> None:
    driver = load("lxc")
    assert isinstance(driver, LayerStore)
    assert (driver.info.kernel, driver.info.layers) == ("host", "disk")
    machine = driver.attach(seat)
    assert not isinstance(machine, Snapshots)  # it goes on from its disk
    assert not isinstance(machine, Forks)  # its memory cannot be copied: what must survive is tried where it is


@pytest.mark.parametrize("number", ["1", "2"])
def test_labs_about_the_kernel_are_refused(number: str) -> None:
    lab = load_lab(labs_folders(), number)
    with pytest.raises(UsageError, match="own kernel"):
        require_kernel(lab, load("lxc"))
    require_kernel(lab, load("qemu"))


def test_other_labs_are_taken() -> None:
    require_kernel(load_lab(labs_folders(), "3"), load("lxc"))


def test_where_layers_have_no_memory_solutions_are_applied_to_each_machine() -> None:
    lab = load_lab(labs_folders(), "3")
    stored, then = stages.stages(lab, load("lxc"), lab.exercises[:2])
    assert [s.name for s in stored] == ["docker", "vm-and-docker"]
    assert [s.name for s in then] == ["3.1 solved", "3.2 solved"]
    stored, then = stages.stages(lab, load("qemu"), lab.exercises[:2])
    assert [s.name for s in stored] == ["docker", "vm-and-docker", "3.1 solved", "3.2 solved"]
    assert not then


@pytest.mark.parametrize(("unified", "key"), [(True, "lxc.cgroup2.memory.max"), (False, "lxc.cgroup.memory.limit_in_bytes")])
def test_control_groups_of_both_kinds(unified: bool, key: str) -> None:
    text = config.config(Path("/f"), ["hook"], memory=1024, unified=unified, groups="lab-3", base=1 << 30)
    assert f"{key} = 1024M" in text
    assert ("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE" in text) is not unified


def test_what_is_the_hosts_cannot_be_changed() -> None:
    text = config.config(Path("/f"), ["hook"], memory=1024, unified=True, groups="lab-3", base=1 << 30)
    dropped = next(line for line in text.splitlines() if line.startswith("lxc.cap.drop")).split()
    assert {"sys_time", "sys_module", "sys_rawio"} <= set(dropped)
    assert "proc:mixed sys:mixed" in text  # settings are read-only, but for those of its own network


def test_a_number_that_another_process_has_got_since_is_not_taken_for_the_machine(seat: Seat) -> None:
    seat.pid.write_text(str(os.getpid()))
    assert container.find(seat) is None
    container.end(seat)  # and is left alone
    assert not seat.pid.exists()


def test_control_groups_that_are_left_are_found_by_where_the_machine_began(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "3")
    (folder := tmp_path / "3/lxc").mkdir(parents=True)
    (folder / "groups").write_text("4:memory:/user/x\n1:name=systemd:/\n0::/\n")
    found = cgroups.folders(seat)
    assert found["memory"].parent == cgroups.GROUPS / "memory/user/x"
    assert found["name=systemd"].parent == cgroups.GROUPS / "systemd"
    assert found[""].parent in (cgroups.GROUPS, cgroups.GROUPS / "unified")


needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("slirp4netns"), reason="a network namespace needs root, its card slirp4netns"
)


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[int]:
    """A process in a network namespace of its own."""
    child = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    while Path(f"/proc/{child.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
        time.sleep(0.01)
    yield child.pid
    child.kill()
    child.wait()
    for file in tmp_path.glob("*.slirp"):
        subprocess.run(["kill", file.read_text()], check=False)


@needs_root
@pytest.mark.slow
def test_a_card_forwards_a_port_of_this_host(tmp_path: Path, namespace: int, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    (tmp_path / "cards.json").write_text(container.cards(Place(tmp_path), port, {}, outward=False))
    monkeypatch.setenv("LXC_PID", str(namespace))
    hook.main(tmp_path, "start-host")
    inside = ["nsenter", "--target", str(namespace), "--net"]
    cards = subprocess.run([*inside, "ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    assert [line.split()[2] for line in cards.splitlines() if line.startswith("eth")] == [
        card["mac"] for card in json.loads((tmp_path / "cards.json").read_text())
    ]
    # What the tool listens to is on eth1, at the management network's address.
    subprocess.run([*inside, "ip", "address", "add", "10.0.3.15/24", "dev", "eth1"], check=True)
    server = subprocess.Popen(
        [*inside, "python3", "-c", "import socket; socket.create_server(('10.0.3.15', 22)).accept()[0].sendall(b'hello')"]
    )
    try:
        assert _heard(port) == b"hello"
    finally:
        server.kill()
        server.wait()


@needs_root
@pytest.mark.parametrize("outward", [True, False])
@pytest.mark.slow
def test_who_may_call_out_reaches_what_is_outside_and_nobody_reaches_this_host(
    tmp_path: Path, namespace: int, monkeypatch: pytest.MonkeyPatch, outside: str, outward: bool
) -> None:
    """By an address of the host that is not 127.0.0.1; and by those where slirp4netns stands for the host."""
    known = [a.address for card in psutil.net_if_addrs().values() for a in card if a.family == socket.AF_INET]
    other = [address for address in known if not address.startswith("127.")]
    (tmp_path / "cards.json").write_text(container.cards(Place(tmp_path), free_port(), {}, outward=outward))
    monkeypatch.setenv("LXC_PID", str(namespace))
    hook.main(tmp_path, "start-host")
    inside = ["nsenter", "--target", str(namespace), "--net"]
    subprocess.run([*inside, "ip", "link", "set", "eth1", "down"], check=True)  # it is in a namespace of its own
    assert _calls(inside, outside, 8080) is outward
    with socket.create_server(("0.0.0.0", 0)) as here:  # noqa: S104
        port = here.getsockname()[1]
        assert _calls([], other[0], port)
        for address in (*other, "10.0.2.2", "10.0.2.3", way.NAMES, "10.0.3.2"):
            assert not _calls(inside, address, port), address


@needs_root
def test_a_card_that_calls_out_is_called_by_this_host_and_ends_with_its_boot(
    tmp_path: Path, namespace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    (tmp_path / "cards.json").write_text(container.cards(Place(tmp_path), free_port(), {8080: port}, outward=True))
    monkeypatch.setenv("LXC_PID", str(namespace))
    inside = ["nsenter", "--target", str(namespace), "--net"]
    for _ in range(2):  # a reboot: its namespace is another one, and the port the same
        hook.main(tmp_path, "start-host")
        subprocess.run([*inside, "ip", "link", "set", "eth1", "down"], check=True)  # as above
        subprocess.run([*inside, "ip", "address", "add", f"{container.UPLINK_ADDRESS}/24", "dev", "eth0"], check=False)
        with serving([*inside, PYTHON, "-c", LISTENER, "8080", "inside"]):
            assert _heard(port) == b"inside"
        hook.main(tmp_path, "pre-start")
        for card in ("eth0", "eth1"):
            _wait_gone([*inside, "ip", "link", "show", card])


@needs_root
def test_a_new_boot_has_another_number_and_no_old_cards(tmp_path: Path) -> None:
    left = subprocess.Popen(["sleep", "60"])
    (tmp_path / "eth0.slirp").write_text(str(left.pid))
    hook.main(tmp_path, "pre-start")
    first = (tmp_path / "boot_id").read_text()
    assert left.wait(5) != 0
    hook.main(tmp_path, "pre-start")
    assert (tmp_path / "boot_id").read_text() != first


def _calls(inside: list[str], address: str, port: int) -> bool:
    # After an ICMP error, a call with a deadline has been seen to succeed without a peer (Linux 6.18).
    code = f"import socket; socket.create_connection(('{address}', {port}), 3).getpeername()"
    return subprocess.run([*inside, PYTHON, "-c", code], capture_output=True, check=False).returncode == 0


def _wait_gone(command: list[str]) -> None:
    deadline = time.monotonic() + 30
    while subprocess.run(command, capture_output=True, check=False).returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _heard(port: int) -> bytes:
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            if said := line.recv(10):
                return said
        time.sleep(0.1)
    return b""
