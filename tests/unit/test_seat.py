import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from typing import IO

import pytest

from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.seats.seat import Record, Seat, read_holder, seats, set_aside

# Takes the lock, says so, and keeps it until a line comes.
HOLDER = """
import sys
from pathlib import Path
from provisioner.seats.seat import Seat
with Seat(Path(sys.argv[1])).lock(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_its_owner_may_look_into_a_seat(seat: Seat) -> None:
    assert mode(seat.folder) == 0o700
    for file in (seat.record_file, seat.key, seat.host_key, seat.nonce_file):
        assert mode(file) == 0o600, file


def test_each_seat_has_an_identity_of_its_own_and_keeps_it(home: Home) -> None:
    one, two = Seat.locate(home, 3), Seat.locate(home, 3, "alice")
    for each in (one, two):
        each.create(Record("a", "qemu"))
    assert (one.name, two.name) == ("3", "3-alice")
    assert one.nonce != two.nonce
    assert one.key.read_text() != two.key.read_text()
    before = one.nonce, one.key.read_text(), one.host_key.read_text()
    one.create(Record("b", "qemu"))
    assert (one.nonce, one.key.read_text(), one.host_key.read_text()) == before


def test_what_was_written_is_read(seat: Seat) -> None:
    record = Record("vm", "qemu", "debian-13", "k", "ready", "127.0.0.1", 2222, {"8080": 40000}, {"first": 2})
    seat.write(record)
    assert seat.read() == record


_CORRUPT = (b"", b"{", b"[]", b"null", b'"x"', b'{"lab": "a"}', b'{"lab": "a", "driver": "q", "port": "x"}', b"\xff\xfe\x00")


@pytest.mark.parametrize("text", _CORRUPT)
def test_a_corrupt_record_is_an_error_with_a_next_step_and_no_missing_one(seat: Seat, text: bytes) -> None:
    seat.record_file.write_bytes(text)
    assert seat.corrupt
    with pytest.raises(LabError, match="corrupt") as error:
        seat.read()
    assert error.value.hint == "lab up 3 sets the seat aside with its disk, and starts a new one"


def test_what_a_newer_version_has_added_to_a_record_is_kept(seat: Seat) -> None:
    seat.record_file.write_text('{"lab": "a", "driver": "q", "page": {"open": true}, "port": 1}')
    record = seat.read()
    assert record
    record.port = 2
    seat.write(record)
    kept = json.loads(seat.record_file.read_text())
    assert (kept["page"], kept["port"], kept["lab"]) == ({"open": True}, 2, "a")


def test_a_seat_that_is_set_aside_keeps_all_and_frees_its_place(home: Home, seat: Seat) -> None:
    seat.disk.write_text("the learner's")
    aside = seat.set_aside()
    assert not seat.folder.exists()
    assert (aside / "disk.qcow2").read_text() == "the learner's"
    assert seats(home) == []
    assert set_aside(home) == [aside]


def test_an_identity_that_was_cut_off_is_made_whole(seat: Seat) -> None:
    seat.key.with_suffix(".pub").unlink()
    seat.create(Record("a", "q"))
    assert seat.key.with_suffix(".pub").read_text().startswith("ssh-ed25519 ")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_record_is_on_the_disk_before_it_has_its_name(seat: Seat, tmp_path: Path) -> None:
    """As the kernel is told: the file, then the rename, then the folder."""
    program = "import sys, pathlib; from provisioner.core import paths; paths.write_private(pathlib.Path(sys.argv[1]), 'x')"
    log, record = tmp_path / "log", str(seat.record_file)
    command = ["strace", "-f", "-o", str(log), "-e", "trace=fsync,rename", sys.executable, "-c", program, record]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # which renames files, too
    subprocess.run(command, check=True, env=bare)
    calls = [line.split("(")[0].split()[-1] for line in log.read_text().splitlines() if "(" in line]
    assert calls == ["fsync", "rename", "fsync"]


def test_a_seat_that_is_not_there(home: Home) -> None:
    absent = Seat.locate(home, 9)
    assert not absent.exists()
    assert absent.read() is None
    absent.remove()


def test_seats_are_listed_in_order_and_nothing_else_is(home: Home) -> None:
    assert seats(home) == []
    for lab, name in ((10, ""), (3, "zoe"), (3, ""), (3, "alice")):
        Seat.locate(home, lab, name).create(Record("x", "qemu"))
    (home.seats / "4").mkdir()  # cut off before there was anything in it
    for stray in ("notes", "3 copy", "old-3"):  # even with a record in it
        (home.seats / stray).mkdir()
        (home.seats / stray / "seat.json").write_text('{"lab": "x", "driver": "qemu"}')
    with Seat.locate(home, 3).lock("a test"):
        assert [s.name for s in seats(home)] == ["3", "3-alice", "3-zoe", "10"]


def test_removed_is_gone(seat: Seat) -> None:
    seat.remove()
    assert not seat.folder.exists()


def test_a_path_that_is_too_long_for_sockets_is_a_clear_error(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 80)
    seat = Seat.locate(Home(deep, deep / "cache"), 3)
    assert seat.room < 0
    with pytest.raises(LabError, match="too long") as error:
        seat.create(Record("a", "qemu"))
    assert "LAB_HOME=" in error.value.hint
    assert not deep.exists()


def hold(seat: Seat, doing: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(seat.folder), doing],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


@pytest.mark.parametrize("end", ["release", "kill -9"])
def test_the_second_command_waits_and_says_for_whom(seat: Seat, end: str) -> None:
    with hold(seat, "lab up 3") as first:
        assert line_of(first.stdout) == "held\n"
        with hold(seat, "lab check 3") as second:
            assert line_of(second.stderr) == f"… waiting for lab up 3 (process {first.pid})\n"
            if end == "kill -9":
                first.send_signal(signal.SIGKILL)
                first.wait()
            else:
                first.communicate("\n")
            assert line_of(second.stdout) == "held\n"
            second.communicate("\n")
            assert second.returncode == 0


def test_a_holder_may_remove_the_seat(seat: Seat) -> None:
    with seat.lock("lab destroy 3"):
        seat.remove()
    with seat.lock("lab up 3"):
        assert not seat.folder.exists()


def test_the_record_is_written_whole_or_not_at_all(seat: Seat) -> None:
    assert json.loads(seat.record_file.read_text())["lab"] == "vm-and-docker"
    assert [f.name for f in seat.folder.iterdir() if f.name.startswith(".")] == []


def test_whose_turn_it_is_is_told_as_far_as_it_is_known(tmp_path: Path) -> None:
    """The holder's note comes after its lock, goes before that, and may go while it is read."""
    note, is_over = tmp_path / "note.who", Event()

    def come_and_go() -> None:
        while not is_over.is_set():
            note.write_text("lab up 3\n")
            note.unlink()

    thread = Thread(target=come_and_go)
    thread.start()
    try:
        told = {read_holder(note) for _ in range(20_000)}
    finally:
        is_over.set()
        thread.join()
    assert told <= {"", "lab up 3"}
    assert read_holder(note) == ""
