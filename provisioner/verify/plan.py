"""The plan of `lab verify`, as data: builds of states, runs of steps on their machines, releases of states.

The plain plan has one machine per case; passes.py optimizes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Literal

from provisioner.content.lab import Exercise, Lab
from provisioner.drivers.base import Driver
from provisioner.provision.prerequisites import has_kernel


@dataclass(frozen=True)
class Case:
    """A test of an exercise (`3.2`) or of a whole lab (`3`), and the required outcome."""

    exercise: str
    what: str
    wanted: Literal["not yet", "done"]
    note: str = ""  # a detail that the name lacks


@dataclass(frozen=True)
class State:
    """The initial state of a machine: the exercises before this one are solved. driver: its name."""

    driver: str
    exercise: Exercise

    @property
    def lab(self) -> Lab:
        return self.exercise.lab

    @property
    def solved(self) -> tuple[Exercise, ...]:
        return self.lab.exercises[: self.exercise.number - 1]


@dataclass(frozen=True)
class Step:
    """Scripts to apply, and the exercises to check then. case: what the result belongs to; None if the step only prepares a
    later one. disruptive: the machine is disturbed, too. reset: the machine is reset to the lab's initial state before the
    checks."""

    exercise: Exercise
    checked_exercises: tuple[Exercise, ...]
    case: Case | None = None
    scripts: tuple[Path, ...] = ()
    disruptive: bool = True
    reset: bool = False


@dataclass(frozen=True)
class Run:
    """Steps on one machine, each of which builds on those before it."""

    state: State
    steps: tuple[Step, ...]

    @property
    def timed(self) -> bool:
        """Whether its checks measure durations, so that nothing else may run at the same time."""
        return any(exercise.entry.timed for step in self.steps for exercise in step.checked_exercises)

    @property
    def cases(self) -> list[Case]:
        return [step.case for step in self.steps if step.case]


@dataclass(frozen=True)
class Build:
    """Prepares and stores a machine in this state."""

    state: State


@dataclass(frozen=True)
class Release:
    """Removes what was stored only for a lab with one driver."""

    driver: str
    lab: Lab


Task = Build | Run | Release
Scripts = Mapping[Exercise, Sequence[tuple[Path, str]]]
Plan = tuple[Task, ...]


def make_plain_runs(exercises: Sequence[Exercise], driver: Driver, embedded: Driver, draw: Random) -> list[Run]:
    """One run per case, with the driver, or with the embedded one if the lab needs its own kernel. Whole labs also have a
    reset, and their solutions in another order."""
    runs = []
    for stretch in group_stretches(exercises):
        lab = stretch[0].lab
        name = (driver if has_kernel(lab, driver) else embedded).info.name
        if tuple(stretch) == lab.exercises:
            runs += [Run(State(name, stretch[0]), (step,)) for step in (make_reset(lab), make_order(lab, draw)) if step]
        for exercise in stretch:
            steps = (make_beginning(exercise), *make_solutions(exercise), *make_wrong(exercise))
            runs += [Run(State(name, exercise), (step,)) for step in steps]
    return runs


def make_narrowed_runs(exercises: Sequence[Exercise], driver: Driver, embedded: Driver, scripts: Scripts) -> list[Run]:
    """A run for each script of the adversary (adversary.py), which must be rejected."""
    runs = []
    for exercise in exercises:
        name = (driver if has_kernel(exercise.lab, driver) else embedded).info.name
        for script, note in scripts[exercise]:
            case = Case(_format_name(exercise), f"wrong/{script.stem}", "not yet", note)
            runs.append(Run(State(name, exercise), (Step(exercise, (exercise,), case, (script,)),)))
    return runs


def group_stretches(exercises: Sequence[Exercise]) -> list[list[Exercise]]:
    """Groups successive exercises of one lab."""
    key = lambda entry: (entry[1].lab.number, entry[1].number - entry[0])  # noqa: E731
    return [[exercise for _, exercise in run] for _, run in groupby(enumerate(exercises), key)]


def make_beginning(exercise: Exercise) -> Step:
    """Before its solution an exercise must not be done; in the initial state of a lab, none may be."""
    checked_exercises = exercise.lab.exercises if exercise.number == 1 else (exercise,)
    return Step(exercise, checked_exercises, Case(_format_name(exercise), "nothing done", "not yet"))


def make_solutions(exercise: Exercise) -> Iterator[Step]:
    """Each right solution must be accepted, and the exercises before it must still be done."""
    checked_exercises = exercise.lab.exercises[: exercise.number]
    for script in exercise.solutions:
        yield Step(exercise, checked_exercises, Case(_format_name(exercise), script.name, "done"), (script,))


def make_wrong(exercise: Exercise) -> Iterator[Step]:
    """Each wrong solution must be rejected."""
    for script in exercise.wrong:
        yield Step(exercise, (exercise,), Case(_format_name(exercise), f"wrong/{script.name}", "not yet"), (script,))


def make_reset(lab: Lab) -> Step:
    """After the first exercise is solved and the machine reset, nothing may be done."""
    scripts = tuple(lab.exercises[0].solutions[:1])
    return Step(lab.exercises[0], lab.exercises, Case(f"{lab.number}", "reset", "not yet"), scripts, reset=True)


def make_order(lab: Lab, draw: Random) -> Step | None:
    """The reference solutions in another order than the lab's must be accepted. None if there is only one order."""
    shuffled_exercises = original = list(lab.exercises)
    if all(first.entry.id in second.entry.after for first, second in pairwise(original)):
        return None
    while shuffled_exercises == original:
        shuffled_exercises = shuffle(original, draw)
    note = f"in the order {' '.join(str(e.number) for e in shuffled_exercises)}"
    case = Case(f"{lab.number}", "another order", "done", note)
    return Step(original[0], lab.exercises, case, tuple(e.solutions[0] for e in shuffled_exercises), disruptive=False)


