"""What `lab verify` tries on one machine, and what has to come out.

A trial is a script, and the exercises that are asked then. A way leads through a whole lab: a right solution of each
exercise, one after the other, as learners go; what they must survive comes once, at its end. There are as many ways as an
exercise of the lab has right solutions, and each solution lies on one of them at least.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .checks.verdicts import Verdict
from .lab import Exercise, Lab

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
class Trial:
    """exercises: that are asked. reset: once the script has run, the machine goes back to the lab's beginning."""

    row: Row
    script: Path | None
    exercises: Sequence[Exercise]
    reset: bool = False

    def judge(self, verdicts: Sequence[Verdict]) -> None:
        """Notes what came out. All exercises that were asked must agree: one that cannot tell makes no trial good."""
        self.row.good = all(v.outcome == self.row.wanted for v in verdicts)
        self.row.outcome = _summary(verdicts)
        self.row.lines = [line for v in verdicts for line in (f"{v.name} {v.outcome}", *v.lines)]


@dataclass(frozen=True)
class Step:
    """On a way: one exercise's script, and what came out for this exercise."""

    row: Row
    script: Path
    exercise: Exercise


def ways(lab: Lab) -> list[list[Step]]:
    """Through a lab, each with all its exercises. Where an exercise has fewer solutions than another, they come again."""
    return [
        [
            Step(Row(f"{lab.number}.{e.number}", f"way {number + 1}: {script.name}", "done"), script, e)
            for e in lab.exercises
            for script in [e.solutions[number % len(e.solutions)]]
        ]
        for number in range(max(len(e.solutions) for e in lab.exercises))
    ]  # fmt: skip


def judge_way(steps: Sequence[Step], verdicts: Sequence[Verdict]) -> None:
    """Notes what came out at the end, for all exercises of the way."""
    for step, verdict in zip(steps, verdicts, strict=True):
        step.row.outcome, step.row.good = verdict.outcome, verdict.outcome == step.row.wanted
        step.row.lines = [f"{verdict.name} {verdict.outcome}, with all others solved", *verdict.lines]


def end_way(steps: Sequence[Step], failed: Step, verdict: Verdict) -> None:
    """Notes that a solution was not done when it had just been applied: nothing is known of the others."""
    for step in steps:
        step.row.outcome, step.row.lines = "not tried", [f"the way ended at {failed.exercise.number}, {failed.script.name}"]
    failed.row.outcome, failed.row.lines = verdict.outcome, verdict.lines


def trials(exercise: Exercise, *, on_ways: bool) -> Iterator[Trial]:
    """Of an exercise, on a machine where those before it are solved. on_ways: its right solutions are tried elsewhere."""
    lab, name = exercise.lab, f"{exercise.lab.number}.{exercise.number}"
    # In the lab's beginning all exercises are asked; later each is, with the ones before it solved.
    begin = list(lab.exercises) if exercise.number == 1 else [exercise]
    yield Trial(Row(name, "nothing done", "not yet"), None, begin)
    for script in () if on_ways else exercise.solutions:
        yield Trial(Row(name, script.name, "done"), script, lab.exercises[: exercise.number])
    for script in exercise.wrong:
        yield Trial(Row(name, f"wrong/{script.name}", "not yet"), script, [exercise])


def reset(lab: Lab) -> Trial:
    """The first exercise is solved, then the machine goes back: nothing is done any more."""
    return Trial(Row(f"{lab.number}", "reset", "not yet"), lab.exercises[0].solutions[0], lab.exercises, reset=True)


def _summary(verdicts: Sequence[Verdict]) -> str:
    kinds = list(dict.fromkeys(v.outcome for v in verdicts))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{v.name} {v.outcome}" for v in verdicts if v.outcome != "done")
