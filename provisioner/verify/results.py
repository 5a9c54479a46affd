"""Results of the cases of a plan, and their summary."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.verify.plan import Case

COULD_NOT = "could not try"
EVIDENCE_LINES = 6  # of an error
# The first word of a case's name, its title, and what success means.
_KINDS = (
    ("wrong", "wrong solution", "rejected"), ("solution", "reference solution", "accepted"),
    ("nothing", "beginning", "not done"), ("reset", "lab", "reset"), ("another", "lab", "done in another order"),
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The result of a case: required and actual outcome."""

    exercise: str
    what: str
    wanted: str
    outcome: str
    good: bool
    seconds: float = 0.0
    lines: tuple[str, ...] = ()


def judge(case: Case, verdicts: Sequence[Verdict], seconds: float, *, disruptive: bool = True) -> Result:
    """Compares verdicts with the required outcome, which all of them must have."""
    if not disruptive:  # done, as far as it was checked
        verdicts = [replace(v, outcome="done") if v.outcome == "not checked" else v for v in verdicts]
    notes = [case.note] if case.note else []
    lines = [*notes, *(line for v in verdicts for line in (f"{v.name} {v.outcome}", *v.lines))]
    good = all(v.outcome == case.wanted for v in verdicts)
    return Result(case.exercise, case.what, case.wanted, _summary(verdicts), good, seconds, tuple(lines))


def make_failure(case: Case, error: LabError, seconds: float = 0.0) -> Result:
    """The result of a case that could not be tried, with the reason."""
    notes = [case.note] if case.note else []
    lines = (*notes, error.what, *error.evidence.splitlines()[-EVIDENCE_LINES:])
    return Result(case.exercise, case.what, case.wanted, COULD_NOT, False, seconds, lines)


def _summary(verdicts: Sequence[Verdict]) -> str:
    kinds = list(dict.fromkeys(v.outcome for v in verdicts))
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{v.name} {v.outcome}" for v in verdicts if v.outcome != "done")


def sort_results(results: Sequence[Result]) -> list[Result]:
    """Sorts by lab and exercise; cases of a whole lab come after its exercises."""

    def place(result: Result) -> tuple[int, float]:
        lab, _, number = result.exercise.partition(".")
        return int(lab), int(number) if number else inf

    return sorted(results, key=place)


def summarize(results: Sequence[Result]) -> str:
    """Counts the successful cases of each kind. A repeated case counts once, if it always succeeded."""
    good_cases = {(r.exercise, r.what) for r in results} - {(r.exercise, r.what) for r in results if not r.good}
    kinds = [re.split(r"[/.\- ]", what)[0] for _, what in good_cases]
    counts = [(kinds.count(kind), title, meaning) for kind, title, meaning in _KINDS]
    return ", ".join(f"{number} {title}{'s' * (number != 1)} {meaning}" for number, title, meaning in counts if number) + "."
