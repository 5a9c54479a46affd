"""The author's test of a lab: every exercise fails first, every wrong solution is rejected, right ones pass.

Each trial runs on a machine of its own, made from a stored layer in which the earlier exercises are solved.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from . import images, layers, process, ssh, workflow
from .checks.verdicts import Verdict
from .drivers import Driver, Layer, StoresLayers
from .errors import LabError, UsageError
from .home import Home, private_folder
from .lab import Exercise, Lab
from .seat import Record, Seat

COULD_NOT = "could not try"
TRIAL_PATIENCE = 900.0  # seconds for one trial's checks


@dataclass
class Row:
    """One trial: what was tried, what had to come out, what came out."""

    exercise: str
    what: str
    wanted: str
    outcome: str = ""
    good: bool = False
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    row: Row
    script: Path | None
    exercises: Sequence[Exercise]  # that are checked
    judge: Callable[[list[Verdict]], bool]


class Verification:
    """Runs a lab's trials, jobs at a time. tell is called with each finished row."""

    def __init__(self, home: Home, lab: Lab, driver: Driver, jobs: int, tell: Callable[[Row], None]) -> None:
        if not isinstance(driver, StoresLayers):
            raise UsageError(f"the driver {driver.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
        self.home, self.lab, self.driver, self.tell = home, lab, driver, tell
        self.machine = workflow.machine_of(lab)
        self.image = images.ensure(home, lab.manifest.images)
        self.jobs = jobs
        self.folder = home.state / "verify"
        self._over = False
        self._free: SimpleQueue[Seat] = SimpleQueue()
        for number in range(jobs):
            self._free.put(Seat(self.folder / f"{lab.number}-{number}"))

    def run(self, only: Exercise | None = None) -> list[Row]:
        """All trials, in order. Raises LabError where a machine cannot be made."""
        rows: list[Row] = []
        made: list[Layer] = []
        try:
            for exercise in [only] if only else self.lab.exercises:
                layer, is_new = self._layer(self.lab.exercises[: exercise.number - 1])
                made += [layer] if is_new and exercise.number > 1 else []
                rows += self._round(layer, list(self._trials(exercise)))
            if only is None:
                rows += [self._reset()]
        finally:
            self._clean()
            for layer in made:  # a gigabyte each
                shutil.rmtree(layer.folder, ignore_errors=True)
        return rows

    def _layer(self, solved: Sequence[Exercise]) -> tuple[Layer, bool]:
        plan = workflow.stages(self.lab, solved)
        assert isinstance(self.driver, StoresLayers)
        wanted = layers.keys(self.driver, self.machine, self.image, plan)[-1]
        known = layers.find(self.home, wanted) is not None
        return layers.use(self.home, self.driver, self.machine, self.image, plan, lambda layer: layer), not known

    def _trials(self, exercise: Exercise) -> Iterator[Trial]:
        name = f"{exercise.lab.number}.{exercise.number}"
        # In the lab's beginning all exercises are asked; later each is, with the ones before it solved.
        begin = list(self.lab.exercises) if exercise.number == 1 else [exercise]
        yield Trial(Row(name, "nothing done", "not yet"), None, begin, _none_done)
        for script in exercise.wrong:
            yield Trial(Row(name, f"wrong/{script.name}", "not yet"), script, [exercise], _none_done)
        until = list(self.lab.exercises[: exercise.number])
        for script in exercise.solutions:
            yield Trial(Row(name, script.name, "done"), script, until, _all_done)

    def _round(self, layer: Layer, trials: Sequence[Trial]) -> list[Row]:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                return list(pool.map(lambda trial: self._try(layer, trial), trials))
            except BaseException:  # Ctrl-C, or a signal: what has not begun does not begin, what runs is cut off
                self._over = True
                pool.shutdown(wait=False, cancel_futures=True)
                _end_children()
                raise

    def _try(self, layer: Layer, trial: Trial) -> Row:
        with slot(self.home, self.jobs):
            row = self._tried(layer, trial)
            if row.outcome == COULD_NOT and not self._over:
                # A connection that was lost on a busy host is no verdict: once more, on a new copy.
                row = self._tried(layer, trial)
        self.tell(row)
        return row

    def _tried(self, layer: Layer, trial: Trial) -> Row:
        began = time.monotonic()
        seat, row = self._free.get(), trial.row
        try:
            self._start(seat, layer)
            if trial.script:
                workflow.apply(seat, trial.script)
            verdicts = self._check(seat, trial.exercises)
            row.outcome = _outcome(verdicts)
            row.good = trial.judge(verdicts)
            row.lines = [line for v in verdicts for line in (f"{v.name} {v.outcome}", *v.lines)]
        except LabError as error:
            row.outcome, row.lines = COULD_NOT, [error.what, *error.evidence.splitlines()[-6:]]
        finally:
            self._free.put(seat)
        row.seconds = time.monotonic() - began
        return row

    def _start(self, seat: Seat, layer: Layer) -> None:
        self.driver.destroy(seat)
        seat.create(Record(self.lab.slug, self.driver.name, self.image.name, layer.key))
        end = self.driver.up(seat, self.machine, layer)
        ssh.configure(seat, end.address, end.port)

    def _check(self, seat: Seat, exercises: Sequence[Exercise]) -> list[Verdict]:
        done = process.run(
            [sys.executable, "-m", "provisioner.checks.run", str(self.lab.folder.parent), str(seat.folder),
             str(self.lab.number), *(str(e.number) for e in exercises)],
            timeout=TRIAL_PATIENCE,
        )  # fmt: skip
        answer = json.loads(done.out.splitlines()[-1])
        if isinstance(answer, dict):
            raise LabError(answer["error"], evidence=answer["evidence"])
        return [Verdict(**v) for v in answer]

    def _reset(self) -> Row:
        """A machine on which the last reference solution was applied goes back, and nothing is done any more."""
        layer, _ = self._layer(())
        trial = Trial(Row(f"{self.lab.number}", "reset", "not yet"), None, self.lab.exercises, _none_done)
        return self._try(layer, trial)

    def _clean(self) -> None:
        while not self._free.empty():
            seat = self._free.get()
            if seat.folder.exists():
                layers.discard(self.driver, seat)


def _end_children() -> None:
    """Checks and connections of trials; their machines are put away one by one."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if not child.name().startswith("qemu"):
                child.terminate()


@contextmanager
def slot(home: Home, jobs: int) -> Iterator[None]:
    """One of so many places on this host, whoever else verifies: machines that starve each other tell nothing."""
    from filelock import FileLock, Timeout

    private_folder(home.cache)
    while True:
        for number in range(jobs):
            lock = FileLock(home.cache / f".trial-{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                yield
            finally:
                lock.release()
            return
        time.sleep(0.3)


def jobs_here() -> int:
    """A trial for each processor, if memory allows: emulated machines that share one cost each other more than half."""
    import psutil

    return max(1, min(os.cpu_count() or 1, int(psutil.virtual_memory().available / (1536 << 20))))


def _none_done(verdicts: list[Verdict]) -> bool:
    return all(v.outcome == "not yet" for v in verdicts)


def _all_done(verdicts: list[Verdict]) -> bool:
    return all(v.outcome == "done" for v in verdicts)


def _outcome(verdicts: list[Verdict]) -> str:
    kinds = list(dict.fromkeys(v.outcome for v in verdicts))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{v.name} {v.outcome}" for v in verdicts if v.outcome != "done")
