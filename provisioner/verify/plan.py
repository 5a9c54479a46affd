"""What `lab verify` is going to do, as data: machines are built to states, runs go through steps on them, states are released.

The plain plan tries each case on a machine of its own. What makes it quicker is in passes.py.
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
    """What is tried of an exercise (`3.2`), or of a lab as a whole (`3`), and what has to come out of it."""

    exercise: str
    what: str
    wanted: Literal["not yet", "done"]
    note: str = ""  # what the name does not say


@dataclass(frozen=True)
class State:
    """How a machine begins: with those before this exercise solved, and nothing else done. driver: its name."""

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
    """Scripts that are applied, and the exercises that are asked then. case: what comes out of it; None where the step only
    leads to a later one. disturbing: what must be survived is done, too. reset: the machine goes back to the lab's
    beginning before anything is asked."""

    exercise: Exercise
    asked: tuple[Exercise, ...]
    case: Case | None = None
    scripts: tuple[Path, ...] = ()
    disturbing: bool = True
    reset: bool = False


@dataclass(frozen=True)
class Run:
    """Steps on one machine. between: each step builds on those before it (`keep`), or begins where the machine began
    (`rewind`)."""

    state: State
    steps: tuple[Step, ...]
    between: Literal["keep", "rewind"] = "keep"

    @property
    def timed(self) -> bool:
        """Whether times are compared on it, which nothing beside it may disturb."""
        return any(exercise.entry.timed for step in self.steps for exercise in step.asked)

    @property
    def cases(self) -> list[Case]:
        return [step.case for step in self.steps if step.case]


@dataclass(frozen=True)
class Build:
    """A machine of this state is prepared and stored."""

    state: State


@dataclass(frozen=True)
class Release:
    """What was stored for a lab on one driver's machines, and for nothing else, is removed."""

    driver: str
    lab: Lab


Task = Build | Run | Release
Scripts = Mapping[Exercise, Sequence[tuple[Path, str]]]
Plan = tuple[Task, ...]


def plain(chosen: Sequence[Exercise], driver: Driver, embedded: Driver, draw: Random) -> list[Run]:
    """Each case on a machine of its own: of the driver, or of the embedded one where a lab is about the machine's own kernel.
    Of a whole lab, also a reset, and its solutions in another order."""
    runs = []
    for stretch in stretches(chosen):
        lab = stretch[0].lab
        name = (driver if has_kernel(lab, driver) else embedded).info.name
        if tuple(stretch) == lab.exercises:
            runs += [Run(State(name, stretch[0]), (step,)) for step in (reset(lab), order(lab, draw)) if step]
        for exercise in stretch:
            steps = (beginning(exercise), *solutions(exercise), *wrong(exercise))
            runs += [Run(State(name, exercise), (step,)) for step in steps]
    return runs


def narrowed(chosen: Sequence[Exercise], driver: Driver, embedded: Driver, scripts: Scripts) -> list[Run]:
    """Scripts that nobody wrote (adversary.py), each on a machine of its own. scripts: with what each is."""
    runs = []
    for exercise in chosen:
        name = (driver if has_kernel(exercise.lab, driver) else embedded).info.name
        for script, note in scripts[exercise]:
            case = Case(_name(exercise), f"wrong/{script.stem}", "not yet", note)
            runs.append(Run(State(name, exercise), (Step(exercise, (exercise,), case, (script,)),)))
    return runs


def stretches(chosen: Sequence[Exercise]) -> list[list[Exercise]]:
    """Exercises of one lab that follow each other."""
    key = lambda at: (at[1].lab.number, at[1].number - at[0])  # noqa: E731
    return [[exercise for _, exercise in run] for _, run in groupby(enumerate(chosen), key)]


def beginning(exercise: Exercise) -> Step:
    """That it is not done before it is begun: with the ones before it solved; in the lab's beginning, no exercise is."""
    asked = exercise.lab.exercises if exercise.number == 1 else (exercise,)
    return Step(exercise, asked, Case(_name(exercise), "nothing done", "not yet"))


