"""What `lab verify` tries on one machine: a script, the exercises that are asked then, and what has to come out. Right
solutions are tried on ways (way.py)."""

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


def trials(exercise: Exercise) -> Iterator[Trial]:
    """Of an exercise, on a machine where those before it are solved: what must not be done."""
    lab, name = exercise.lab, f"{exercise.lab.number}.{exercise.number}"
    # In the lab's beginning all exercises are asked; later each is, with the ones before it solved.
    begin = list(lab.exercises) if exercise.number == 1 else [exercise]
    yield Trial(Row(name, "nothing done", "not yet"), None, begin)
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
