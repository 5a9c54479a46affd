"""The store of events: one SQLite file in the state folder, to which every command appends."""

import json
from collections.abc import Iterable
from pathlib import Path

from provisioner.core.database import Database
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.progress.event import KINDS, Event

_MOST = 1 << 16  # bytes of an event's details
_MIGRATIONS = (
    """
    CREATE TABLE event (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, seat TEXT NOT NULL, lab TEXT NOT NULL, lab_version TEXT NOT NULL,
        exercise TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL, seconds REAL NOT NULL, details TEXT NOT NULL
    );
    CREATE INDEX event_of_lab ON event (lab, seat);
    """,
)
_COLUMNS = "time, seat, lab, lab_version, exercise, kind, outcome, seconds, details"


class Store:
    """The events of a home. Raises LabError where the file cannot be used, and NewerVersion."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._database = Database(file, "what you have done and learnt", _MIGRATIONS)

    def append(self, events: Iterable[Event]) -> None:
        """All of them or none."""
        rows = [
            (e.time, e.seat, e.lab, e.lab_version, e.exercise, e.kind, e.outcome, e.seconds, _dump(e.details)) for e in events
        ]
        with self._database.write() as connection:
            connection.executemany(f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608

    def events(self, lab: str = "", seat: str | None = None) -> list[Event]:
        """In the order in which they were written; of one lab and one seat, if these are named."""
        if not self.file.exists():
            return []
        with self._database.connect() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM event WHERE (? = '' OR lab = ?) AND (? IS NULL OR seat = ?) ORDER BY id",  # noqa: S608
                (lab, lab, seat, seat),
            )
            return [_event(row) for row in rows if row[5] in KINDS]

    def events_after(self, number: int, lab: str) -> list[tuple[int, Event]]:
        """Of one lab, those that were written after the event with that number; each with its own."""
        if not self.file.exists():
            return []
        query = f"SELECT {_COLUMNS}, id FROM event WHERE id > ? AND lab = ? ORDER BY id"  # noqa: S608
        with self._database.connect() as connection:
            rows = connection.execute(query, (number, lab))
            return [(row[-1], _event(row[:-1])) for row in rows if row[5] in KINDS]

    def forget(self, lab: str = "", seat: str | None = None) -> int:
        """Removes the events of one lab, or of all; of one seat, or of all. Returns how many there were."""
        if not self.file.exists():
            return 0
        with self._database.write() as connection:
            condition = "(? = '' OR lab = ?) AND (? IS NULL OR seat = ?)"
            return connection.execute(f"DELETE FROM event WHERE {condition}", (lab, lab, seat, seat)).rowcount  # noqa: S608


def _dump(details: dict[str, object]) -> str:
    text = json.dumps(details)
    return text if len(text) <= _MOST else json.dumps({"omitted": f"more than {_MOST >> 10} KiB"})


def _event(row: tuple[float, str, str, str, str, str, str, float, str]) -> Event:
    time, seat, lab, lab_version, exercise, kind, outcome, seconds, details = row
    assert kind in KINDS
    return Event(kind, lab, seat, exercise, outcome, seconds, json.loads(details), lab_version, time)


def record(*events: Event) -> None:
    """Appends to this user's store. A command does not fail because of it: what could not be written is told."""
    try:
        Store(Home.find().events).append(events)
    except (LabError, OSError) as error:
        say(f"! not recorded in your progress: {error}")


def read_events(lab: str, seat: str) -> list[Event]:
    """What this user's store has of a lab and a seat; nothing where it cannot be read, which is told."""
    try:
        return Store(Home.find().events).events(lab, seat)
    except (LabError, OSError) as error:
        say(f"! your progress cannot be read: {error}")
        return []
