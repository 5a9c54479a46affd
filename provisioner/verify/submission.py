"""Submissions: a script is applied to a fresh machine, which is checked, disturbed and then removed.

Nobody had root access to that machine before, and the script shows all that was done there.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from provisioner import lifecycle
from provisioner.content.lab import Exercise, Lab
from provisioner.core import signals
from provisioner.core.errors import UsageError
from provisioner.core.outcome import Verdict
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.drivers.base import Driver, LayerStore
from provisioner.provision import stages, throwaway
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

LIMIT = 1 << 20  # bytes of a script
MAX_OUTPUT = 65536  # bytes of its output that are kept
PATIENCE = 300.0  # seconds for the script


@dataclass(frozen=True)
class ScriptResult:
    """The exit code of the script, and the beginning of its output."""

    code: int
    output: str


def read_script(file: Path) -> str:
    """Reads the script; `-` is standard input. Raises UsageError."""
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(LIMIT + 1)
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
def start_machine(home: Home, lab: Lab, driver: Driver, solved: Sequence[Exercise]) -> Iterator[Seat]:
    """Provides a fresh machine with these exercises solved, during the block. Raises LabError."""
    if not isinstance(driver, LayerStore):
        raise UsageError(f"the driver {driver.info.name} makes no fresh machines", hint="--driver qemu")
    throwaway.sweep(home)
    with throwaway.place(home, "submissions") as seat:
        try:
            throwaway.clear(seat)
            lifecycle.start(home, lab, seat, driver, None, solved)
            signals.restore_signal_handlers()  # the machine is not handed to a learner
            yield seat
        finally:
            with signals.deferred():
                throwaway.clear(seat)


def apply(seat: Seat, script: str) -> ScriptResult:
    """Runs the script as the learner, in a login shell. A script that fails may still have solved the exercise."""
    keep = f"{{ /usr/bin/head -c {MAX_OUTPUT}; /usr/bin/cat >/dev/null; }}"
    learner = f"cd ~learner && set -o pipefail; {stages.AS_LEARNER} bash -l -s 2>&1 | {keep}"
    with step("Applying the submission"):
        result = ssh.run(seat, "/bin/bash", "-c", learner, input=script, timeout=PATIENCE, check=False)
    return ScriptResult(result.code, result.out)


def judge(
    home: Home, lab: Lab, driver: Driver, exercises: Sequence[Exercise], solved: Sequence[Exercise], script: str, *,
    quick: bool, seed: str,
) -> tuple[ScriptResult, list[Verdict]]:  # fmt: skip
    """Applies a script to a fresh machine and checks that. quick: nothing is disturbed; seed: of draws. Raises LabError."""
    from provisioner.checks import run

    with start_machine(home, lab, driver, solved) as seat:
        applied = apply(seat, script)
        if applied.code:
            say(f"! the script failed (exit {applied.code}); its result is checked anyway")
        target = None if quick else lambda: nullcontext(seat)
        with step(f"Checking lab {lab.number}", key=f"check {lab.slug}{' quick' if quick else ''}") as progress:
            verdicts = run.check(
                lab, seat, list(exercises), disruption_target=target, tell=progress.detail, seed=seed
            )  # fmt: skip
    return applied, verdicts
