"""A script that is judged by itself: applied to a fresh machine, which is thrown away, with all that its check may disturb.

Nobody has been root in that machine before, and what the script does there can be read.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from provisioner import lifecycle
from provisioner.content.lab import Exercise, Lab
from provisioner.core import signals
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, private_folder
from provisioner.core.progress import step
from provisioner.drivers.base import Driver, LayerStore
from provisioner.provision import layer_builder, stages
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

FOLDER = "submissions"  # of those machines, each in a place of its own
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
    if not isinstance(driver, LayerStore):
        raise UsageError(f"the driver {driver.info.name} makes no fresh machines", hint="--driver qemu")
    with _place(home) as seat:
        sweep(home)
        try:
            _clear(seat)
            lifecycle.start(home, lab, seat, driver, None, solved)
            signals.restore_signal_handlers()  # it is not handed over to anybody
            yield seat
        finally:
            with signals.deferred():
                _clear(seat)


def apply(seat: Seat, script: str) -> Applied:
    """As a learner would, in a login shell with sudo at hand. A script that fails may have done what was asked all the same."""
    keep = f"{{ /usr/bin/head -c {SAID}; /usr/bin/cat >/dev/null; }}"
    learner = f"cd ~learner && set -o pipefail; {stages.AS_LEARNER} bash -l -s 2>&1 | {keep}"
    with step("Applying the submission"):
        done = ssh.run(seat, "/bin/bash", "-c", learner, input=script, timeout=PATIENCE, check=False)
    return Applied(done.code, done.out)


def sweep(home: Home) -> None:
    """Clears away the machines of commands that were killed. Those that are at work hold their locks."""
    from filelock import FileLock, Timeout

    for seat in map(Seat, (home.state / FOLDER).glob("[0-9]*")):
        with suppress(Timeout), FileLock(_lock(seat), timeout=0, mode=0o600):
            _clear(seat)


def _lock(seat: Seat) -> Path:
    return seat.folder.with_name(f".{seat.name}.lock")


@contextmanager
def _place(home: Home) -> Iterator[Seat]:
    """The first place that no other command has."""
    from filelock import FileLock, Timeout

    private_folder(home.state / FOLDER)
    for number in count():
        seat = Seat(home.state / FOLDER / str(number))
        seat.require_room()
        lock = FileLock(_lock(seat), mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            yield seat
        finally:
            lock.release()
        return


def _clear(seat: Seat) -> None:
    if seat.folder.exists():
        layer_builder.discard(seat)
