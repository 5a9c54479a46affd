"""What goes wrong on other people's machines, done to real runs. They use the layers that test_1 prepared."""

import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from provisioner.backends.disk_chain import backing_file

from .conftest import ROOT, Cli, has_time, require_time, within

pytestmark = pytest.mark.first_half


def _killed(cli: Cli, after: float, sign: signal.Signals, *words: str) -> subprocess.Popen[str]:
    """A command that gets a signal after so many seconds, alone: its QEMU and its connections get none."""
    child = cli.start(*words)
    time.sleep(after)
    child.send_signal(sign)
    child.communicate(timeout=60)
    return child


def test_kill_9_of_a_warm_up(cli: Cli) -> None:
    rng = random.Random(3)  # noqa: S311 - reproducible moments
    for _ in range(8 if has_time() else 4):
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
    for part in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05) if has_time() else (0.5, 0.8, 0.9, 1.0):
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
        patch.setenv("LAB_BUILTIN", "no")
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


def _mine(cli: Cli, text: str) -> None:
    cli.run("up", "3")
    cli.run("ssh", "3", "--", f"echo {text} >mine; sync")


def _still_there(cli: Cli, text: str) -> None:
    assert cli.run("ssh", "3", "--", "cat mine").strip() == text


def test_a_qemu_that_a_signal_has_stopped(cli: Cli) -> None:
    _mine(cli, "before SIGSTOP")
    qemu = next(p for p in cli.processes() if p.name().startswith("qemu"))
    qemu.suspend()
    try:
        assert cli.json("status")[0]["state"] == "broken"
        cli.run("up", "3")
    finally:
        if qemu.is_running():
            qemu.resume()
    _still_there(cli, "before SIGSTOP")
    assert qemu.is_running()


@pytest.mark.parametrize(
    ("words", "sign"),
    [(("stop", "3"), signal.SIGKILL), (("save", "3", "kept"), signal.SIGKILL), (("save", "3", "kept"), signal.SIGTERM)]
    + [(("check", "3"), sign) for sign in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)],
)
def test_a_command_that_ends_while_the_machine_stands_still(cli: Cli, words: tuple[str, ...], sign: signal.Signals) -> None:
    """It goes on with the next command of any kind, with its memory: the number of the boot is the same."""
    if words[0] == "check" and sign != signal.SIGTERM:
        require_time()
    cli.run("up", "3")
    text = f"before {words[0]} {sign.name}"
    _mine(cli, text)
    cli.run("solve", "3.1")  # what is done is asked again on a copy
    boot = cli.run("ssh", "3", "--", "cat /proc/sys/kernel/random/boot_id")
    child = cli.start(*words)
    standing = cli.home / "seats" / "3" / "standing"
    assert within(240, lambda: standing.exists() or child.poll() is not None)
    time.sleep(0.3)
    child.send_signal(sign)
    child.communicate(timeout=240)
    assert child.returncode in (0, 1, 128 + sign) if sign != signal.SIGKILL else child.returncode in (0, 1, -sign)
    if not standing.exists() and words[0] == "stop":  # it came too late
        cli.run("up", "3")
    assert cli.json("status")[0]["state"] == "running"
    _still_there(cli, text)
    assert cli.run("ssh", "3", "--", "cat /proc/sys/kernel/random/boot_id") == boot


