"""Going a way, with verdicts that are made up here: what is told, and what is to be tried instead."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from provisioner.content.lab import Exercise, load
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import labs_folder
from provisioner.provision import stages
from provisioner.seats.seat import Seat
from provisioner.verify import run_route
from provisioner.verify.case import COULD_NOT, Row
from provisioner.verify.machine_pool import MachinePool
from provisioner.verify.route import Route, routes
from provisioner.verify.run_route import RouteRun

LAYER = Layer("key", Path("/nowhere"))


class Machines:
    """In the place of Copies. done: which exercises are, by what has been applied so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, done: Callable[[list[str], Exercise, bool], bool]) -> None:
        self.over, self.applied, self.asked = Event(), list[str](), list[tuple[list[int], bool]]()
        self._done = done
        self.broken = False
        monkeypatch.setattr(run_route, "ask", self._ask)
        monkeypatch.setattr(stages, "apply", lambda _, script: self.applied.append(str(script)))

    def attempt(
        self, exercises: Sequence[Exercise], layer: Layer, work: Callable[[Seat], None]
    ) -> tuple[float, LabError | None]:
        assert (exercises[0].lab.number, layer) == (3, LAYER)
        self.applied = []
        try:
            work(Seat(Path("/nowhere")))
        except LabError as error:
            return 4.0, error
        return 4.0, None

    def go_on(self) -> None:
        if self.broken:
            raise LabError("the machine is gone")

    def _ask(self, _: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]:
        self.asked.append(([e.number for e in exercises], disturbing))
        outcomes: list[Outcome] = ["done" if self._done(self.applied, e, disturbing) else "not yet" for e in exercises]
        return [Verdict(3, e.number, e.entry.id, "", 1, o) for e, o in zip(exercises, outcomes, strict=True)]


def _solved(applied: list[str], e: Exercise, disturbing: bool) -> bool:
    return any(Path(script).parent == e.solutions[0].parent for script in applied)


def _go(machines: Machines, way: Route) -> tuple[list[Route], list[Row]]:
    told, first = list[Row](), way[0].exercise
    before = [e.solutions[0] for e in first.lab.exercises[: first.number - 1]]
    return RouteRun(cast(MachinePool, machines), way, before, told.append).go(LAYER), told


@pytest.fixture
def way() -> Route:
    return routes(load(labs_folder(), "3").exercises)[0][:3]


def test_each_is_asked_before_and_after_and_all_at_the_end(monkeypatch: pytest.MonkeyPatch, way: Route) -> None:
    machines = Machines(monkeypatch, _solved)
    instead, told = _go(machines, way)
    assert instead == []
    assert [(row.exercise, row.what, row.outcome, row.good) for row in told] == [
        *((f"3.{n}", "nothing done", "not yet", True) for n in (1, 2, 3)),
        *((f"3.{n}", "solution.sh", "done", True) for n in (1, 2, 3)),
    ]
    every = [e.number for e in way[0].exercise.lab.exercises]
    assert machines.asked == [
        (every, False), ([1], False), ([2], False), ([2], False), ([3], False), ([1, 2, 3], True),
    ]  # fmt: skip


def test_what_seems_to_be_done_before_is_disturbed_and_the_way_goes_on_elsewhere(
    monkeypatch: pytest.MonkeyPatch, way: Route
) -> None:
    def second_until_disturbed(applied: list[str], e: Exercise, disturbing: bool) -> bool:
        return _solved(applied, e, disturbing) or (e.number == 2 and bool(applied) and not disturbing)

    machines = Machines(monkeypatch, second_until_disturbed)
    instead, told = _go(machines, way)
    assert [[step.exercise.number for step in part] for part in instead] == [[1], [2, 3]]
    assert [(row.exercise, row.good) for row in told] == [("3.1", True), ("3.2", True)]
    for part in instead:
        assert _go(machines, part)[0] == []
    assert all(step.row and step.row.good and step.before and step.before.row.good for step in way)


def test_a_beginning_that_is_done_is_told_and_its_solution_tried_all_the_same(
    monkeypatch: pytest.MonkeyPatch, way: Route
) -> None:
    machines = Machines(monkeypatch, lambda applied, e, _: e.number == 3 or _solved(applied, e, False))
    (alone,), told = _go(machines, way[2:])
    assert [(row.what, row.outcome, row.good) for row in told] == [("nothing done", "done", False)]
    assert len(machines.applied) == 2  # what comes before it, and not itself
    instead, told = _go(machines, alone)
    assert (instead, [(row.what, row.good) for row in told]) == ([], [("solution.sh", True)])


def test_a_machine_that_is_gone_could_not_be_tried(monkeypatch: pytest.MonkeyPatch, way: Route) -> None:
    machines = Machines(monkeypatch, _solved)
    machines.broken = True
    instead, told = _go(machines, way)
    assert [len(part) for part in instead] == [1, 2]
    assert told == []
    instead, told = _go(machines, way[:1])
    assert instead == []
    assert [(row.what, row.outcome, row.lines) for row in told] == [
        (what, COULD_NOT, ["the machine is gone"]) for what in ("solution.sh", "nothing done")
    ]
