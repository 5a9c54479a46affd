"""A running machine's memory and disk, written to files; it stands still meanwhile, and goes on whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.backends.qemu.monitor import Monitor
from provisioner.core import signals
from provisioner.core.files import remove_tree, sparse_copy
from provisioner.core.paths import write_private
from provisioner.seats.seat import Seat


@contextmanager
def hold_still(seat: Seat, reason: str) -> Iterator[None]:
    """The machine may stand still during the block. Noted beforehand: after kill -9 the next command lets it go on."""
    write_private(seat.pause_file, f"{reason}\n")
    yield
    seat.pause_file.unlink(missing_ok=True)


def save_whole(monitor: Monitor, file: Path, *, paused: bool) -> None:
    """paused: the machine is paused from the beginning, else it runs while its memory is written (what changes meanwhile
    is sent again). Afterwards it stands still; one whose state could not be saved goes on as if nothing had been asked."""
    try:
        if paused:
            monitor.ask("stop")
        monitor.save(file, without_memory=False)
    except BaseException:
        file.unlink(missing_ok=True)
        with signals.deferred():
            monitor.ask("migrate_cancel")  # where it is not over, it would stop the machine once it is
            monitor.ask("cont")
        raise


def save_running(monitor: Monitor, file: Path) -> None:
    """Emulated, a machine stands still for it: QEMU's emulator loses sight of pages that are written just when they are
    looked for (on a busy host 8 of 17 copies of a busy machine had some of before, and once a copy's kernel panicked)."""
    save_whole(monitor, file, paused=not monitor.ask("query-kvm")["enabled"])


def capture(seat: Seat, folder: Path) -> None:
    """Copies a running machine: its memory, and its disk, for which it stands still."""
    with Monitor(seat.qmp) as monitor, hold_still(seat, "copy"):
        try:
            save_running(monitor, folder / seat.state.name)
            sparse_copy(seat.disk, folder / seat.disk.name)
        finally:
            with signals.deferred():
                monitor.ask("cont")


def finish_replacing(save: Path) -> None:
    """Of a save that was being replaced when its command was killed, the old one or the new one is whole."""
    older = save.with_name(f".{save.name}.old")
    if save.exists():
        remove_tree(older)
    elif older.exists():
        older.rename(save)
