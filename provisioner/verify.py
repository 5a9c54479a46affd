"""The author's test of labs: every exercise fails first, every wrong solution is rejected, right ones pass.

Each trial runs on a machine of its own, made from a stored layer in which the earlier exercises are solved. While an
exercise's trials run, the layer of the next one is made.
"""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from . import images, layers, process, ssh, workflow
from .checks.verdicts import Verdict
from .drivers import Driver, Layer, StoresLayers
from .errors import LabError, UsageError
from .home import Home, private_folder
from .lab import Exercise, Lab
from .seat import Record, Seat
from .trial import COULD_NOT, Row, Step, Trial, end_way, judge_way, reset, trials, ways

P = ParamSpec("P")
T = TypeVar("T")
TRIAL_PATIENCE = 900.0  # seconds for one trial's checks


@dataclass
class _Work:
    """What is under way for a lab, and the layers that only it needs."""

    rows: list[Future[list[Row]]] = field(default_factory=list)
    made: list[Layer] = field(default_factory=list)


class Verification:
    """Runs labs' trials, jobs at a time. tell is called with each finished row, from any thread."""

    def __init__(self, home: Home, driver: Driver, jobs: int, tell: Callable[[Row], None]) -> None:
        if not isinstance(driver, StoresLayers):
            raise UsageError(f"the driver {driver.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
        self.home, self.driver, self.jobs, self.tell = home, driver, jobs, tell
        self._over = threading.Event()
        self._submitted: list[Future[Any]] = []
        self._works: dict[int, _Work] = {}
        self._free: SimpleQueue[Seat] = SimpleQueue()
        for number in range(jobs):
            self._free.put(Seat(home.state / "verify" / str(number)))

    def run(self, chosen: Sequence[Exercise]) -> list[Row]:
        """All trials of these exercises; and of going back, where a whole lab is among them."""
        rows: list[Row | Future[list[Row]]] = []
        beginning: Layer | None = None
        with self._pool() as pool:
            coming = self._submit(pool, self._layer, chosen[0])
            begins: Future[Layer | Row] | None = None  # the next lab
            for index, exercise in enumerate(chosen):
                lab, layer, left = exercise.lab, coming.result(), chosen[index:]
                other = next((e for e in left if e.lab is not lab), None)
                self._tidy(but={lab.number, other.lab.number if other else 0})
                # Before this one's trials, so that whoever is free makes what comes next first; and the next lab, whose
                # setting up takes minutes, as soon as this one has begun.
                if len(left) > 1 and left[1].lab is lab:
                    coming = self._submit(pool, self._layer, left[1])
                if other and not begins:
                    begins = self._submit(pool, self._layer, other)
                if begins and left[1].lab is not lab:
                    coming, begins = begins, None
                if isinstance(layer, Row):
                    rows.append(layer)
                    continue
                whole = tuple(left[: len(lab.exercises)]) == lab.exercises
                beginning = layer if whole else beginning
                tried = [self._submit(pool, self._walk, layer, way) for way in ways(lab)] if whole else []
                tried += [self._submit(pool, self._try, layer, t) for t in trials(exercise, on_ways=beginning is not None)]
                if exercise == lab.exercises[-1] and beginning:
                    tried += [self._submit(pool, self._try, beginning, reset(lab))]
                    beginning = None
                self._works[lab.number].rows += tried
                rows += tried
            return [row for one in rows for row in ([one] if isinstance(one, Row) else one.result())]

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = pool.submit(work, *args, **kwargs)
        self._submitted.append(future)
        return future

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        try:
            with ThreadPoolExecutor(self.jobs) as pool:
                try:
                    yield pool
                except BaseException:  # Ctrl-C, or a signal: what has not begun does not begin, what runs is cut off
                    self._over.set()
                    pool.shutdown(wait=False, cancel_futures=True)
                    while not all(one.done() for one in self._submitted):  # one may just begin something
                        _end_children()
                        time.sleep(0.2)
                    raise
        finally:
            while not self._free.empty():
                seat = self._free.get()
                if seat.folder.exists():
                    layers.discard(self.driver, seat)
            self._tidy()

    def _layer(self, exercise: Exercise) -> Layer | Row:
        """With the exercises before it solved; a row that says so where that cannot be had."""
        lab = exercise.lab
        work = self._works.setdefault(lab.number, _Work())
        solved = lab.exercises[: exercise.number - 1]
        try:
            self._go_on()
            with slot(self.home, self.jobs):
                image, machine = images.ensure(self.home, lab.manifest.images), workflow.machine_of(lab)
                plan = workflow.stages(lab, solved)
                assert isinstance(self.driver, StoresLayers)
                known = layers.find(self.home, layers.keys(self.driver, machine, image, plan)[-1])
                layer = layers.use(self.home, self.driver, machine, image, plan, lambda layer: layer)
        except LabError as error:
            row = Row(f"{lab.number}.{exercise.number}", "its beginning", "made", COULD_NOT, lines=_told(error))
            if not self._over.is_set():
                self.tell(row)
            return row
        if solved and not known:
            work.made.append(layer)
        return layer

    def _tidy(self, but: Container[int] = ()) -> None:
        """Removes layers that only finished trials needed: half a gigabyte each."""
        for number, work in list(self._works.items()):
            if number not in but and all(row.done() for row in work.rows):
                for layer in work.made:
                    shutil.rmtree(layer.folder, ignore_errors=True)
                del self._works[number]

    def _try(self, layer: Layer, trial: Trial) -> list[Row]:
        def work(seat: Seat) -> None:
            if trial.script:
                workflow.apply(seat, trial.script)
            if trial.reset:
                self._start(seat, trial.exercises[0].lab, layer)
            self._go_on()
            trial.judge(_check(seat, trial.exercises))

        return self._attempt(layer, trial.exercises[0].lab, [trial.row], work)

    def _walk(self, layer: Layer, way: list[Step]) -> list[Row]:
        def work(seat: Seat) -> None:
            for step in way:
                workflow.apply(seat, step.script)
                self._go_on()
                (verdict,) = _check(seat, [step.exercise], disturbing=False)
                if verdict.outcome not in ("done", "not checked"):  # what must be survived comes at the end
                    end_way(way, step, verdict)
                    return
            judge_way(way, _check(seat, [step.exercise for step in way]))

        return self._attempt(layer, way[0].exercise.lab, [step.row for step in way], work)

    def _attempt(self, layer: Layer, lab: Lab, rows: list[Row], work: Callable[[Seat], None]) -> list[Row]:
        """A connection that was lost on a busy host is no verdict: twice, each time on a new copy."""
        with slot(self.home, self.jobs):
            for _ in range(2):
                began, seat = time.monotonic(), self._free.get()
                try:
                    self.driver.destroy(seat)
                    self._start(seat, lab, layer)
                    self._go_on()
                    for row in rows:
                        row.outcome = ""
                    work(seat)
                except LabError as error:
                    for row in rows:
                        if not row.outcome:
                            row.outcome, row.lines = COULD_NOT, _told(error)
                finally:
                    self._free.put(seat)
                    for row in rows:  # on a way, each has its share
                        row.seconds = (time.monotonic() - began) / len(rows)
                if self._over.is_set() or all(row.outcome != COULD_NOT for row in rows):
                    break
        for row in rows if not self._over.is_set() else []:
            self.tell(row)
        return rows

    def _start(self, seat: Seat, lab: Lab, layer: Layer) -> None:
        self._go_on()
        name = (layer.folder / "image").read_text().strip()
        seat.create(Record(lab.slug, self.driver.name, name, layer.key))
        end = self.driver.up(seat, workflow.machine_of(lab), layer)
        ssh.configure(seat, end.address, end.port)

    def _go_on(self) -> None:
        if self._over.is_set():
            raise LabError("interrupted")


def planned(chosen: Sequence[Exercise]) -> int:
    """How many trials that is."""
    whole = [e.lab for e in chosen if e == e.lab.exercises[-1] and e.lab.exercises[0] in chosen]
    return sum(1 + sum(map(len, ways(lab))) for lab in whole) + sum(
        1 for e in chosen for _ in trials(e, on_ways=e.lab in whole)
    )


def _check(seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]:
    """In a process of its own: pytest knows no threads. disturbing: what must be survived is done to the machine."""
    lab = exercises[0].lab
    done = process.run(
        [sys.executable, "-m", "provisioner.checks.run", str(lab.folder.parent), str(seat.folder), str(lab.number),
         "disturbing" if disturbing else "now", *(str(e.number) for e in exercises)],
        timeout=TRIAL_PATIENCE,
    )  # fmt: skip
    answer = json.loads(done.out.splitlines()[-1])
    if isinstance(answer, dict):
        raise LabError(answer["error"], evidence=answer["evidence"])
    return [Verdict(**v) for v in answer]


def _told(error: LabError) -> list[str]:
    return [error.what, *error.evidence.splitlines()[-6:]]


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
    """Two trials a processor, if memory allows: a trial waits for packets in a third of its time."""
    import psutil

    cores = os.cpu_count() or 1
    return max(1, min(2 * cores, int(psutil.virtual_memory().available / (1536 << 20))))
