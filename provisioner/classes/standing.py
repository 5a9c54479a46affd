"""Where each learner of a class is, told from the events of their seats."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
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

    exercise: the first that is not done; None when all are. since: seconds since 1970 of when work on that began. last: of the
    last event; None before the first one.
    """

    learner: Learner
    seat: str
    lab: int
    rows: tuple[ExerciseProgress, ...]
    exercise: ExerciseProgress | None
    since: float | None
    last: float | None

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
        tries = f", {self.exercise.attempts} attempt{'s' * (self.exercise.attempts != 1)}" if self.exercise.attempts else ""
        return f"at {self.exercise.name}{tries}{', stuck' if self.is_stuck else ''}"

    def as_dict(self) -> dict[str, Any]:
        row = self.exercise
        return {
            "learner": self.learner.name, "slug": self.learner.slug, "seat": self.seat, "lab": self.lab,
            "done": self.done, "total": self.total, "points": self.points, "stuck": self.is_stuck, "since": self.since,
            "idle": None if self.last is None else max(0.0, round(time.time() - self.last)),
            "exercise": row.name if row else None, "attempts": row.attempts if row else 0,
            "hints": row.hints if row else 0, "reasons": list(row.reasons) if row else [],
            "exercises": [{"name": r.name, "state": r.state, "attempts": r.attempts, "hints": r.hints,
                           "seconds": round(r.seconds)} for r in self.rows],
        }  # fmt: skip


class Standings:
    """Of a whole class, kept up to date: each update reads the events that are new, and counts anew for whom there are some."""

    def __init__(self, course: Course, lab_number: int) -> None:
        self.course, self.lab = course, load(labs_folders(), str(lab_number))
        self._store = Store(Home.find().events)
        self._last_id, self._lock = 0, threading.Lock()
        self._events: dict[str, list[Event]] = {course.seat_name(x): [] for x in course.learners}
        self._standings = {name: self._count(x, []) for name, x in self._seats().items()}

    def update(self) -> bool:
        """Whether there was something new."""
        with self._lock:
            return self._update()

    def _update(self) -> bool:
        numbered_events = self._store.events_after(self._last_id, self.lab.slug)
        self._last_id = max((number for number, _ in numbered_events), default=self._last_id)
        names = {event.seat for _, event in numbered_events} & self._events.keys()
        for _, event in numbered_events:
            if event.seat in names:
                self._events[event.seat].append(event)
        seats = self._seats()
        for name in names:
            self._standings[name] = self._count(seats[name], self._events[name])
        return bool(names)

    def events(self) -> list[Event]:
        """Of all learners, seat by seat."""
        return [event for events in self._events.values() for event in events]

    def rows(self) -> list[Standing]:
        """In the order of the roster."""
        return list(self._standings.values())

    def medians(self) -> dict[str, float | None]:
        """Seconds of work until an exercise was done, of those who have done it by themselves."""
        times: dict[str, list[float]] = {f"{self.lab.number}.{e.number}": [] for e in self.lab.exercises}
        for standing in self._standings.values():
            for row in standing.rows:
                if row.state == "done":
                    times[row.name].append(row.seconds)
        return {name: median(values) if values else None for name, values in times.items()}

    def _seats(self) -> dict[str, Learner]:
        return {self.course.seat_name(learner): learner for learner in self.course.learners}

    def _count(self, learner: Learner, events: Sequence[Event]) -> Standing:
        rows = tuple(summarize(self.lab, events))
        current = next((row for row in rows if row.done_at is None), None)
        last_done = max((row.done_at for row in rows if row.done_at is not None), default=None)
        since = last_done if last_done is not None else events[0].time if events else None
        last, name = events[-1].time if events else None, self.course.seat_name(learner)
        return Standing(learner, name, self.lab.number, rows, current, since if current else None, last)


def ask_states(course: Course, lab: Lab) -> Mapping[str, str]:
    """Of the machines, by seat: missing, starting, running, stopped or broken. Asks each back end, so it takes a while."""
    return {course.seat_name(x): _ask_state(course.seat(lab.number, x)) for x in course.learners}


def _ask_state(seat: Seat) -> str:
    try:
        record, machine = seat.read(), attach(seat)
        if record is None or machine is None:
            return "missing"
        return "starting" if record.phase != "ready" else machine.status().state
    except LabError:
        return "broken"
