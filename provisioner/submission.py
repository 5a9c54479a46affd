"""A script that is judged by itself: applied to a fresh machine, which is thrown away, with all that its check may disturb.

Nobody has been root in that machine before, and what the script does there can be read.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import building, interruption, preparation, ssh, workflow
from .drivers import Driver, StoresLayers, load
from .errors import UsageError
from .home import Home, private_folder
from .lab import Exercise, Lab
from .progress import step
from .seat import Seat

LIMIT = 1 << 20  # bytes of a script
SAID = 65536  # bytes that are kept of what it says
PATIENCE = 300.0  # seconds that it may take


@dataclass(frozen=True)
class Applied:
    """What became of the script: its exit code, and the end of what it said."""

    code: int
    said: str


def read(file: Path) -> str:
    """The script; `-` is standard input. Raises UsageError."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > LIMIT:
        raise UsageError(f"{file} is larger than {LIMIT >> 20} MiB: no script")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(f"{file} is no text")
    return text


@contextmanager
def machine(home: Home, lab: Lab, driver: Driver, solved: Sequence[Exercise]) -> Iterator[Seat]:
    """A machine in which these exercises are solved and nothing else was done, as long as the block lasts. Raises LabError."""
    if not isinstance(driver, StoresLayers):
        raise UsageError(f"the driver {driver.name} makes no fresh machines", hint="--driver qemu")
    with _place(home) as seat:
        try:
            _clear(driver, seat)  # what a killed command left
            workflow.start(home, lab, seat, driver, None, solved)
            interruption.possible_again()  # it is not handed over to anybody
            yield seat
        finally:
            with interruption.deferred():
                _clear(driver, seat)


def apply(seat: Seat, script: str) -> Applied:
    """As a learner would, in a login shell with sudo at hand. A script that fails may have done what was asked all the same."""
    keep = f"{{ /usr/bin/head -c {SAID}; /usr/bin/cat >/dev/null; }}"
    learner = f"cd ~learner && set -o pipefail; {preparation.AS_LEARNER} bash -l -s 2>&1 | {keep}"
    with step("Applying the submission"):
        done = ssh.run(seat, "/bin/bash", "-c", learner, input=script, timeout=PATIENCE, check=False)
    return Applied(done.code, done.out)


@contextmanager
def _place(home: Home) -> Iterator[Seat]:
    """The first place that no other command has."""
    from filelock import FileLock, Timeout

    folder, number = home.state / "submissions", 0
    private_folder(folder)
    while True:
        lock = FileLock(folder / f".{number}.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            number += 1
            continue
        try:
            seat = Seat(folder / str(number))
            seat.demand_room()
            yield seat
        finally:
            lock.release()
        return


def _clear(driver: Driver, seat: Seat) -> None:
    if seat.folder.exists():
        record = seat.read()
        building.discard(load(record.driver) if record else driver, seat)
