"""The author's test of labs: every exercise fails first, every wrong solution is rejected, right ones pass.

Wrong solutions are tried on machines made from a stored layer in which the earlier exercises are solved (run_negatives.py);
right ones on ways (route.py), where each exercise is asked before it is solved, too. While an exercise's trials run, the
layer of the next one is made.

Of a lab with exercises about the machine's own kernel, the others' wrong solutions are tried by the chosen driver all the
same: it is several times quicker.
"""

import shutil
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from math import inf
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError, UsageError
from provisioner.core.model import Layer
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver, LayerStore
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.images import Image
from provisioner.provision import layer_builder, layer_store, prerequisites, stages
from provisioner.seats.seat import Seat
from provisioner.verify.case import COULD_NOT, Case, Row, of_all, runs, told, wrong
from provisioner.verify.machine_pool import MachinePool, ask, jobs_here, processors
from provisioner.verify.route import Route, routes, without
from provisioner.verify.run_negatives import NegativeRun, in_order, machines
from provisioner.verify.run_route import RouteRun

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Stretch:
    """Exercises of one lab that follow each other, on one driver's machines. tried: those whose wrong solutions are; right:
    whether right solutions are, and going back, where they are the whole lab."""

    driver: Driver
    exercises: Sequence[Exercise]
    tried: Sequence[Exercise]
    right: bool

    @property
    def lab(self) -> Lab:
        return self.exercises[0].lab

    @property
    def at(self) -> tuple[int, str]:
        return self.lab.number, self.driver.info.name

    @property
    def begin(self) -> tuple[str, Exercise]:
        return self.driver.info.name, self.exercises[0]

    def begun(self, through: Sequence[Route]) -> list[Exercise]:
        """Those from whose beginnings something is tried. through: the ways through it."""
        firsts = [self.exercises[0], *(way[0].exercise for way in through), *self.tried]
        return [e for e in self.exercises if e in firsts]


@dataclass
class _Work:
    """What is under way for a lab on one driver's machines: its layers by exercise, and those that only it needs."""

    driver: Driver
    tried: list[Future[None]] = field(default_factory=list)
    begins: dict[int, Layer] = field(default_factory=dict)
    made: list[Layer] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return all(one.done() for one in self.tried)


