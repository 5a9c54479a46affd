"""Where the memory of a machine lies while a layer is made of it, with a process that has it open."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from provisioner.backends.qemu.memory import SharedMemory

SHARED = Path("/dev/shm")  # noqa: S108 - it is looked at, and nothing is put there
WRITE = "import sys; open(sys.argv[1], 'r+b').write(b'contents')"

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")


def names() -> set[str]:
    return {entry.name for entry in SHARED.iterdir()} if SHARED.is_dir() else set()


@only_linux
def test_it_has_no_name_that_another_user_could_read_or_make_first(tmp_path: Path) -> None:
    before = names()
    own = SharedMemory(tmp_path / "ram.img", 1)
    assert names() == before
    assert not (tmp_path / "ram.img").exists()
    assert own.path.stat().st_nlink == 0
    own.close()


@only_linux
def test_what_its_process_wrote_is_there_once_that_has_ended(tmp_path: Path) -> None:
    own = SharedMemory(tmp_path / "on-disk", 1)
    subprocess.run([sys.executable, "-c", WRITE, str(own.path)], pass_fds=own.descriptors, check=True)
    own.store(tmp_path / "ram.img")
    own.close()
    stored = (tmp_path / "ram.img").read_bytes()
    assert stored[:8] == b"contents"
    assert len(stored) == 1 << 20


@only_linux
def test_it_ends_with_those_who_have_it(tmp_path: Path) -> None:
    own = SharedMemory(tmp_path / "ram.img", 1)
    number = own.descriptors[0]
    own.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


@pytest.mark.parametrize(("size", "left"), [(1 << 30, 1 << 40), (1, 100 << 20)], ids=["a million GiB", "a full host"])
def test_without_room_it_is_the_seats_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, left: int) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=left))
    own = SharedMemory(tmp_path / "on-disk", size)
    assert (own.path, own.descriptors) == (tmp_path / "on-disk", ())
    own.path.write_bytes(b"contents")
    own.store(tmp_path / "ram.img")
    assert (tmp_path / "ram.img").read_bytes() == b"contents"
    assert not own.path.exists()
