"""A temporary folder for those who work on this host for a seat (Ansible), and the end of all who work in it.

Ansible's workers lead sessions of their own: who ends its process group does not reach them, and they would wait for ever
for what was ended. They are told by the folder, which is in their environment. The folder is not in the seat's, which may
be too long for sockets; the seat knows it, so that also after kill -9 nothing is left.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from provisioner.core import signals
from provisioner.core.paths import write_private
from provisioner.seats.seat import Seat


@contextmanager
def workplace(seat: Seat) -> Iterator[str]:
    """The folder, for TMPDIR."""
    clear(seat)
    with signals.deferred():
        folder = tempfile.mkdtemp(prefix="lab-")
        write_private(seat.scratch, folder)
    try:
        yield folder
    finally:
        with signals.deferred():
            clear(seat)


def clear(seat: Seat) -> None:
    """Ends who works there, and removes it. Nothing where there is none."""
    try:
        folder = seat.scratch.read_text()
    except FileNotFoundError:
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # gone meanwhile, or another user's
            if process.environ().get("TMPDIR") == folder:
                process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    seat.scratch.unlink(missing_ok=True)
