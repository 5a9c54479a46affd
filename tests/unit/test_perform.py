"""Doing a run, with verdicts that are made up here: what is told, and what is to be done instead."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from provisioner.content.lab import Exercise, Lab, load
from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Layer
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import labs_folders
from provisioner.drivers.registry import load as load_driver
from provisioner.seats.seat import Seat
from provisioner.verify.passes import share_routes, trim
from provisioner.verify.perform import perform
from provisioner.verify.plan import Run, State, make_plain_runs, make_wrong
from provisioner.verify.results import COULD_NOT, Result, judge

LAYER = Layer("key", Path("/nowhere"))
LAB = load(labs_folders(), "3")
Done = Callable[[list[str], Exercise, bool], bool]


class MadeUp:
    """Machines: each is a list of what has been applied to it. done: which exercises are, by that; failing: how often a
    script ends with a lost machine."""

    def __init__(self, done: Done) -> None:
        self.done = done
        self.machines: list[list[str]] = []
        self.checked_exercises: list[tuple[list[int], bool]] = []
        self.failing: dict[str, int] = {}
        self.restarts = 0

    def attempt(self, layer: Layer, lab: Lab, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        assert (lab.number, layer) == (3, LAYER)
        for chance in (1, 2):
            self.machines.append([])
            try:
                work(Seat(Path("/nowhere")))
            except LabError as error:
                if chance == 2:
                    return 4.0, error
            else:
                break
        return 4.0, None

    def restart(self, seat: Seat, lab: Lab, layer: Layer) -> None:
        self.restarts += 1
        self.machines[-1].clear()

    def apply(self, seat: Seat, script: Path) -> None:
        if self.failing.get(script.name):
            self.failing[script.name] -= 1
            raise MachineError("the machine is gone")
        self.machines[-1].append(str(script))

    def ask(self, seat: Seat, exercises: Sequence[Exercise], *, disruptive: bool = True) -> list[Verdict]:
        self.checked_exercises.append(([e.number for e in exercises], disruptive))
        outcomes: list[Outcome] = ["done" if self.done(self.machines[-1], e, disruptive) else "not yet" for e in exercises]
        return [Verdict(3, e.number, e.entry.id, "", 1, o) for e, o in zip(exercises, outcomes, strict=True)]


def solved(applied: list[str], e: Exercise, disruptive: bool) -> bool:
    return any(Path(script).parent == e.solutions[0].parent for script in applied)


def go(machines: MadeUp, run: Run) -> tuple[list[Run], list[Result]]:
    told = list[Result]()
    before = [e.solutions[0] for e in run.state.solved]
    return perform(run, machines, LAYER, before, told.append), told


@pytest.fixture
def route() -> Run:
    """The first solutions of three exercises, each asked before."""
    qemu = load_driver("qemu")
    runs = share_routes(make_plain_runs(LAB.exercises, qemu, qemu, Random(1)))
    whole = max(runs, key=lambda run: len(run.steps))
    (first,) = trim("qemu", whole.steps[:6])
    return first


def test_each_is_asked_before_and_after_and_all_at_the_end(route: Run) -> None:
    machines = MadeUp(solved)
    instead, told = go(machines, route)
    assert instead == []
    assert [(r.exercise, r.what, r.outcome, r.good) for r in told] == [
        *((f"3.{n}", "nothing done", "not yet", True) for n in (1, 2, 3)),
        *((f"3.{n}", "solution.sh", "done", True) for n in (1, 2, 3)),
    ]
    every = [e.number for e in LAB.exercises]
    assert machines.checked_exercises == [
        (every, False), ([1], False), ([2], False), ([2], False), ([3], False), ([1, 2, 3], True),
    ]  # fmt: skip


def test_what_seems_to_be_done_before_is_disturbed_and_the_route_goes_on_elsewhere(route: Run) -> None:
    def second_until_disturbed(applied: list[str], e: Exercise, disruptive: bool) -> bool:
        return solved(applied, e, disruptive) or (e.number == 2 and bool(applied) and not disruptive)

    machines = MadeUp(second_until_disturbed)
    instead, told = go(machines, route)
    assert [list(dict.fromkeys(step.exercise.number for step in part.steps)) for part in instead] == [[1], [2, 3]]
    assert [(r.exercise, r.good) for r in told] == [("3.1", True), ("3.2", True)]
    for part in instead:
        parts, results = go(machines, part)
        assert parts == []
        told += results
    assert sorted((r.exercise, r.what) for r in told) == sorted((c.exercise, c.what) for c in route.cases)
    assert all(r.good for r in told)


def test_a_beginning_that_is_done_is_told_and_its_solution_tried_all_the_same(route: Run) -> None:
    machines = MadeUp(lambda applied, e, _: e.number == 3 or solved(applied, e, False))
    (last,) = trim("qemu", route.steps[4:])
    (alone,), told = go(machines, last)
    assert [(r.what, r.outcome, r.good) for r in told] == [("nothing done", "done", False)]
    assert len(machines.machines[-1]) == 2  # what comes before it, and not itself
    instead, told = go(machines, alone)
    assert (instead, [(r.what, r.good) for r in told]) == ([], [("solution.sh", True)])


def test_a_solution_that_undoes_an_earlier_one_splits_the_route_there(route: Run) -> None:
    def third_undoes_second(applied: list[str], e: Exercise, disruptive: bool) -> bool:
        third = solved(applied, LAB.exercises[2], disruptive)
        return solved(applied, e, disruptive) and not (e.number == 2 and third and disruptive)

    instead, told = go(MadeUp(third_undoes_second), route)
    assert [list(dict.fromkeys(step.exercise.number for step in part.steps)) for part in instead] == [[1], [2, 3]]
    assert [r.what for r in told] == ["nothing done"] * 3


def test_a_machine_that_is_gone_could_not_be_tried(route: Run) -> None:
    machines = MadeUp(solved)
    machines.failing = {"solution.sh": 99}
    (first,) = trim("qemu", route.steps[:2])
    instead, told = go(machines, first)
    assert instead == []
    assert [(r.what, r.outcome, r.lines) for r in told] == [
        ("nothing done", "not yet", told[0].lines), ("solution.sh", COULD_NOT, ("the machine is gone",)),
    ]  # fmt: skip
    instead, _ = go(machines, route)
    assert len(instead) == 2


def test_a_reset_begins_anew_before_it_is_asked() -> None:
    qemu = load_driver("qemu")
    run = next(r for r in make_plain_runs(LAB.exercises, qemu, qemu, Random(1)) if r.cases[0].what == "reset")
    machines = MadeUp(solved)
    _, (result,) = go(machines, run)
    assert (result.good, machines.restarts) == (True, 1)
    assert machines.checked_exercises == [([e.number for e in LAB.exercises], True)]


# --- wrong solutions, each on a machine of its own


def make_negative() -> Run:
    second = LAB.exercises[1]
    return Run(State("lxc", second), (next(make_wrong(second)),))


def never(applied: list[str], e: Exercise, disruptive: bool) -> bool:
    return False


def test_a_wrong_solution_comes_after_the_earlier_exercises() -> None:
    run, machines = make_negative(), MadeUp(never)
    _, (result,) = go(machines, run)
    assert machines.machines == [[str(LAB.exercises[0].solutions[0]), str(run.steps[0].scripts[0])]]
    assert (result.good, result.outcome) == (True, "not yet")


@pytest.mark.parametrize(("times", "outcome"), [(1, "not yet"), (2, COULD_NOT)])
def test_it_has_a_second_chance(times: int, outcome: str) -> None:
    run, machines = make_negative(), MadeUp(never)
    machines.failing = {run.steps[0].scripts[0].name: times}
    _, (result,) = go(machines, run)
    assert (result.outcome, result.good) == (outcome, outcome == "not yet")


def test_a_wrong_solution_that_is_accepted_is_no_good() -> None:
    _, (result,) = go(MadeUp(lambda *_: True), make_negative())
    assert (result.outcome, result.good) == ("done", False)


@pytest.mark.parametrize(("disruptive", "outcome"), [(False, "done"), (True, "3.2 not checked")])
def test_what_was_not_to_be_disturbed_is_done(disruptive: bool, outcome: str) -> None:
    verdicts = [Verdict(3, 1, "a", "A", 1, "done"), Verdict(3, 2, "b", "B", 1, "not checked")]
    qemu = load_driver("qemu")
    case = next(r for r in make_plain_runs(LAB.exercises, qemu, qemu, Random(1)) if r.cases[0].what == "another order").cases[0]
    result = judge(case, verdicts, 1.0, disruptive=disruptive)
    assert (result.good, result.outcome) == (not disruptive, outcome)
