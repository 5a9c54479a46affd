"""What the root of a system container stands on: kept by the names of images and layers, so that a home can be moved."""

from pathlib import Path

from provisioner.backends.disk_chain import locate
from provisioner.backends.lxc.container import Place
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat


def names(place: Place) -> list[str]:
    """Of what it stands on: the image's disk, then the uppermost folder first. Older versions wrote whole paths."""
    return [f"{Path(line).parent.name}/{Path(line).name}" for line in place.stack_file.read_text().splitlines()]


def stack(home: Home, seat: Seat, place: Place) -> list[Path]:
    """The same, where this home has it. Raises HostError."""
    return [locate(home, seat, place.stack_file, name) for name in names(place)]


def settle(home: Home, seat: Seat, place: Place) -> None:
    """Notes where all of it is, for the machine that is about to start."""
    place.stack_file.write_text("\n".join(map(str, stack(home, seat, place))))
