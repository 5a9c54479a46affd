"""Reduces the events of a run of checks to one verdict per exercise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from provisioner.checks.disturbances import BASELINE
from provisioner.content.lab import Exercise
from provisioner.core.errors import LabError
from provisioner.core.outcome import CannotTell, NotYet, Outcome, Verdict

Kind = Literal["passed", "not yet", "cannot tell", "not disturbed", "ended"]
EVIDENCE_LINES = 3  # of an error
ASSERTION_LINES = 5


@dataclass(frozen=True)
class Event:
    """One test of an exercise, in one moment. kind: `not disturbed`: not run again, because nothing may be disturbed; `ended`:
    with its duration."""

    exercise: int
    moment: str
    kind: Kind
    lines: tuple[str, ...] = ()
    seconds: float = 0.0


def classify_error(exercise: int, moment: str, error: BaseException) -> Event:
    """Separates failures of the exercise ("not yet") from those of the check or the machine ("cannot tell")."""
    match error:
        case NotYet():
            return Event(exercise, moment, "not yet", tuple(error.lines))
        case CannotTell():
            return Event(exercise, moment, "cannot tell", tuple(str(error).splitlines()))
        case LabError():
            return Event(exercise, moment, "cannot tell", (error.what, *error.evidence.splitlines()[-EVIDENCE_LINES:]))
        case AssertionError():
            reason = str(error) or "an assertion of the check does not hold"
            return Event(exercise, moment, "not yet", tuple(reason.splitlines()[:ASSERTION_LINES]))
    return Event(exercise, moment, "cannot tell", (f"the check itself failed: {type(error).__name__}: {error}",))


def verdicts(exercises: Sequence[Exercise], events: Iterable[Event]) -> list[Verdict]:
    """One verdict per exercise, in their order. Of two bad outcomes, "cannot tell" counts."""
    all_events = list(events)
    return [_decide(exercise, [e for e in all_events if e.exercise == exercise.number]) for exercise in exercises]


def _decide(exercise: Exercise, events: Sequence[Event]) -> Verdict:
    seconds = sum(event.seconds for event in events)
    start: Judgement = ("not checked", ()) if events else ("cannot tell", ("its check asked nothing",))
    outcome, lines = reduce(_add_event, events, start)
    entry = exercise.entry
    return Verdict(exercise.lab.number, exercise.number, entry.id, entry.title, entry.points, outcome, lines, seconds)


Judgement = tuple[Outcome, tuple[str, ...]]


def _add_event(judgement: Judgement, event: Event) -> Judgement:
    """Adds one event to an outcome and its lines."""
    outcome, lines = judgement
    moment = () if event.moment == BASELINE else (f"after a {event.moment}:",)
    match event.kind:
        case "passed":
            return ("done", lines) if outcome == "not checked" else judgement
        case "not disturbed":
            reason = (f"done now; whether it survives a {event.moment} was not checked",)
            return ("not checked", reason) if outcome == "done" else judgement
        case "not yet" | "cannot tell":
            worse: Outcome = "cannot tell" if outcome == "cannot tell" else event.kind
            return worse, (*lines, *moment, *event.lines)
    return judgement
