"""The author's test of labs: every exercise fails first, every wrong solution is rejected, right ones pass.

Wrong solutions are tried on machines made from a stored layer in which the earlier exercises are solved (tries.py);
right ones on ways (way.py), where each exercise is asked before it is solved, too. While an exercise's trials run, the
layer of the next one is made.
"""

import shutil
import time
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from . import layers, preparation, workflow
from .copies import Copies, ask, jobs_here
from .drivers import EMBEDDED, Driver, Layer, StoresLayers, load
from .errors import LabError, UsageError
from .home import Home
from .images import Image
from .lab import Exercise, Lab
from .seat import Seat
from .trial import COULD_NOT, Row, Trial, of_all, runs, told, wrong
from .tries import Tries, machines
from .walk import Walk
from .way import Way, ways, without

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Work:
    """What is under way for a lab: its layers by exercise, those that only it needs, its ways that wait for one."""

    tried: list[Future[None]] = field(default_factory=list)
    begins: dict[int, Layer] = field(default_factory=dict)
    made: list[Layer] = field(default_factory=list)
    waiting: list[Way] = field(default_factory=list)
    walked: list[Future[list[Way]]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self.waiting and not self.walked and all(one.done() for one in self.tried)


class Verification:
    """Runs labs' trials, jobs at a time (None: what this host has room for). tell is called with each finished row, from
    any thread. image: the name of another one than each lab's first that can be had."""

    def __init__(
        self, home: Home, driver: Driver, jobs: int | None, tell: Callable[[Row], None], image: str | None = None
    ) -> None:
        if not isinstance(driver, StoresLayers):
            raise UsageError(f"the driver {driver.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
        self.home, self.driver, self._tell, self._image = home, driver, tell, image
        drivers = (driver, load(EMBEDDED))
        self._copies = Copies(home, self.driver_of, {its.name: jobs or jobs_here(its) for its in drivers})
        self._submitted: list[Future[Any]] = []
        self._works: dict[int, _Work] = {}

    def run(self, chosen: Sequence[Exercise]) -> list[Row]:
        """All trials of these exercises; and of going back, where a whole lab is among them."""
        rows: list[Row] = []
        room = self._copies.jobs[self.driver.name] // len(chosen)
        stretches, early = self._in_order(runs(chosen))
        for lab in {exercise.lab for exercise in chosen}:  # a host that has none fails no lab
            self._image_of(lab)
        with self._pool() as pool:
            coming = self._submit(pool, self._layer, stretches[0][0])
            ahead = {exercise: self._submit(pool, self._layer, exercise) for exercise in early}
            for index, exercises in enumerate(stretches):
                lab, work = exercises[0].lab, self._works.setdefault(exercises[0].lab.number, _Work())
                mine, later = coming, stretches[index + 1][0] if index + 1 < len(stretches) else None
                through = ways(exercises)
                work.waiting += through
                for exercise, after in zip(exercises, [*exercises[1:], None], strict=True):
                    layer = mine.result()
                    # Before this one's trials, so that whoever is free makes what comes next first; and the next lab,
                    # whose setting up takes minutes, as soon as this one has begun.
                    if after:
                        mine = self._submit(pool, self._layer, after)
                    if later and exercise is exercises[0]:
                        coming = ahead.get(later) or self._submit(pool, self._layer, later)
                    self._tidy(pool, but={lab.number, later.lab.number if later else 0})
                    if isinstance(layer, Row):
                        rows.append(layer)
                        work.waiting = [part for way in work.waiting for part in without(way, exercise)]
                        continue
                    work.begins[exercise.number] = layer
                    self._walk_on(pool, work)
                    for step in (step for way in through for step in way if step.exercise == exercise):
                        rows += [step.before.row] if step.before else []
                        rows += [step.row] if step.row else []
                    left = deque(wrong(exercise))
                    rows += [trial.row for trial in left]
                    for _ in range(machines(self.driver_of(lab), left, room)):
                        tries = Tries(self._copies, left, self._before(lab, exercise.number), self._say)
                        work.tried.append(self._submit(pool, tries.go, layer))
                    for trial in [] if after else of_all(exercises):
                        rows.append(trial.row)
                        begin = 1 if 1 in work.begins else exercise.number
                        work.tried.append(self._submit(pool, self._try, work.begins[begin], trial, begin))
            while walking := [one for work in self._works.values() for one in work.walked]:
                wait(walking, return_when=FIRST_COMPLETED)
                for work in self._works.values():
                    self._walk_on(pool, work)
            for one in self._submitted:
                one.result()
        for row in rows:
            row.outcome = row.outcome or COULD_NOT
        return rows

    def _in_order(self, stretches: list[list[Exercise]]) -> tuple[list[list[Exercise]], list[Exercise]]:
        """The stretches, and the exercises whose beginnings are made at once: setting up a lab of the embedded driver takes
        minutes of one processor, while quicker ones are tried. A quick one comes last: at its end none idles for long."""
        slow = [one for one in stretches if self.driver_of(one[0].lab) is not self.driver]
        quick = [one for one in stretches if one not in slow]
        early = list(dict.fromkeys(one[0] for one in slow)) if quick else []
        return [*quick[:-1], *slow, *quick[-1:]], early

    def driver_of(self, lab: Lab) -> Driver:
        """The embedded one where the lab needs a machine with a kernel of its own, and the chosen one makes none."""
        return self.driver if workflow.kernel_is_there(lab, self.driver) else load(EMBEDDED)

    def _image_of(self, lab: Lab) -> Image:
        return workflow.image_of(self.home, lab, self.driver_of(lab), self._image)

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = pool.submit(work, *args, **kwargs)
        self._submitted.append(future)
        return future

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        try:
            with ThreadPoolExecutor(max(self._copies.jobs.values())) as pool:
                try:
                    yield pool
                except BaseException:  # Ctrl-C, or a signal: what has not begun does not begin, what runs is cut off
                    self._copies.over.set()
                    pool.shutdown(wait=False, cancel_futures=True)
                    while not all(one.done() for one in self._submitted):  # one may just begin something
                        _end_children()
                        time.sleep(0.2)
                    raise
        finally:
            self._copies.clear()
            for work in self._works.values():
                _remove(work.made)

    def _layer(self, exercise: Exercise) -> Layer | Row:
        """With the exercises before it solved; a row that says so where that cannot be had."""
        lab = exercise.lab
        solved = lab.exercises[: exercise.number - 1]
        try:
            self._copies.go_on()
            with self._copies.slot(lab):
                image, machine = self._image_of(lab), preparation.machine_of(lab)
                driver = self.driver_of(lab)
                assert isinstance(driver, StoresLayers)
                plan, _ = preparation.stages(lab, driver, solved)
                known = layers.find(self.home, layers.keys(driver, machine, image, plan)[-1])
                layer = layers.use(self.home, driver, machine, image, plan, lambda layer: layer)
        except LabError as error:
            row = Row(f"{lab.number}.{exercise.number}", "its beginning", "made", COULD_NOT, lines=told(error))
            self._say(row)
            return row
        if solved and driver.with_memory and not known:
            self._works.setdefault(lab.number, _Work()).made.append(layer)
        return layer

    def _tidy(self, pool: ThreadPoolExecutor, but: Container[int]) -> None:
        """Removes layers that only finished trials needed: half a gigabyte each."""
        for number, work in list(self._works.items()):
            self._walk_on(pool, work)
            if number not in but and work.done:
                _remove(work.made)
                del self._works[number]

    def _walk_on(self, pool: ThreadPoolExecutor, work: _Work) -> None:
        """Takes up the parts of ways that failed, and sets out on those whose beginning is there."""
        for one in [one for one in work.walked if one.done()]:
            work.walked.remove(one)
            work.waiting += one.result()
        for way in [way for way in work.waiting if way[0].exercise.number in work.begins]:
            work.waiting.remove(way)
            work.walked.append(self._submit(pool, self._walk, work.begins[way[0].exercise.number], way))

    def _before(self, lab: Lab, number: int) -> list[Path]:
        """What is to be applied first, so that an exercise begins: nothing, where that is in the layer."""
        driver = self.driver_of(lab)
        assert isinstance(driver, StoresLayers)
        return [] if driver.with_memory else [e.solutions[0] for e in lab.exercises[: number - 1]]

    def _try(self, layer: Layer, trial: Trial, begin: int) -> None:
        """begin: the number of the exercise that begins there."""
        lab = trial.exercises[0].lab

        def work(seat: Seat) -> None:
            for script in [*self._before(lab, begin), *trial.scripts]:
                self._copies.go_on()
                preparation.apply(seat, script)
            if trial.reset:
                self._copies.start(seat, lab, layer)
            self._copies.go_on()
            trial.judge(ask(seat, trial.exercises, disturbing=trial.disturbing))

        trial.row.seconds, error = self._copies.attempt(trial.exercises, layer, work)
        if error:
            trial.row.outcome, trial.row.lines = COULD_NOT, [*trial.told, *told(error)]
        self._say(trial.row)

    def _walk(self, layer: Layer, way: Way) -> list[Way]:
        first = way[0].exercise
        return Walk(self._copies, way, self._before(first.lab, first.number), self._say).go(layer)

    def _say(self, row: Row) -> None:
        if not self._copies.over.is_set():
            self._tell(row)


def _remove(made: Sequence[Layer]) -> None:
    for layer in made:
        shutil.rmtree(layer.folder, ignore_errors=True)


def _end_children() -> None:
    """Checks and connections of trials; their machines are put away one by one."""
    import psutil

    machines = ("qemu", "unshare")  # and what is in them
    with suppress(psutil.Error):
        for child in psutil.Process().children():
            if not child.name().startswith(machines):
                for one in (*child.children(recursive=True), child):
                    one.terminate()