class Verification:
    """Runs labs' trials, jobs at a time (None: what this host has room for). tell is called with each finished row, from
    any thread. image: the name of another one than each lab's first that can be had."""

    def __init__(
        self, home: Home, driver: Driver, jobs: int | None, tell: Callable[[Row], None], image: str | None = None
    ) -> None:
        if not isinstance(driver, LayerStore):
            raise UsageError(f"the driver {driver.info.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
        self.home, self.driver, self._tell, self._image = home, driver, tell, image
        self._embedded = load(EMBEDDED)
        self._copies = MachinePool(home, {its.info.name: jobs or jobs_here(its) for its in (driver, self._embedded)})
        self._submitted: list[Future[Any]] = []
        self._works: dict[tuple[int, str], _Work] = {}
        self._ahead: dict[tuple[str, Exercise], Future[Layer | None]] = {}
        self._rows: list[Row] = []

    def run(self, chosen: Sequence[Exercise]) -> list[Row]:
        """All trials of these exercises; and of going back, where a whole lab is among them."""
        stretches, early = self._in_order(self.stretches(chosen))
        for one in stretches:  # a host that has none fails no lab
            self._image_of(one.driver, one.lab)
        with self._pool() as pool:
            for one in (stretches[0], *early):
                self._make_ahead(pool, one)
            for stretch, later in zip_longest(stretches, stretches[1:]):
                # Before another driver's turn, and in the end, a stretch has all places for itself.
                alone = not later or later.driver is not stretch.driver
                room = self._copies.jobs[self.driver.info.name] // len(stretch.exercises if alone else chosen)
                driver, work = stretch.driver, self._works.setdefault(stretch.at, _Work(stretch.driver))
                self._make_ahead(pool, stretch)
                mine = self._ahead.pop(stretch.begin)
                through = routes(stretch.exercises) if stretch.right else []
                self._rows += [row for way in through for step in way for row in step.rows]
                begun = stretch.begun(through)
                for exercise, after in zip_longest(begun, begun[1:]):
                    layer = mine.result()
                    # Before this one's trials, so that whoever is free makes what comes next first; and the next lab,
                    # whose setting up takes minutes, as soon as this one has begun.
                    if after:
                        mine = self._submit(pool, self._layer, driver, after)
                    if later and exercise is begun[0]:
                        self._make_ahead(pool, later)
                    self._tidy(but={stretch.at, *([later.at] if later else [])})
                    along = [way for way in through if way[0].exercise == exercise]
                    if layer:
                        work.begins[exercise.number] = layer
                    else:
                        along = [part for way in along for part in without(way, exercise)]
                    work.tried += [self._submit(pool, self._walk, work, way) for way in along]
                    if layer:
                        self._set_out(pool, stretch, exercise, room)
            for future in self._submitted:
                future.result()
        for row in self._rows:
            row.outcome = row.outcome or COULD_NOT
        return sorted(self._rows, key=_place)

    def _set_out(self, pool: ThreadPoolExecutor, stretch: Stretch, exercise: Exercise, room: int) -> None:
        """Begins what else is tried from an exercise's beginning on; what takes longest comes first."""
        driver, work = stretch.driver, self._works[stretch.at]
        layer = work.begins[exercise.number]
        for trial in of_all(stretch.exercises) if stretch.right and exercise is stretch.exercises[0] else []:
            self._rows.append(trial.row)
            work.tried.append(self._submit(pool, self._try, layer, trial))
        left = in_order(wrong(exercise) if exercise in stretch.tried else ())
        self._rows += [trial.row for trial in left]
        for _ in range(machines(driver, left, max(room, processors()) if exercise.entry.timed else room)):
            tries = NegativeRun(self._copies, left, self._before(driver, exercise), self._say)
            work.tried.append(self._submit(pool, tries.go, layer))

    def stretches(self, chosen: Sequence[Exercise]) -> Iterator[Stretch]:
        """On the chosen driver's machines all that it can do; by the embedded one what needs a kernel of the machine's own."""
        for run in runs(chosen):
            if prerequisites.has_kernel(run[0].lab, self.driver):
                yield Stretch(self.driver, run, run, right=True)
                continue
            if others := [e for e in run if not e.entry.own_kernel]:
                yield Stretch(self.driver, others, others, right=False)
            yield Stretch(self._embedded, run, [e for e in run if e.entry.own_kernel], right=True)

    def _in_order(self, found: Iterable[Stretch]) -> tuple[list[Stretch], list[Stretch]]:
        """The stretches, and those whose beginnings are made at once: setting up a lab of the embedded driver takes minutes
        of one processor, while quicker ones are tried. A quick one comes last: at its end none idles for long."""
        quick, slow = list[Stretch](), list[Stretch]()
        for one in found:
            (quick if one.driver is self.driver else slow).append(one)
        return [*quick[:-1], *slow, *quick[-1:]], slow if quick else []

    def _make_ahead(self, pool: ThreadPoolExecutor, stretch: Stretch) -> None:
        if stretch.begin not in self._ahead:
            self._ahead[stretch.begin] = self._submit(pool, self._layer, stretch.driver, stretch.exercises[0])

    def _image_of(self, driver: Driver, lab: Lab) -> Image:
        return prerequisites.image_of(lab, driver, self._image)

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

    def _layer(self, driver: Driver, exercise: Exercise) -> Layer | None:
        """With the exercises before it solved; where that cannot be had, a row says so."""
        lab = exercise.lab
        solved = lab.exercises[: exercise.number - 1]
        try:
            self._copies.go_on()
            with self._copies.slot(driver):
                image, machine = self._image_of(driver, lab), stages.spec_of(lab)
                assert isinstance(driver, LayerStore)
                plan, _ = stages.stages(lab, driver, solved)
                known = layer_store.find(self.home, layer_store.keys(driver, machine, image, plan)[-1])
                layer = layer_builder.use(self.home, driver, machine, image, plan, lambda layer: layer)
        except LabError as error:
            row = Row(f"{lab.number}.{exercise.number}", "its beginning", "made", COULD_NOT, lines=told(error))
            self._rows.append(row)
            self._say(row)
            return None
        if solved and driver.info.layers == "memory" and not known:
            self._works.setdefault((lab.number, driver.info.name), _Work(driver)).made.append(layer)
        return layer

    def _tidy(self, but: Container[tuple[int, str]]) -> None:
        """Removes layers that only finished trials needed: half a gigabyte each."""
        for at, work in list(self._works.items()):
            if at not in but and work.done:
                _remove(work.made)
                del self._works[at]

    def _before(self, driver: Driver, exercise: Exercise) -> list[Path]:
        """What is to be applied first, so that an exercise begins: nothing, where that is in the layer; and nothing to a
        kernel that is the host's."""
        if driver.info.layers == "memory":
            return []
        shared = driver.info.kernel == "host"
        return [e.solutions[0] for e in exercise.lab.exercises[: exercise.number - 1] if not (shared and e.entry.own_kernel)]

    def _try(self, layer: Layer, trial: Case) -> None:
        """From the lab's beginning on."""

        def work(seat: Seat) -> None:
            for script in trial.scripts:
                self._copies.go_on()
                stages.apply(seat, script)
            if trial.reset:
                self._copies.start(seat, trial.exercises[0].lab, layer)
            self._copies.go_on()
            trial.judge(ask(seat, trial.exercises, disturbing=trial.disturbing))

        trial.row.seconds, error = self._copies.attempt(trial.exercises, layer, work)
        if error:
            trial.row.outcome, trial.row.lines = COULD_NOT, [*trial.told, *told(error)]
        self._say(trial.row)

    def _walk(self, work: _Work, way: Route) -> None:
        """The way; or the parts that it is split into, one after the other."""
        left = [way]
        while left and not self._copies.over.is_set():
            way, *left = left
            first = way[0].exercise
            if layer := work.begins.get(first.number) or self._layer(work.driver, first):
                before = self._before(work.driver, first)
                left = [*RouteRun(self._copies, way, before, self._say).go(layer), *left]
            else:
                left = [*without(way, first), *left]

    def _say(self, row: Row) -> None:
        if not self._copies.over.is_set():
            self._tell(row)


def _place(row: Row) -> tuple[int, float]:
    """Labs in their order, and each one's exercises; what was tried of a whole lab comes last."""
    lab, _, number = row.exercise.partition(".")
    return int(lab), int(number) if number else inf


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