def solutions(exercise: Exercise) -> Iterator[Step]:
    """What does it. Those before it are still done then, too."""
    asked = exercise.lab.exercises[: exercise.number]
    for script in exercise.solutions:
        yield Step(exercise, asked, Case(_name(exercise), script.name, "done"), (script,))


def wrong(exercise: Exercise) -> Iterator[Step]:
    """What must not be done by it."""
    for script in exercise.wrong:
        yield Step(exercise, (exercise,), Case(_name(exercise), f"wrong/{script.name}", "not yet"), (script,))


def reset(lab: Lab) -> Step:
    """The first exercise is solved, then the machine goes back: nothing is done any more."""
    scripts = tuple(lab.exercises[0].solutions[:1])
    return Step(lab.exercises[0], lab.exercises, Case(f"{lab.number}", "reset", "not yet"), scripts, reset=True)


def order(lab: Lab, draw: Random) -> Step | None:
    """The reference solutions in an order that is not the lab's own: all of it is done. None where there is one only."""
    exercises = own = list(lab.exercises)
    if all(first.entry.id in second.entry.after for first, second in pairwise(own)):
        return None
    while exercises == own:
        exercises = shuffled(own, draw)
    note = f"in the order {' '.join(str(e.number) for e in exercises)}"
    case = Case(f"{lab.number}", "another order", "done", note)
    return Step(own[0], lab.exercises, case, tuple(e.solutions[0] for e in exercises), disturbing=False)


def shuffled(exercises: Sequence[Exercise], draw: Random) -> list[Exercise]:
    """In some order in which each comes after those that it builds on."""
    result, remaining = list[Exercise](), list(exercises)
    while remaining:
        done = {e.entry.id for e in result}
        result.append(draw.choice([e for e in remaining if done.issuperset(e.entry.after)]))
        remaining.remove(result[-1])
    return result


def cases(plan: Sequence[Task]) -> list[Case]:
    return [case for task in plan if isinstance(task, Run) for case in task.cases]


def as_lines(plan: Plan) -> list[str]:
    """For people."""
    lines = []
    for task in plan:
        match task:
            case Build(state):
                lines.append(f"build    {_state(state)}")
            case Release(driver, lab):
                lines.append(f"release  lab {lab.number} ({driver})")
            case Run(state, steps, between):
                lines.append(
                    f"run      {_state(state)}{', back to it each time' if between == 'rewind' and len(steps) > 1 else ''}"
                )
                lines += [f"           {_step(step)}" for step in steps]
    return lines


def as_data(plan: Plan) -> list[dict[str, object]]:
    """As JSON."""
    data: list[dict[str, object]] = []
    for task in plan:
        match task:
            case Build(state):
                data.append({"task": "build", "driver": state.driver, "before": _name(state.exercise)})
            case Release(driver, lab):
                data.append({"task": "release", "driver": driver, "lab": lab.number})
            case Run(state, steps, between):
                of_steps = [
                    {"exercise": _name(step.exercise), "scripts": [script.name for script in step.scripts],
                     "asked": [e.number for e in step.asked], "disturbing": step.disturbing, "reset": step.reset,
                     "case": step.case and step.case.what, "wanted": step.case and step.case.wanted,
                     "note": step.case and step.case.note}
                    for step in steps
                ]  # fmt: skip
                data.append({"task": "run", "driver": state.driver, "before": _name(state.exercise), "timed": task.timed,
                             "between": between, "steps": of_steps})  # fmt: skip
    return data


def _state(state: State) -> str:
    return f"before {_name(state.exercise)} ({state.driver})"


def _step(step: Step) -> str:
    if not (case := step.case):
        scripts = " ".join(script.name for script in step.scripts) or "nothing"
        return f"{_name(step.exercise):<5} {scripts}, which leads on"
    note = f" ({case.note})" if case.note else ""
    return f"{_name(step.exercise):<5} {case.what}{note}: {case.wanted}"


def _name(exercise: Exercise) -> str:
    return f"{exercise.lab.number}.{exercise.number}"
