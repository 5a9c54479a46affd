"""Copies of a machine: their memory, saved states, what the cache holds, values of a seat's own. Forks: test_1_lab3.py."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from provisioner.backends.qemu.copying import save_running
from provisioner.backends.qemu.monitor import Monitor
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat

from .conftest import Cli
from .memory import lost


@pytest.fixture(autouse=True)
def up(cli: Cli) -> None:
    cli.run("up", "3")


def test_a_copy_has_the_memory_that_the_machine_has(cli: Cli, home: Home, tmp_path: Path) -> None:
    """A busy machine on a busy host: an emulated one that went on meanwhile lost pages in 8 of 17 copies."""
    work = "while :; do cp /usr/bin/dockerd /dev/shm/x; ls -R /usr/share/doc >/dev/shm/y; docker restart -t 0 shop; done"
    cli.run("ssh", "3", "--", f"sudo systemd-run --quiet --unit=busy sh -c '{work}'")
    seat = Seat.locate(home, 3)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # QEMU writes there as another user, where lab is run by root
        Path(folder).chmod(0o711)
        (dump := Path(folder) / "dump").touch()
        dump.chmod(0o666)
        _compare(seat, dump, tmp_path)
    cli.run("ssh", "3", "--", "sudo systemctl stop busy")


def _compare(seat: Seat, dump: Path, tmp_path: Path) -> None:
    whole = 768 << 20  # bytes, of a machine with 1 GiB
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range((os.cpu_count() or 1) + 1)]
    try:
        for _ in range(6):
            with Monitor(seat.qmp) as monitor:
                save_running(monitor, tmp_path / "state")
                monitor.ask("pmemsave", val=0, size=whole, filename=str(dump))
                monitor.ask("cont")
            assert lost(tmp_path / "state", dump) == []
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        (tmp_path / "state").unlink(missing_ok=True)  # pytest keeps what is there, and it is large


def test_save_and_restore(cli: Cli) -> None:
    cli.run("reset", "3")
    cli.run("ssh", "3", "--", "echo first >/dev/shm/note; echo first >note; nohup sleep 7777 >/dev/null 2>&1 &")
    cli.run("save", "3", "mine")
    cli.run("ssh", "3", "--", "echo second >/dev/shm/note; echo second >note; pkill sleep; sudo ufw --force enable")
    cli.run("restore", "3", "mine")
    said = cli.run("ssh", "3", "--", "cat /dev/shm/note note; pgrep -c -f 'sleep 777[7]'; sudo ufw status")
    assert said.split() == ["first", "first", "1", "Status:", "inactive"]
    assert cli.json("restore", "3") == ["mine"]
    cli.run("reset", "3")
    cli.run("restore", "3", "mine")  # a reset keeps what was saved
    assert cli.run("ssh", "3", "--", "cat note") == "first\n"
    cli.run("restore", "3", "another", expect=2)


def test_the_cache_says_what_it_holds(cli: Cli) -> None:
    cli.run("goto", "3.2")
    rows = cli.json("cache")
    assert [r["what"] for r in rows if r["pinned"]][:2] == ["debian-13", "vm-and-docker"]  # converted: no Docker layer between
    cli.run("cache", "--prune", "--all")
    assert [r["what"] for r in cli.json("cache")] == [r["what"] for r in rows if r["pinned"]]
    assert cli.outcomes("3.1", "--quick", expect=0) == {1: "done"}  # what a seat stands on is still there


def test_a_seat_with_values_of_its_own(cli: Cli) -> None:
    """A neighbour's answer is not one here, and is told from a wrong one; the same with the seat's own port is done."""
    quicker = ["--driver", "lxc"] if os.geteuid() == 0 and shutil.which("apt-get") else []  # its layer is used here only
    cli.run("up", "3", "--seat", "alice", "--seed", "alice", *quicker)
    try:
        theirs, own = (cli.run("solve", "3.2", "--show", *seat) for seat in ((), ("--seat", "alice")))
        assert "8081" in theirs
        assert "8381" in own
        copied = [line for line in theirs.splitlines() if line.strip() and not line.startswith("#")]
        cli.run("ssh", "3", "--seat", "alice", "--", "; ".join([*copied, "true"]))
        (verdict,) = cli.json("check", "3.2", "--seat", "alice", "--quick", expect=1)["exercises"]
        assert verdict["outcome"] == "not yet"
        assert "copied? 8081 is another seat's, where yours has 8381" in verdict["lines"]
        cli.run("up", "3", "--seat", "alice", "--seed", "bob", expect=2)
        for exercise in ("3.1", "3.2"):  # over IPv6 ufw decides, once it is on
            cli.run("solve", exercise, "--seat", "alice")
        (verdict,) = cli.json("check", "3.2", "--seat", "alice", "--quick", expect=1)["exercises"]
        assert verdict["outcome"] in ("done", "not checked")
    finally:
        cli.run("destroy", "3", "--seat", "alice")
