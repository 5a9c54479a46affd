"""What goes wrong on other people's machines, done to real runs. They use the layers that test_1 prepared."""

import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import ROOT, Cli


def _killed(cli: Cli, after: float, sign: signal.Signals, *words: str) -> subprocess.Popen[str]:
    """A command that gets a signal after so many seconds, alone: its QEMU and its connections get none."""
    child = cli.start(*words)
    time.sleep(after)
    child.send_signal(sign)
    child.communicate(timeout=60)
    return child


def test_kill_9_of_a_warm_up(cli: Cli) -> None:
    rng = random.Random(3)  # noqa: S311 - reproducible moments
    for _ in range(8):
        cli.run("destroy", "3")
        _killed(cli, rng.uniform(0.05, 2.0), signal.SIGKILL, "up", "3")
        cli.run("up", "3")
        assert cli.run("ssh", "3", "--", "docker ps -q | wc -l").strip() == "5"
        assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == 1


def test_ctrl_c_leaves_nothing_or_comes_too_late(cli: Cli) -> None:
    """At any moment: until the machine is handed over, and while the command that has handed it over ends."""
    cli.run("destroy", "3")
    began = time.monotonic()
    cli.run("up", "3")
    whole = time.monotonic() - began
    for part in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05):
        cli.run("destroy", "3")
        child = _killed(cli, part * whole, signal.SIGINT, "up", "3")
        assert child.returncode in (0, 130)
        assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == (child.returncode == 0)
    cli.run("up", "3")
    cli.run("ssh", "3", "--", "true")


def _preparing(cli: Cli, folder: Path) -> "subprocess.Popen[str]":
    """`lab reset 3` of a changed lab, which is prepared anew, while Ansible is at work. folder: short, for labs and tmp."""
    labs, temporary = folder / "labs", folder / "tmp"
    temporary.mkdir(parents=True)
    shutil.copytree(ROOT / "labs", labs)
    with (labs / "03-vm-and-docker" / "setup.yml").open("a") as f:
        f.write("# changed\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_LABS", str(labs))
        patch.setenv("TMPDIR", str(temporary))
        child = cli.start("reset", "3")
    deadline = time.monotonic() + 120
    while not list(temporary.glob("*/mitogen*")):
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return child


def _half_made(cli: Cli) -> list[str]:
    folders = (cli.home / "cache" / "layers").iterdir()
    return [f.name for f in folders if f.name.startswith("b-") or f.name.endswith(".new")]


def test_kill_9_while_a_lab_is_prepared(cli: Cli) -> None:
    """A changed lab is prepared anew; the half-made machine of a killed preparation is cleared away."""
    child = _preparing(cli, cli.home / "killed")
    child.kill()
    child.communicate(timeout=30)
    assert len([p for p in cli.processes() if p.name().startswith("qemu")]) >= 1
    assert _half_made(cli)
    cli.run("up", "3")  # of the unchanged lab: clears the orphan away all the same
    cli.run("ssh", "3", "--", "true")
    assert [p.name()[:4] for p in cli.processes() if not p.name().startswith("ssh")] == ["qemu"]
    assert _half_made(cli) == []
    assert list((cli.home / "killed" / "tmp").iterdir()) == []


def test_ctrl_c_while_a_lab_is_prepared(cli: Cli) -> None:
    """Ansible's runner takes the signal for itself. It is no failed playbook, and nothing stays in the temporary folder."""
    cli.run("up", "3")
    child = _preparing(cli, cli.home / "cut")
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert (child.returncode, "interrupted" in said, "failed" in said) == (130, True, False)
    assert list((cli.home / "cut" / "tmp").iterdir()) == []
    assert _half_made(cli) == []
    assert [p.name()[:4] for p in cli.processes() if not p.name().startswith("ssh")] == ["qemu"]


def test_two_ups_at_once(cli: Cli) -> None:
    cli.run("destroy", "3")
    both = [cli.start("up", "3"), cli.start("up", "3")]
    said = [child.communicate(timeout=120) for child in both]
    assert [child.returncode for child in both] == [0, 0], said
    assert any("already up" in out for out, _ in said)
    assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == 1


def test_a_dead_qemu(cli: Cli) -> None:
    qemu = next(p for p in cli.processes() if p.name().startswith("qemu"))
    qemu.kill()
    qemu.wait(10)
    assert cli.json("status")[0]["state"] == "stopped"
    cli.run("up", "3")
    cli.run("ssh", "3", "--", "true")


def test_a_guest_that_does_not_answer(cli: Cli) -> None:
    qemu = next(p for p in cli.processes() if p.name().startswith("qemu"))
    qemu.suspend()
    try:
        assert cli.json("status")[0]["state"] == "broken"
        cli.run("up", "3")  # says so, and starts it from its beginning
    finally:
        if qemu.is_running():
            qemu.resume()
    cli.run("ssh", "3", "--", "true")


def test_unreadable_notes(cli: Cli) -> None:
    (cli.home / "seats" / "3" / "seat.json").write_text("{half")
    cli.run("up", "3")
    cli.run("ssh", "3", "--", "true")


def test_two_seats_side_by_side(cli: Cli) -> None:
    cli.run("up", "3", "--seat", "second")
    try:
        pages = [cli.run("ssh", "3", *s, "--", "curl -s 127.0.0.1:8080") for s in ((), ("--seat", "second"))]
        assert pages[0].split()[0] == pages[1].split()[0] == "shop"
        assert pages[0] != pages[1], "each seat has a nonce of its own"
        ids = [cli.run("ssh", "3", *s, "--", "cat /etc/machine-id") for s in ((), ("--seat", "second"))]
        assert ids[0] != ids[1]
    finally:
        cli.run("destroy", "3", "--seat", "second")


def test_a_full_disk(cli: Cli) -> None:
    """A home on a file system of 4 MiB: said clearly, code 2, and nothing is left running."""
    small = cli.home / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("needs root, to mount a small file system")
    try:
        (small / "cache").symlink_to(cli.home / "cache")
        tiny = Cli(small)
        (small / "filler").write_bytes(b"x" * ((4 << 20) - (64 << 10)))
        tiny.run("up", "3", expect=2)
        assert not tiny.processes()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_taken_port(cli: Cli) -> None:
    """Ports are asked of the system at each start: one that somebody took meanwhile is not asked for again."""
    taken = cli.json("status")[0]["ssh_port"]
    cli.run("stop", "3")
    with socket.create_server(("127.0.0.1", taken)):
        cli.run("up", "3")
        cli.run("ssh", "3", "--", "true")
        assert cli.json("status")[0]["ssh_port"] != taken


def test_destroy_leaves_nothing_and_twice_is_no_error(cli: Cli) -> None:
    cli.run("destroy", "3")
    assert cli.json("status") == []
    assert not cli.processes()
    cli.run("destroy", "3")
