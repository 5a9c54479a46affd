"""Memory that a guest does not need becomes zeros, which take no room in a stored machine and no time in a copy of it.

The guest lends what is free to QEMU's balloon, page by page, QEMU punches holes there, and the guest gets it back. It
writes nothing for that, which an emulated one would do at a tenth of the host's speed.
"""

import time

from provisioner.backends.qemu.monitor import Monitor
from provisioner.backends.qemu.start import guest_command
from provisioner.seats.seat import Seat

_SPARE = 48 << 20  # bytes that stay free in the guest: with none, its kernel looks for some everywhere
_PATIENCE = 5.0  # seconds without a change after which that is all: the guest has no driver for it, or no more memory
_FREE = "sync; echo 3 >/proc/sys/vm/drop_caches; awk '/^MemFree/ {print $2}' /proc/meminfo"  # in KiB


def empty(seat: Seat, monitor: Monitor) -> None:
    """Until the guest has all of its memory again. Raises MachineError."""
    free = int(guest_command(seat, _FREE)) << 10
    full = _size(monitor)
    _become(monitor, min(full, full - free + _SPARE))
    _become(monitor, full)


def _become(monitor: Monitor, size: int) -> None:
    """size in bytes: what the guest is to have. Ends as well where it gets no nearer to that."""
    monitor.ask("balloon", value=size)
    last, changed = _size(monitor), time.monotonic()
    while last != size and time.monotonic() - changed < _PATIENCE:
        time.sleep(0.05)
        if (current := _size(monitor)) != last:
            last, changed = current, time.monotonic()


def _size(monitor: Monitor) -> int:
    return int(monitor.ask("query-balloon")["actual"])
