"""A script that is judged by itself: applied to a fresh machine, which is thrown away, with all that its check may disturb.

Nobody has been root in that machine before, and what the script does there can be read.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner import lifecycle
from provisioner.content.lab import Exercise, Lab
from provisioner.core import signals
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import step
from provisioner.drivers.base import Driver, LayerStore
from provisioner.provision import stages, throwaway
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

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
    throwaway.sweep(home)
    with throwaway.place(home, "submissions") as seat:
        try:
            throwaway.clear(seat)
            lifecycle.start(home, lab, seat, driver, None, solved)
            signals.restore_signal_handlers()  # it is not handed over to anybody
            yield seat
        finally:
            with signals.deferred():
                throwaway.clear(seat)


def apply(seat: Seat, script: str) -> Applied:
    """As a learner would, in a login shell with sudo at hand. A script that fails may have done what was asked all the same."""
    keep = f"{{ /usr/bin/head -c {SAID}; /usr/bin/cat >/dev/null; }}"
    learner = f"cd ~learner && set -o pipefail; {stages.AS_LEARNER} bash -l -s 2>&1 | {keep}"
    with step("Applying the submission"):
        done = ssh.run(seat, "/bin/bash", "-c", learner, input=script, timeout=PATIENCE, check=False)
    return Applied(done.code, done.out)
