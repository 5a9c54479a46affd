"""Files with holes (disks, a machine's memory): only their data is packed, and holes are made again."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from provisioner.bundle.manifest import Entry
from provisioner.core.files import CHUNK

_ZEROS = bytes(CHUNK)


def measure(file: Path, path: str, watch: Callable[[int], None]) -> Entry:
    """The entry of a file, whose data is read once. watch: is told bytes as they are read."""
    total, extents = hashlib.sha256(), list[int]()
    with file.open("rb", buffering=0) as reader:
        length = os.fstat(reader.fileno()).st_size
        place = 0
        while (place := _next_data(reader.fileno(), place, length)) < length:
            place -= place % CHUNK
            reader.seek(place)
            data = reader.read(CHUNK)
            if data != _ZEROS[: len(data)]:
                total.update(data)
                if extents and sum(extents[-2:]) == place:
                    extents[-1] += len(data)
                else:
                    extents += [place, len(data)]
                watch(len(data))
            place += CHUNK
    return Entry(path, "file", sum(extents[1::2]), total.hexdigest(), length, tuple(extents))


def read(file: Path, entry: Entry) -> Iterator[bytes]:
    """The data of a file, as its entry says."""
    with file.open("rb") as reader:
        for offset, length in entry.pairs:
            reader.seek(offset)
            remaining = length
            while remaining and (data := reader.read(min(CHUNK, remaining))):
                remaining -= len(data)
                yield data


def write(file: Path, entry: Entry, pieces: Callable[[int], Iterable[bytes]]) -> None:
    """Makes a file of its data; pieces: gives the next so many bytes."""
    with file.open("wb") as writer:
        for offset, length in entry.pairs:
            writer.seek(offset)
            for data in pieces(length):
                writer.write(data)
        writer.truncate(entry.length)
        writer.flush()
        os.fsync(writer.fileno())


def _next_data(descriptor: int, place: int, length: int) -> int:
    """Where there is data at or after a place; the file's length where there is none."""
    if sys.platform == "win32" or not hasattr(os, "SEEK_DATA"):
        return place
    try:
        return os.lseek(descriptor, place, os.SEEK_DATA) if place < length else length
    except OSError:  # ENXIO: nothing but a hole from here on
        return length
