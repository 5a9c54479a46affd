"""The store of events: one SQLite file in the state folder, to which every command appends.

A second writer waits. A killed one loses at most the event that it was about to write, as each is a transaction of its own.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from provisioner.core.errors import LabError
from provisioner.core.paths import Home, private_folder
from provisioner.core.progress import say
from provisioner.core.state_file import NewerVersion
from provisioner.progress.event import KINDS, Event

WAIT = 30.0  # seconds for other writers, each of which takes milliseconds
_MOST = 1 << 16  # bytes of an event's details
# The n-th makes version n + 1 of version n.
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

    def append(self, events: Iterable[Event]) -> None:
        """All of them or none."""
        rows = [
            (e.time, e.seat, e.lab, e.lab_version, e.exercise, e.kind, e.outcome, e.seconds, _dump(e.details)) for e in events
        ]
        with self._connect() as connection, _transaction(connection):
            connection.executemany(f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608

    def events(self, lab: str = "", seat: str | None = None) -> list[Event]:
        """In the order in which they were written; of one lab and one seat, if these are named."""
        if not self.file.exists():
            return []
        with self._connect() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM event WHERE (? = '' OR lab = ?) AND (? IS NULL OR seat = ?) ORDER BY id",  # noqa: S608
                (lab, lab, seat, seat),
            )
            return [_event(row) for row in rows if row[5] in KINDS]

    def forget(self, lab: str = "", seat: str | None = None) -> int:
        """Removes the events of one lab, or of all; of one seat, or of all. Returns how many there were."""
        if not self.file.exists():
            return 0
        with self._connect() as connection, _transaction(connection):
            condition = "(? = '' OR lab = ?) AND (? IS NULL OR seat = ?)"
            return connection.execute(f"DELETE FROM event WHERE {condition}", (lab, lab, seat, seat)).rowcount  # noqa: S608

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        private_folder(self.file.parent)
        try:
            with closing(sqlite3.connect(self.file, timeout=WAIT, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")  # a power cut loses nothing that was written
                self._migrate(connection)
                yield connection
        except sqlite3.Error as error:
            raise LabError(
                "what you have done and learnt cannot be read or written", evidence=f"{self.file}: {error}",
                hint=f"if the file is damaged, move it away, and a new one is begun: mv {self.file} {self.file}.old",
            ) from None  # fmt: skip

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == len(_MIGRATIONS):
            return
        with _transaction(connection):  # others may have done it meanwhile
            for number, script in enumerate(_MIGRATIONS[self._version(connection) :], start=self._version(connection) + 1):
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")

    def _version(self, connection: sqlite3.Connection) -> int:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(_MIGRATIONS):
            raise NewerVersion(
                "what you have done and learnt was written by a newer version of lab",
                evidence=f"{self.file} has version {version}; this lab reads up to {len(_MIGRATIONS)}",
                hint="use the newer lab; or keep this one's seats elsewhere: LAB_HOME=/other/folder lab ...",
            )
        return version


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


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
