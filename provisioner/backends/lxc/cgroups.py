"""The control groups of a machine: LXC makes them where the process is that starts it, and leaves some of them."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from provisioner.backends.lxc import config, rootfs
from provisioner.seats.seat import Seat

GROUPS = Path("/sys/fs/cgroup")
FOLDER = "lxc"  # of a machine, in its seat's


def unified() -> bool:
    """Whether the host keeps those of the second kind only."""
    return (GROUPS / "cgroup.controllers").exists()


def name(seat: Seat) -> str:
    """Of the folder that holds them, which is the machine's alone on this host."""
    return f"lab-{seat.name}-{_digest(seat)[:8]}"


def base(seat: Seat) -> int:
    """The number that the machine's root has on the host: above those that people, services and other tools give away."""
    return 0x40000000 + int(_digest(seat)[:8], 16) % 0x3000 * rootfs.USERS


def _digest(seat: Seat) -> str:
    return hashlib.sha256(str(seat.folder).encode()).hexdigest()


def note(seat: Seat) -> None:
    """Where this process is, and so the machine's groups."""
    _note(seat).write_text(Path("/proc/self/cgroup").read_text())


def folders(seat: Seat) -> dict[str, Path]:
    """By controller; the empty one is that of the second kind."""
    paths = {}
    with suppress(OSError):
        for line in _note(seat).read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            top = GROUPS / controllers.removeprefix("name=")
            if not controllers:
                top = GROUPS if unified() else GROUPS / "unified"
            paths[controllers] = top / path.strip("/") / name(seat)
    return paths


def remove(seat: Seat) -> None:
    """LXC leaves those that it was in itself, and a killed one leaves all."""
    for top in folders(seat).values():
        for folder, _, _ in os.walk(top, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()


def memory(seat: Seat) -> int:
    """What the machine takes of the host's, in bytes."""
    paths = folders(seat)
    for controller, file in (("memory", "memory.usage_in_bytes"), ("", "memory.current")):
        with suppress(OSError, ValueError, KeyError):
            return int((paths[controller] / f"lxc.payload.{config.NAME}" / file).read_text())
    return 0


def _note(seat: Seat) -> Path:
    return seat.folder / FOLDER / "groups"
