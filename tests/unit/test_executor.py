"""Doing a plan in a made-up workshop: order, room, timed runs by themselves, failures, interruption."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from provisioner.content.lab import load
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.paths import labs_folders
from provisioner.verify.executor import Executor
from provisioner.verify.plan import Build, Case, Plan, Release, Run, State, Step
from provisioner.verify.results import COULD_NOT, Result

THREE, TWO = load(labs_folders(), "3"), load(labs_folders(), "2")
ROOM = {"lxc": 3, "qemu": 2}


class Workshop:
    """Notes what is done, and how much of each kind at once."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.most: dict[tuple[str, bool], int] = {}
        self.mixed = False
        self.broken: set[State] = set()
        self.instead: dict[Run, list[Run]] = {}
        self.on_run: Callable[[Run], None] = lambda run: time.sleep(0.02)
        self._running: list[Run] = []
        self._lock = threading.Lock()
        self.cut = 0

    def build(self, state: State) -> Layer:
        self.log.append(f"build {state.driver} {state.exercise.number}")
        if state in self.broken:
            raise LabError("no loop devices")
        return Layer("key", Path("/nowhere"), state.driver)

    def perform(self, run: Run, layer: Layer, tell: Callable[[Result], None]) -> list[Run]:
        with self._lock:
            self.log.append(f"run {run.state.driver} {run.state.exercise.number}")
            self._running.append(run)
            kinds = {(r.state.driver, r.timed) for r in self._running}
            self.mixed |= len(kinds) > 1
            kind = (run.state.driver, run.timed)
            self.most[kind] = max(self.most.get(kind, 0), len(self._running))
        try:
            self.on_run(run)
            if run in self.instead:
                return self.instead[run]
            for case in run.cases:
                tell(Result(case.exercise, case.what, case.wanted, case.wanted, True))
            return []
        finally:
            with self._lock:
                self._running.remove(run)

    def release(self, driver: str, states: Sequence[State]) -> None:
        self.log.append(f"release {driver} {sorted(s.exercise.number for s in states)}")

    def cut_off(self) -> None:
        self.cut += 1


def run(state: State, name: str = "solution.sh") -> Run:
    e = state.exercise
    return Run(state, (Step(e, (e,), Case(f"{e.lab.number}.{e.number}", name, "done"), (Path("/x"),)),))


def execute(workshop: Workshop, plan: Plan) -> list[Result]:
    return Executor(workshop, ROOM, 1, lambda _: None).execute(plan)


FIRST, SECOND = (State("lxc", e) for e in THREE.exercises[:2])


def test_each_as_soon_as_what_it_needs_is_there() -> None:
    workshop = Workshop()
    plan: Plan = (Build(FIRST), run(FIRST), Build(SECOND), run(SECOND), Release("lxc", THREE))
    results = execute(workshop, plan)
    assert len(results) == 2
    log = workshop.log
    assert log.index("build lxc 1") < log.index("run lxc 1")
    assert log.index("build lxc 2") < log.index("run lxc 2")
    assert log[-1] == "release lxc [1, 2]"


def test_no_more_at_once_than_there_is_room_for() -> None:
    workshop = Workshop()
    execute(workshop, (Build(FIRST), *(run(FIRST, str(n)) for n in range(12))))
    assert workshop.most == {("lxc", False): 3}


def test_runs_of_one_driver_wait_for_those_of_another_and_timed_ones_are_by_themselves() -> None:
    workshop = Workshop()
    timed = next(e for e in TWO.exercises if e.entry.timed)
    states = [FIRST, State("qemu", THREE.exercises[0]), State("qemu", timed)]
    runs = [run(state, str(n)) for n in range(4) for state in states]
    assert len(execute(workshop, (*map(Build, states), *runs))) == 12
    assert not workshop.mixed
    assert workshop.most[("qemu", True)] == 1
    assert workshop.most[("qemu", False)] <= 2


def test_what_cannot_be_built_could_not_be_tried_and_the_rest_is() -> None:
    workshop = Workshop()
    workshop.broken = {FIRST}
    results = execute(workshop, (Build(FIRST), Build(SECOND), run(FIRST), run(SECOND)))
    assert {(r.exercise, r.outcome, r.good) for r in results} == {("3.1", COULD_NOT, False), ("3.2", "done", True)}
    assert next(r for r in results if not r.good).lines == ("no loop devices",)


def test_what_is_to_be_done_instead_is_done_from_its_own_state() -> None:
    """Also from a state that nobody has planned."""
    workshop, whole = Workshop(), run(FIRST, "whole")
    workshop.instead = {whole: [run(FIRST, "first part"), run(SECOND, "second part")]}
    results = execute(workshop, (Build(FIRST), whole, Release("lxc", THREE)))
    assert [r.what for r in results] == ["first part", "second part"]
    assert workshop.log == ["build lxc 1", "run lxc 1", "run lxc 1", "build lxc 2", "run lxc 2", "release lxc [1, 2]"]


def test_an_interruption_ends_it_and_nothing_begins_any_more() -> None:
    workshop = Workshop()

    def work(_: Run) -> None:
        while not workshop.cut:
            time.sleep(0.01)
        raise LabError("interrupted")

    def first(each: Run) -> None:
        if each.cases[0].what == "0":
            raise KeyboardInterrupt
        work(each)

    workshop.on_run = first
    with pytest.raises((KeyboardInterrupt, LabError)):
        execute(workshop, (Build(FIRST), *(run(FIRST, str(n)) for n in range(9))))
    assert workshop.cut
    assert workshop.log.count("run lxc 1") <= 3


def test_a_defect_is_no_result() -> None:
    workshop = Workshop()

    def fail(_: Run) -> None:
        raise ZeroDivisionError

    workshop.on_run = fail
    with pytest.raises(ZeroDivisionError):
        execute(workshop, (Build(FIRST), run(FIRST)))
