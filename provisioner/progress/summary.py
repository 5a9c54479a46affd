"""How far somebody is, told from events: done, attempts, hints, time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from provisioner.content.lab import Exercise, Lab
from provisioner.progress.event import BEGINNINGS, Event

BREAK = 15 * 60.0  # seconds between two events, of which no more count as work
_DRAWN_VALUE = re.compile(r"[0-9a-f.:]*[0-9][0-9a-f.:]*")  # addresses, ports, times: other ones at each check
BEGINNING = "begun"  # the outcome of a review's first event
DAY = 24 * 3600.0
GAPS = (3 * DAY, 10 * DAY, 30 * DAY)  # after a solution, and between reviews; equal gaps would do as well


@dataclass(frozen=True)
class ExerciseProgress:
    """Of one exercise at one seat.

    done_at: seconds since 1970, of the first check that found it done; None before that. solution_shown: after
    `lab solve`. attempts: checks by somebody that found it not done, before the first that did. hints: that were shown by then.
    seconds: of work on it until then, as far as events show that. reasons: of its last check. repeats: how many checks in a
    row, up to the last one, failed for the same reasons, whatever was drawn. review_at: when it is due again.
    """

    lab: int
    number: int
    id: str
    title: str
    points: int
    done_at: float | None = None
    solution_shown: bool = False
    attempts: int = 0
    hints: int = 0
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    repeats: int = 0
    reviews: int = 0
    review_at: float | None = None

    @property
    def name(self) -> str:
        return f"{self.lab}.{self.number}"

    @property
    def state(self) -> str:
        if self.done_at is None:
            return "tried" if self.attempts else ""
        return "shown" if self.solution_shown else "done"


@dataclass
class _Seat:
    """What is known of one seat while its events are read."""

    provided: set[str] = field(default_factory=set)  # exercises that `lab goto` has solved in this machine
    last_time: float | None = None  # the time of the event before
    review: str = ""  # the exercise that is being repeated, as long as nobody has shown how


def summarize(lab: Lab, events: Iterable[Event]) -> list[ExerciseProgress]:
    """events: of any labs, in the order in which they happened; those of one seat, if it is about one."""
    rows = {e.entry.id: _empty(e) for e in lab.exercises}
    seats: dict[str, _Seat] = {}
    for event in events:
        if event.lab != lab.slug:
            continue
        seat = seats.setdefault(event.seat, _Seat())
        if event.details.get("review"):
            _follow_review(rows, event, seat)
            continue
        if event.kind in BEGINNINGS or (event.kind == "up" and event.outcome == "started"):
            seat.provided = set(event.details.get("solved", ()))
        exercise = event.exercise if event.exercise in rows else _first_open(rows)
        if exercise and seat.last_time is not None:
            work = min(max(event.time - seat.last_time, 0.0), BREAK)
            if rows[exercise].done_at is None:
                rows[exercise] = replace(rows[exercise], seconds=rows[exercise].seconds + work)
        seat.last_time = event.time
        if event.exercise in rows:
            rows[event.exercise] = _apply(rows[event.exercise], event, seat)
    return list(rows.values())


def _empty(exercise: Exercise) -> ExerciseProgress:
    entry = exercise.entry
    return ExerciseProgress(exercise.lab.number, exercise.number, entry.id, entry.title, entry.points)


def _first_open(rows: dict[str, ExerciseProgress]) -> str:
    return next((id_ for id_, row in rows.items() if row.done_at is None), "")


def _apply(row: ExerciseProgress, event: Event, seat: _Seat) -> ExerciseProgress:
    match event.kind:
        case "hint" if row.done_at is None:
            return replace(row, hints=row.hints + 1)
        case "solve":
            seat.provided.add(row.id)
            return replace(row, solution_shown=True) if row.done_at is None else row
        case "check":
            return _check(row, event, is_provided=row.id in seat.provided)
    return row


def _follow_review(rows: dict[str, ExerciseProgress], event: Event, seat: _Seat) -> None:
    """An event in the machine of a review, in which `lab goto` has solved what comes before the exercise."""
    if event.kind == "review" and event.outcome == BEGINNING:
        seat.review = event.exercise
    elif event.kind == "solve" and event.exercise == seat.review:
        seat.review = ""
    elif event.kind == "review" and event.outcome == "done" and event.exercise == seat.review in rows:
        row, seat.review = rows[event.exercise], ""
        reviews = row.reviews + 1
        again_at = event.time + GAPS[min(reviews, len(GAPS) - 1)]
        done_at = event.time if row.done_at is None else row.done_at
        rows[row.id] = replace(row, solution_shown=False, done_at=done_at, reviews=reviews, review_at=again_at)


def _check(row: ExerciseProgress, event: Event, *, is_provided: bool) -> ExerciseProgress:
    reasons = tuple(map(str, event.details.get("reasons", ())))
    if event.outcome == "not yet" and event.details.get("watch"):  # nobody has asked
        return replace(row, reasons=reasons)
    if event.outcome == "not yet":
        repeats = row.repeats + 1 if _shape(reasons) == _shape(row.reasons) else 1
        attempts = row.attempts + (row.done_at is None)
        return replace(row, attempts=attempts, reasons=reasons, repeats=repeats)
    if event.outcome != "done":  # it says nothing about what the learner can
        return row
    row = replace(row, reasons=(), repeats=0)
    if row.done_at is not None or (is_provided and not row.solution_shown):
        return row
    return replace(row, done_at=event.time, review_at=event.time + GAPS[0])


def _shape(reasons: Sequence[str]) -> list[str]:
    return [blank_values(reason) for reason in reasons]


def blank_values(reason: str) -> str:
    """Without what was drawn, so that reasons of two checks can be compared."""
    return _DRAWN_VALUE.sub("#", reason)


def points(rows: Sequence[ExerciseProgress]) -> tuple[int, int]:
    """Those that were earned by oneself, and all."""
    return sum(r.points for r in rows if r.state == "done"), sum(r.points for r in rows)


def due(rows: Iterable[ExerciseProgress], time: float) -> list[ExerciseProgress]:
    """What is to be done once more by that time, the longest due first."""
    late = [(row.review_at, row) for row in rows if row.review_at is not None and row.review_at <= time]
    return [row for _, row in sorted(late, key=lambda pair: pair[0])]
