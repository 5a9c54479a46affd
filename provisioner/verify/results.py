"""What came out of the cases of a plan, and what is told about them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.verify.plan import Case

COULD_NOT = "could not try"
EVIDENCE_LINES = 6  # of an error
# How a case's name begins, what it is, and what it means that it is good.
_KINDS = (
    ("wrong", "wrong solution", "rejected"), ("solution", "reference solution", "accepted"),
    ("nothing", "beginning", "not done"), ("reset", "lab", "reset"), ("another", "lab", "done in another order"),
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One case: what was tried, what had to come out, what came out."""

    exercise: str
    what: str
    wanted: str
    outcome: str
    good: bool
    seconds: float = 0.0
    lines: tuple[str, ...] = ()


def judged(case: Case, verdicts: Sequence[Verdict], seconds: float, *, disturbing: bool = True) -> Result:
    """All exercises that were asked must agree: one that cannot tell makes no case good."""
    if not disturbing:  # done, as far as was asked
        verdicts = [replace(v, outcome="done") if v.outcome == "not checked" else v for v in verdicts]
    notes = [case.note] if case.note else []
    lines = [*notes, *(line for v in verdicts for line in (f"{v.name} {v.outcome}", *v.lines))]
    good = all(v.outcome == case.wanted for v in verdicts)
    return Result(case.exercise, case.what, case.wanted, _summary(verdicts), good, seconds, tuple(lines))


def could_not(case: Case, error: LabError, seconds: float = 0.0) -> Result:
    """Why a case could not be tried."""
    notes = [case.note] if case.note else []
    lines = (*notes, error.what, *error.evidence.splitlines()[-EVIDENCE_LINES:])
    return Result(case.exercise, case.what, case.wanted, COULD_NOT, False, seconds, lines)


def _summary(verdicts: Sequence[Verdict]) -> str:
    kinds = list(dict.fromkeys(v.outcome for v in verdicts))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{v.name} {v.outcome}" for v in verdicts if v.outcome != "done")


def in_order(results: Sequence[Result]) -> list[Result]:
    """Labs in their order, and each one's exercises; what was tried of a whole lab comes last."""

    def place(result: Result) -> tuple[int, float]:
        lab, _, number = result.exercise.partition(".")
        return int(lab), int(number) if number else inf

    return sorted(results, key=place)


def summary(results: Sequence[Result]) -> str:
    """How many of each kind are good. What is repeated counts once, and only if it was good each time."""
    tried = {(r.exercise, r.what) for r in results} - {(r.exercise, r.what) for r in results if not r.good}
    kinds = [re.split(r"[/.\- ]", what)[0] for _, what in tried]
    counted = [(kinds.count(kind), title, meaning) for kind, title, meaning in _KINDS]
    return ", ".join(f"{number} {title}{'s' * (number != 1)} {meaning}" for number, title, meaning in counted if number) + "."
