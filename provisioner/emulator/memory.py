"""Where the memory of a machine lies while a layer is made of it: in a file that is in memory itself, if the host has room.

On a disk, all that the machine changes is written there again and again: a sixth of the time that preparing takes.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import psutil

from ..files import sparse_copy
from ..seat import Seat

_SHARED = Path("/dev/shm")  # noqa: S108 - its files have names of our own, and are gone as soon as QEMU has opened them
_SPARE = 512 << 20  # bytes that stay free for all else


def workshop(seat: Seat, size: int, shared: Path = _SHARED) -> Path:
    """size in MiB. The seat's own file on the disk where there is no room."""
    needed = (size << 20) + _SPARE
    with suppress(OSError):
        room = os.statvfs(shared)
        if room.f_bavail * room.f_frsize > needed and psutil.virtual_memory().available > needed:
            return _file(seat, shared)
    return seat.memory


def forget(seat: Seat, shared: Path = _SHARED) -> None:
    """The file's name; QEMU has it open, and with QEMU it is gone, however that ends."""
    with suppress(OSError):
        _file(seat, shared).unlink(missing_ok=True)


def keep(seat: Seat, qemu: psutil.Process | None, target: Path, shared: Path = _SHARED) -> None:
    """Copies what a machine that stands still has in such a file, which ends with QEMU."""
    if qemu and (source := _opened(qemu, _file(seat, shared))):
        sparse_copy(source, target)


def _file(seat: Seat, shared: Path) -> Path:
    return shared / f"lab-{hashlib.sha256(str(seat.folder).encode()).hexdigest()[:12]}"


def _opened(qemu: psutil.Process, file: Path) -> Path | None:
    for one in Path(f"/proc/{qemu.pid}/fd").glob("*"):
        with suppress(OSError):
            if str(one.readlink()).removesuffix(" (deleted)") == str(file):
                return one
    return None
