"""Where the memory of a machine lies while a layer is made of it: in a file in memory that has no name, if the host has room.

On a disk, all that the machine changes is written there again and again: a sixth of the time that preparing takes. Without
a name nobody else can have made it beforehand or read it, and it ends with those who have it open, however they end.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil

from provisioner.core.files import sparse_copy

_SPARE = 512 << 20  # bytes that stay free for all else


class SharedMemory:
    """The memory of one machine that is being prepared. QEMU opens path and inherits descriptors."""

    def __init__(self, on_disk: Path, size: int) -> None:
        """size in MiB. on_disk: the seat's own file, for hosts without room."""
        self._file: BinaryIO | None = _nameless(size) if _room(size) else None
        self.path = Path(f"/proc/self/fd/{self._file.fileno()}") if self._file else on_disk
        self.descriptors: tuple[int, ...] = (self._file.fileno(),) if self._file else ()

    def store(self, target: Path) -> None:
        """Of a machine that stands still; one that is on the disk moves there."""
        if self._file:
            sparse_copy(self.path, target)
        else:
            self.path.rename(target)

    def close(self) -> None:
        if self._file:
            self._file.close()


def _room(size: int) -> bool:
    return bool(psutil.virtual_memory().available > (size << 20) + _SPARE)


def _nameless(size: int) -> BinaryIO | None:
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            file = os.fdopen(os.memfd_create("lab"), "r+b", buffering=0)
            file.truncate(size << 20)
            return file
    return None
