"""An emulated machine's disk, made from what a system container was prepared to.

Both boot the same image, and the same playbook prepares both; in a system container it runs at the host's own speed, and
most of installing Docker is unpacking. What is made of it boots, so that its memory is that of a machine.
"""

from pathlib import Path

from provisioner.backends.lxc import disk, lower_dirs
from provisioner.backends.lxc.container import Place
from provisioner.core import process
from provisioner.core.model import Layer
from provisioner.core.paths import Home
from provisioner.images import Image
from provisioner.seats.seat import Seat


def write_raw(home: Home, seat: Seat, image: Image, layer: Layer, target: Path) -> None:
    """A file system in a file, as large as the image's disk. Raises CommandFailed."""
    place = Place(layer.folder)
    disk.write(place, lower_dirs.stack(home, seat, place), target, image.disk.stat().st_size)


def write(home: Home, seat: Seat, image: Image, layer: Layer, size: int, options: str) -> None:
    """The seat's disk, of so many GiB. options: of its format. Raises CommandFailed."""
    raw_disk = seat.disk.with_suffix(".raw")
    try:
        write_raw(home, seat, image, layer, raw_disk)
        process.run(
            ["qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", "-o", options, str(raw_disk), str(seat.disk)],
            hint="is the disk full?",
        )
    finally:
        raw_disk.unlink(missing_ok=True)
    process.run(["qemu-img", "resize", "-q", str(seat.disk), f"{size}G"])
