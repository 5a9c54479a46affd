"""What disks stand on: made and found by the names of layers and images, so that a home can be moved."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from provisioner.core import process
from provisioner.core.errors import HostError
from provisioner.core.paths import Home
from provisioner.seats.seat import CorruptRecord, Seat

_MAGIC = b"QFI\xfb"  # of a qcow2 file; its header has the backing file's place at byte 8, and its length at 16
_LONGEST = 1023  # bytes of a backing file's name, by the format
OVERLAY = "extended_l2=on,cluster_size=128k"  # a write takes the 4 KiB that it has, not a cluster


def make_overlay(base: Path, base_format: str, disk: Path, size: int) -> None:
    """A disk of so many GiB that has what is other than in base. It names base from where it is itself, links resolved, as
    the kernel goes. Raises CommandFailed."""
    name = os.path.relpath(base.resolve(), disk.parent.resolve())
    process.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-o", OVERLAY, "-b", name, "-F", base_format, str(disk), f"{size}G"],
        hint="is the disk full?",
    )


def chain(home: Home, seat: Seat) -> list[Path]:
    """The disks below a seat's, the uppermost first, where this home has them: a disk may be a copy in another folder, or name
    them where an older version, or another home, had them. Raises HostError."""
    disks: list[Path] = []
    while name := backing_file(disks[-1] if disks else seat.disk):
        disks.append(locate(home, seat, seat.disk, name))
    return disks


def locate(home: Home, seat: Seat, reference: Path, name: str) -> Path:
    """Where this home has a part of an image or of a layer, named by its folder and its file. Raises HostError."""
    places = [top / Path(name).parent.name / Path(name).name for top in (home.layers, home.images)]
    place = next((place for place in places if place.exists()), None)
    if place is None:
        raise HostError(
            f"what the disk of seat {seat.name} stands on is gone", evidence=f"{reference} stands on {places[0]}",
            hint=f"lab reset {seat.name.partition('-')[0]} begins anew",
        )  # fmt: skip
    return place


def stands_on(folder: Path) -> set[str]:
    """Names of folders of layers, as a seat's folder mentions them: its disk, its saves, a copy that is being disturbed, its
    record. A name in it may be of something else: who asks knows the layers. Raises NewerVersion for a newer lab's seat."""
    names = set(_read_lines(folder))
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


def _read_lines(folder: Path) -> Iterator[str]:
    with suppress(CorruptRecord):
        if record := Seat(folder).read():
            for key, build in [(record.layer, record.build_id), *record.saves.values()]:
                yield from (f"{key}-{build}", key)
