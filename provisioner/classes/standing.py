"""Where each learner of a class is, told from the events of their seats."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.classes.course import Course
from provisioner.classes.roster import Learner
from provisioner.content.lab import Lab, load
from provisioner.core.errors import LabError
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.registry import attach
from provisioner.progress.event import Event
from provisioner.progress.store import Store
from provisioner.progress.summary import ExerciseProgress, points, summarize
from provisioner.seats.seat import Seat

_STUCK_AFTER = 3  # attempts for the same reason


@dataclass(frozen=True)
class Standing:
    """Of one learner in one lab.

    state: of the seat: missing, starting, running, stopped, broken. exercise: the first that is not done; None when all are.
    since: seconds since 1970 of when work on that began. idle: seconds since the last event, None before the first one.
    """

    learner: Learner
    seat: str
    lab: int
    state: str
    rows: tuple[ExerciseProgress, ...]
    exercise: ExerciseProgress | None
    since: float | None
    idle: float | None

    @property
    def done(self) -> int:
        return sum(row.done_at is not None for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def points(self) -> int:
        return points(self.rows)[0]

    @property
    def is_stuck(self) -> bool:
        return self.exercise is not None and self.exercise.repeats >= _STUCK_AFTER

    @property
    def place(self) -> str:
        """In words: the exercise, and what came of it."""
        if self.exercise is None:
            return "all done"
        tried = f", {self.exercise.attempts} attempt{'s' * (self.exercise.attempts != 1)}" if self.exercise.attempts else ""
        return f"at {self.exercise.name}{tried}{', stuck' if self.is_stuck else ''}"

    def as_dict(self) -> dict[str, Any]:
        row = self.exercise
        return {
            "learner": self.learner.name, "slug": self.learner.slug, "seat": self.seat, "lab": self.lab, "state": self.state,
            "done": self.done, "total": self.total, "points": self.points, "stuck": self.is_stuck, "since": self.since,
            "idle": self.idle, "exercise": row.name if row else None, "attempts": row.attempts if row else 0,
            "hints": row.hints if row else 0, "reasons": list(row.reasons) if row else [],
            "exercises": [{"name": r.name, "state": r.state, "attempts": r.attempts, "hints": r.hints,
                           "seconds": round(r.seconds)} for r in self.rows],
        }  # fmt: skip


def standings(course: Course, lab_number: int, states: Mapping[str, str] | None = None) -> list[Standing]:
    """In the order of the roster. states: of the machines, by seat; without it they are asked, which takes a while."""
    lab = load(labs_folders(), str(lab_number))
    events = by_seat(Store(Home.find().events).events(lab.slug))
    return [
        _standing(course, lab, learner, events[course.seat_name(learner)], states) for learner in course.learners
    ]  # fmt: skip


def by_seat(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Those of each seat, in their order."""
    groups = defaultdict[str, list[Event]](list)
    for event in events:
        groups[event.seat].append(event)
    return groups


def _standing(
    course: Course, lab: Lab, learner: Learner, events: Sequence[Event], states: Mapping[str, str] | None
) -> Standing:  # fmt: skip
    name, seat = course.seat_name(learner), course.seat(lab.number, learner)
    rows = tuple(summarize(lab, events))
    current = next((row for row in rows if row.done_at is None), None)
    last_done = max((row.done_at for row in rows if row.done_at is not None), default=None)
    since = last_done if last_done is not None else events[0].time if events else None
    idle = max(0.0, time.time() - events[-1].time) if events else None
    state = states.get(name, "missing") if states is not None else _ask_state(seat)
    return Standing(learner, name, lab.number, state, rows, current, since if current else None, idle)


def _ask_state(seat: Seat) -> str:
    try:
        record, machine = seat.read(), attach(seat)
        if record is None or machine is None:
            return "missing"
        return "starting" if record.phase != "ready" else machine.status().state
    except LabError:
        return "broken"