def shuffle(exercises: Sequence[Exercise], draw: Random) -> list[Exercise]:
    """A random order in which each exercise comes after those that it builds on."""
    result, open_exercises = list[Exercise](), list(exercises)
    while open_exercises:
        solved_ids = {e.entry.id for e in result}
        result.append(draw.choice([e for e in open_exercises if solved_ids.issuperset(e.entry.after)]))
        open_exercises.remove(result[-1])
    return result


def list_cases(plan: Sequence[Task]) -> list[Case]:
    return [case for task in plan if isinstance(task, Run) for case in task.cases]


def as_lines(plan: Plan) -> list[str]:
    """The plan as text."""
    lines = []
    for task in plan:
        match task:
            case Build(state):
                lines.append(f"build    {_format_state(state)}")
            case Release(driver, lab):
                lines.append(f"release  lab {lab.number} ({driver})")
            case Run(state, steps):
                lines.append(f"run      {_format_state(state)}")
                lines += [f"           {_format_step(step)}" for step in steps]
    return lines


def as_data(plan: Plan) -> list[dict[str, object]]:
    """The plan as JSON."""
    data: list[dict[str, object]] = []
    for task in plan:
        match task:
            case Build(state):
                data.append({"task": "build", "driver": state.driver, "before": _format_name(state.exercise)})
            case Release(driver, lab):
                data.append({"task": "release", "driver": driver, "lab": lab.number})
            case Run(state, steps):
                step_data = [
                    {"exercise": _format_name(step.exercise), "scripts": [script.name for script in step.scripts],
                     "asked": [e.number for e in step.checked_exercises], "disturbing": step.disruptive, "reset": step.reset,
                     "case": step.case and step.case.what, "wanted": step.case and step.case.wanted,
                     "note": step.case and step.case.note}
                    for step in steps
                ]  # fmt: skip
                data.append({"task": "run", "driver": state.driver, "before": _format_name(state.exercise), "timed": task.timed,
                             "steps": step_data})  # fmt: skip
    return data


def _format_state(state: State) -> str:
    return f"before {_format_name(state.exercise)} ({state.driver})"


def _format_step(step: Step) -> str:
    if not (case := step.case):
        scripts = " ".join(script.name for script in step.scripts) or "nothing"
        return f"{_format_name(step.exercise):<5} {scripts}, which leads on"
    note = f" ({case.note})" if case.note else ""
    return f"{_format_name(step.exercise):<5} {case.what}{note}: {case.wanted}"


def _format_name(exercise: Exercise) -> str:
    return f"{exercise.lab.number}.{exercise.number}"
