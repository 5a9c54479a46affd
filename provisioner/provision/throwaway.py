"""Places for machines that end with their command: so that those of a killed one are found, and cleared away by the next."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from provisioner.core.errors import LabError
from provisioner.core.files import remove_leftovers
from provisioner.core.paths import Home, private_folder
from provisioner.core.progress import say
from provisioner.provision.layer_builder import discard
from provisioner.seats.seat import Seat

Kind = Literal["verify", "submissions"]
KINDS: tuple[Kind, ...] = ("verify", "submissions")


@contextmanager
def place(home: Home, kind: Kind) -> Iterator[Seat]:
    """The first place that no other command has. What a killed command has left in it may still be there."""
    private_folder(home.state / kind)
    for number in count():
        seat = Seat(home.state / kind / str(number))
        seat.require_room()
        lock = _lock(seat)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            yield seat
        finally:
            lock.release()
        return


def sweep(home: Home) -> None:
    """Ends the machines of commands that were killed. Those at work hold their locks. One that cannot be cleared away keeps
    nobody from working: it is told of."""
    for kind in KINDS:
        remove_leftovers(home.state / kind)
        for seat in map(Seat, (home.state / kind).glob("[0-9]*")):
            with suppress(Timeout), _lock(seat).acquire(timeout=0):
                try:
                    clear(seat)
                except LabError as error:
                    say(f"! what an earlier command left in {seat.folder} stays: {error.what}")


def clear(seat: Seat) -> None:
    if seat.folder.exists():
        discard(seat)


def _lock(seat: Seat) -> FileLock:
    return FileLock(_lock_file(seat), mode=0o600)


def _lock_file(seat: Seat) -> Path:
    return seat.folder.with_name(f".{seat.name}.lock")