def test_a_disk_that_was_full(cli: Cli) -> None:
    """QEMU lets the machine wait: with room again it goes on, and nothing that was written is lost."""
    small = cli.home / "full"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "tmpfs", str(small)], check=False).returncode:
        pytest.skip("needs root, to mount a small file system")
    try:
        (small / "cache").symlink_to(cli.home / "cache")
        tiny = Cli(small)
        tiny.run("up", "3")
        filler = small / "filler"
        room = shutil.disk_usage(small).free
        filler.write_bytes(b"x" * (room - (4 << 20)))
        writing = tiny.start("ssh", "3", "--", "head -c 16M /dev/urandom >mine; sync; sha256sum <mine >sum; sync; echo written")
        assert within(120, lambda: "io-error" in tiny.json("status")[0]["detail"])
        tiny.run("up", "3", expect=2)  # says that it waits for room
        filler.unlink()
        tiny.run("up", "3")
        assert "written" in writing.communicate(timeout=120)[0]
        tiny.run("ssh", "3", "--", "sha256sum <mine | cmp - sum")
        tiny.run("destroy", "3")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_corrupt_record(cli: Cli) -> None:
    """The seat is set aside with its disk; what the learner wrote is in it."""
    _mine(cli, "in the seat that is set aside")
    (cli.home / "seats" / "3" / "seat.json").write_text("{half")
    cli.run("check", "3", "--quick", expect=2)
    cli.run("up", "3")
    cli.run("ssh", "3", "--", "[ ! -e mine ]")
    (aside,) = (cli.home / "seats").glob(".3.*.aside")
    assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == 1
    cli.run("destroy", "3")
    record = cli.home / "seats" / "3-other" / "seat.json"
    cli.run("up", "3", "--seat", "other")
    written = record.read_text()
    cli.run("destroy", "3", "--seat", "other")
    aside.rename(cli.home / "seats" / "3")  # by hand, as its owner would, with a record that is whole
    (cli.home / "seats" / "3" / "seat.json").write_text(written)
    cli.run("up", "3")
    _still_there(cli, "in the seat that is set aside")


def test_too_little_memory_for_a_second_seat_is_no_fault_of_the_layer(cli: Cli) -> None:
    """QEMU cannot start, and that is all: the layer, and the stopped seat on it, are as they were."""
    _mine(cli, "before the host had no memory")
    cli.run("stop", "3")
    layers = {f.name for f in (cli.home / "cache" / "layers").iterdir() if (f / "layer.json").is_file()}
    starved = f"ulimit -v 1300000; exec {ROOT / 'lab'} up 3 --seat second"
    done = subprocess.run(["sh", "-c", starved], env=cli.environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2, done.stderr
    assert "memory" in done.stderr
    assert "preparing it anew" not in done.stderr
    assert layers <= {f.name for f in (cli.home / "cache" / "layers").iterdir()}
    cli.run("up", "3")
    _still_there(cli, "before the host had no memory")


def _layer(seat: Path) -> Path:
    """What a seat's machine stands on."""
    return (seat / backing_file(seat / "disk.qcow2")).parent.resolve()


def test_a_damaged_layer_is_replaced_and_stays_for_who_stands_on_it(cli: Cli) -> None:
    """Its state is cut: another seat starts from a new build, and the old seat is as it was. Then a disk loses its head. Layers
    that are made in seconds are taken for it."""
    cli.run("goto", "3.2", "--seat", "first")
    cli.run("ssh", "3", "--seat", "first", "--", "echo first >mine; sync")
    cli.run("stop", "3", "--seat", "first")
    layer = _layer(cli.home / "seats" / "3-first")
    whole = (layer / "state").read_bytes()
    (layer / "state").write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    child = cli.start("goto", "3.2", "--seat", "second")
    _, said = child.communicate(timeout=600)
    assert child.returncode == 0, said
    assert "cannot be used" in said
    assert layer.is_dir()
    assert [f for f in layer.parent.glob(f"{layer.name.partition('-')[0]}-*") if f != layer]
    solved = _layer(cli.home / "seats" / "3-second")
    cli.run("destroy", "3", "--seat", "second")
    with (solved / "disk.qcow2").open("r+b") as head:  # nobody stands on this one
        head.write(bytes(4096))
    cli.run("goto", "3.2", "--seat", "second")
    assert not solved.exists()
    assert cli.run("ssh", "3", "--seat", "second", "--", "sudo ufw status").startswith("Status: active")
    cli.run("destroy", "3", "--seat", "second")
    cli.run("up", "3", "--seat", "first")
    assert cli.run("ssh", "3", "--seat", "first", "--", "cat mine").strip() == "first"
    cli.run("destroy", "3", "--seat", "first")


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
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(small)], check=False)
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
