"""The store of events: one SQLite file in the state folder, to which every command appends."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from provisioner.core.database import Database
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.progress.event import KINDS, Event

JOINED = "joined.json"  # in the state folder: the class that this computer has joined (provisioner/classes/laptop.py)
_MOST = 1 << 16  # bytes of an event's details
_MIGRATIONS = (
    """
    CREATE TABLE event (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, seat TEXT NOT NULL, lab TEXT NOT NULL, lab_version TEXT NOT NULL,
        exercise TEXT NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL, seconds REAL NOT NULL, details TEXT NOT NULL
    );
    CREATE INDEX event_of_lab ON event (lab, seat);
    """,
    # Events of other computers, which may come more than once: whose they are, and their numbers there.
    """
    ALTER TABLE event ADD COLUMN origin TEXT;
    ALTER TABLE event ADD COLUMN origin_id INTEGER;
    CREATE UNIQUE INDEX event_of_origin ON event (origin, origin_id) WHERE origin IS NOT NULL
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
        rows = [_row(event) for event in events]
        with self._database.write() as connection:
            connection.executemany(f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608

    def take(self, origin: str, events: Iterable[tuple[int, Event]]) -> int:
        """Events of another computer, with their numbers there: all of them or none, and those that are new only. How many."""
        rows = [(*_row(event), origin, number) for number, event in events]
        query = f"INSERT OR IGNORE INTO event ({_COLUMNS}, origin, origin_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        with self._database.write() as connection:
            return connection.executemany(query, rows).rowcount

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

    def last_number(self) -> int:
        """Of the event that was written last; 0 where there is none."""
        if not self.file.exists():
            return 0
        with self._database.connect() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0])

    def events_after(self, number: int, lab: str = "", most: int = -1) -> list[tuple[int, Event]]:
        """Those that were written after the event with that number, each with its own; of one lab, if it is named. most: no
        more than that, if it is not negative."""
        if not self.file.exists():
            return []
        query = f"SELECT {_COLUMNS}, id FROM event WHERE id > ? AND (? = '' OR lab = ?) ORDER BY id LIMIT ?"  # noqa: S608
        with self._database.connect() as connection:
            rows = connection.execute(query, (number, lab, lab, most))
            return [(row[-1], _event(row[:-1])) for row in rows if row[5] in KINDS]

    def forget(self, lab: str = "", seat: str | None = None) -> int:
        """Removes the events of one lab, or of all; of one seat, or of all. Returns how many there were."""
        if not self.file.exists():
            return 0
        with self._database.write() as connection:
            condition = "(? = '' OR lab = ?) AND (? IS NULL OR seat = ?)"
            return connection.execute(f"DELETE FROM event WHERE {condition}", (lab, lab, seat, seat)).rowcount  # noqa: S608


def _row(e: Event) -> tuple[float, str, str, str, str, str, str, float, str]:
    return e.time, e.seat, e.lab, e.lab_version, e.exercise, e.kind, e.outcome, e.seconds, _dump(e.details)


def _dump(details: dict[str, object]) -> str:
    text = json.dumps(details)
    return text if len(text) <= _MOST else json.dumps({"omitted": f"more than {_MOST >> 10} KiB"})


def _event(row: tuple[float, str, str, str, str, str, str, float, str]) -> Event:
    time, seat, lab, lab_version, exercise, kind, outcome, seconds, details = row
    assert kind in KINDS
    return Event(kind, lab, seat, exercise, outcome, seconds, json.loads(details), lab_version, time)


def record(*events: Event) -> None:
    """Appends to this user's store. A command does not fail because of it: what could not be written is told."""
    home = Home.find()
    try:
        Store(home.events).append(events)
    except (LabError, OSError) as error:
        say(f"! not recorded in your progress: {error}")
    if (home.state / JOINED).exists():  # a process of its own tells the class, and waits for a network if it must
        words = [sys.executable, "-m", "provisioner", "-q", "join", "--send"]
        null = subprocess.DEVNULL
        subprocess.Popen(words, start_new_session=True, stdin=null, stdout=null, stderr=null)


def read_events(lab: str, seat: str) -> list[Event]:
    """What this user's store has of a lab and a seat; nothing where it cannot be read, which is told."""
    try:
        return Store(Home.find().events).events(lab, seat)
    except (LabError, OSError) as error:
        say(f"! your progress cannot be read: {error}")
        return []
