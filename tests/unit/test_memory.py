"""Where the memory of a machine lies while a layer is made of it, with a process that has it open."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from provisioner.emulator import memory
from provisioner.seat import Seat


def test_it_lies_where_there_is_room(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "3")
    assert memory.workshop(seat, 1, tmp_path).parent == tmp_path
    assert memory.workshop(seat, 1 << 30, tmp_path) == seat.memory  # a million GiB
    assert memory.workshop(seat, 1, tmp_path / "nowhere") == seat.memory


def test_a_host_that_is_short_of_memory_uses_its_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = SimpleNamespace(available=100 << 20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: left)
    seat = Seat(tmp_path / "3")
    assert memory.workshop(seat, 1, tmp_path) == seat.memory


def test_what_has_no_name_any_more_is_kept_from_the_process_that_has_it_open(tmp_path: Path) -> None:
    seat = Seat(tmp_path / "3")
    file = memory.workshop(seat, 1, tmp_path)
    file.write_bytes(b"contents")
    child = subprocess.Popen(["sleep", "60"], stdin=file.open("rb"))
    try:
        memory.forget(seat, tmp_path)
        assert not file.exists()
        memory.keep(seat, psutil.Process(child.pid), tmp_path / "ram.img", tmp_path)
        assert (tmp_path / "ram.img").read_bytes() == b"contents"
    finally:
        child.kill()
        child.wait()
    memory.forget(seat, tmp_path)  # twice is no error


def test_a_process_that_has_none_keeps_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        memory.keep(Seat(tmp_path / "3"), psutil.Process(child.pid), tmp_path / "ram.img", tmp_path)
    finally:
        child.kill()
        child.wait()
    assert not (tmp_path / "ram.img").exists()
