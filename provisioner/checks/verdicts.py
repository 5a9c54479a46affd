"""Reduces what happened while the checks ran to one verdict per exercise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from provisioner.checks.disturbances import NOW
from provisioner.content.lab import Exercise
from provisioner.core.errors import LabError
from provisioner.core.outcome import CannotTell, NotYet, Outcome, Verdict

Kind = Literal["passed", "not yet", "cannot tell", "not disturbed", "ended"]
EVIDENCE_LINES = 3  # of an error
ASSERTION_LINES = 5


@dataclass(frozen=True)
class Event:
    """One test of an exercise, in one moment. kind: `not disturbed`, it was not asked again, because nothing might be
    disturbed; `ended`, it took so many seconds."""

    exercise: int
    moment: str
    kind: Kind
    lines: tuple[str, ...] = ()
    seconds: float = 0.0


def of_error(exercise: int, moment: str, error: BaseException) -> Event:
    """What a test's failure says about the exercise, and what only about the check or the machine."""
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
    """One verdict per exercise, in their order. Of two bad outcomes the graver one counts: that it cannot be told."""
    recorded = list(events)
    return [_verdict(exercise, [e for e in recorded if e.exercise == exercise.number]) for exercise in exercises]


def _verdict(exercise: Exercise, events: Sequence[Event]) -> Verdict:
    seconds = sum(event.seconds for event in events)
    nothing: Judged = ("not checked", ()) if events else ("cannot tell", ("its check asked nothing",))
    outcome, lines = reduce(_after, events, nothing)
    entry = exercise.entry
    return Verdict(exercise.lab.number, exercise.number, entry.id, entry.title, entry.points, outcome, lines, seconds)


Judged = tuple[Outcome, tuple[str, ...]]


def _after(judged: Judged, event: Event) -> Judged:
    """The outcome and its lines, after one more event."""
    outcome, lines = judged
    moment = () if event.moment == NOW else (f"after a {event.moment}:",)
    match event.kind:
        case "passed":
            return ("done", lines) if outcome == "not checked" else judged
        case "not disturbed":
            unchecked = (f"done now; whether it survives a {event.moment} was not checked",)
            return ("not checked", unchecked) if outcome == "done" else judged
        case "not yet" | "cannot tell":
            graver: Outcome = "cannot tell" if outcome == "cannot tell" else event.kind
            return graver, (*lines, *moment, *event.lines)
    return judged
