"""Files and ports of the host that the standard library leaves to us."""

import os
import shutil
import socket
from pathlib import Path

from . import process

CHUNK = 1 << 20


def sparse_copy(source: Path, target: Path) -> None:
    """Copies only what is there: holes stay holes. (shutil would write a gigabyte of zeros for a guest's memory.)"""
    if not hasattr(os, "SEEK_DATA"):
        shutil.copyfile(source, target)
        return
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        size = os.fstat(reader.fileno()).st_size
        writer.truncate(size)
        place = 0
        while place < size:
            try:
                start = os.lseek(reader.fileno(), place, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole from here on
                return
            place = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            _copy_range(reader.fileno(), writer.fileno(), start, place)


def _copy_range(reader: int, writer: int, start: int, end: int) -> None:
    while start < end:
        data = os.pread(reader, min(CHUNK, end - start), start)
        os.pwrite(writer, data, start)
        start += len(data)


def dig_holes(file: Path) -> None:
    """Gives the room of a file's zeros back to the disk, where the host can (Linux)."""
    if shutil.which("fallocate"):
        process.run(["fallocate", "--dig-holes", str(file)], check=False)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now. QEMU binds it a moment later and says so if somebody was quicker."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
