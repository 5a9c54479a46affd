"""What `lab verify` tries on one machine: a script, the exercises that are asked then, and what has to come out. Right
solutions are tried on ways (route.py)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path
from random import Random, SystemRandom

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict

COULD_NOT = "could not try"


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
class Case:
    """exercises: that are asked, at once or (disturbing) after what a solution must survive as well. reset: once the scripts
    have run, the machine goes back to the lab's beginning. told: what the name does not say."""

    row: Row
    scripts: Sequence[Path]
    exercises: Sequence[Exercise]
    disturbing: bool = True
    reset: bool = False
    told: Sequence[str] = ()

    def judge(self, verdicts: Sequence[Verdict]) -> None:
        """Notes what came out. All exercises that were asked must agree: one that cannot tell makes no trial good."""
        if not self.disturbing:  # done, as far as was asked
            verdicts = [replace(v, outcome="done") if v.outcome == "not checked" else v for v in verdicts]
        self.row.good = all(v.outcome == self.row.wanted for v in verdicts)
        self.row.outcome = _summary(verdicts)
        self.row.lines = [*self.told, *(line for v in verdicts for line in (f"{v.name} {v.outcome}", *v.lines))]


def beginning(exercise: Exercise) -> Case:
    """That it is not done before it is begun: with the ones before it solved; in the lab's beginning, no exercise is."""
    asked = exercise.lab.exercises if exercise.number == 1 else (exercise,)
    return Case(Row(_name(exercise), "nothing done", "not yet"), (), asked)


def wrong(exercise: Exercise) -> Iterator[Case]:
    """On a machine where those before it are solved: what must not be done by it."""
    for script in exercise.wrong:
        yield Case(Row(_name(exercise), f"wrong/{script.name}", "not yet"), (script,), [exercise])


def _name(exercise: Exercise) -> str:
    return f"{exercise.lab.number}.{exercise.number}"


def reset(lab: Lab) -> Case:
    """The first exercise is solved, then the machine goes back: nothing is done any more."""
    row = Row(f"{lab.number}", "reset", "not yet")
    return Case(row, lab.exercises[0].solutions[:1], lab.exercises, reset=True)


def order(lab: Lab, draw: Random) -> Case | None:
    """The reference solutions in an order that is not the lab's own: all of it is done. None where there is one only."""
    exercises = own = list(lab.exercises)
    if all(before.entry.id in e.entry.after for before, e in pairwise(own)):
        return None
    while exercises == own:
        exercises = shuffled(own, draw)
    row = Row(f"{lab.number}", "another order", "done")
    told = f"in the order {' '.join(str(e.number) for e in exercises)}"
    return Case(row, [e.solutions[0] for e in exercises], lab.exercises, disturbing=False, told=(told,))


def shuffled(exercises: Sequence[Exercise], draw: Random) -> list[Exercise]:
    """In some order in which each comes after those that it builds on."""
    found, left = list[Exercise](), list(exercises)
    while left:
        done = {e.entry.id for e in found}
        found.append(draw.choice([e for e in left if done.issuperset(e.entry.after)]))
        left.remove(found[-1])
    return found


def of_all(exercises: Sequence[Exercise]) -> list[Case]:
    """What is tried of a lab as a whole, if these are all of its exercises."""
    lab = exercises[0].lab
    if tuple(exercises) != lab.exercises:
        return []
    return [trial for trial in (reset(lab), order(lab, SystemRandom())) if trial]


def runs(chosen: Sequence[Exercise]) -> list[list[Exercise]]:
    """Exercises of one lab that follow each other."""
    return [[e for _, e in run] for _, run in groupby(enumerate(chosen), lambda at: (at[1].lab.number, at[1].number - at[0]))]


def planned(chosen: Sequence[Exercise]) -> int:
    """How many trials that is."""
    each = sum(len(e.solutions) + len(e.wrong) + 1 for e in chosen)  # the 1: its beginning
    return each + sum(len(of_all(run)) for run in runs(chosen))


def told(error: LabError) -> list[str]:
    """Why a trial could not be tried."""
    return [error.what, *error.evidence.splitlines()[-6:]]


def _summary(verdicts: Sequence[Verdict]) -> str:
    kinds = list(dict.fromkeys(v.outcome for v in verdicts))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{v.name} {v.outcome}" for v in verdicts if v.outcome != "done")
