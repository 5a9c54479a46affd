"""Which layers the disks of a seat stand on, read from the disks themselves."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .errors import LabError
from .seat import Seat

_MAGIC = b"QFI\xfb"  # of a qcow2 file; its header has the backing file's place at byte 8, and its length at 16
_LONGEST = 1023  # bytes of a backing file's name, by the format


def stands_on(folder: Path) -> set[str]:
    """Names of folders of layers, as a seat's folder mentions them: its disk, its saves, a copy that is being disturbed, its
    record. A name in it may be of something else: who asks knows the layers."""
    names = set(_recorded(folder))
    for disk in (folder / "disk.qcow2", folder / "fork" / "disk.qcow2", *folder.glob("saves/*/disk.qcow2")):
        names.update(Path(backing_file(disk)).parts)
    for file in (folder / "lxc" / "below", folder / "vagrant" / "topology.json"):
        with suppress(OSError):
            names.update(re.split(r"[/\s\"]+", file.read_text(errors="replace")))
    return names | {name.partition("-")[2] for name in names}  # a box is TAG-KEY-BUILD


def backing_file(disk: Path) -> str:
    """What a qcow2 file stands on, as it says; empty where it says nothing, or is no such file."""
    with suppress(OSError), disk.open("rb") as file:
        header = file.read(20)
        place, length = int.from_bytes(header[8:16]), int.from_bytes(header[16:20])
        if header.startswith(_MAGIC) and 0 < length <= _LONGEST:
            file.seek(place)
            return file.read(length).decode(errors="replace")
    return ""


def _recorded(folder: Path) -> Iterator[str]:
    with suppress(LabError, OSError):
        if record := Seat(folder).read():
            for key, build in [(record.layer, record.made), *record.saves.values()]:
                yield from (f"{key}-{build}", key)
