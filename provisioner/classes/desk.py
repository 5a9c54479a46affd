"""The trainer's desk: codes and sessions, raised hands, messages and the clock of a class, in one SQLite file.

What a class is, its folder says; this is what has happened since, and can be forgotten with it.
"""

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from provisioner.core.database import Database
from provisioner.core.paths import Home
from provisioner.core.text import block

TRAINER = ""  # whose session it is, where it is no learner's
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another one: 30 letters, 4.9 bits each
_CODE = 10  # letters: 49 bits
MOST_TEXT = 500  # characters of what somebody writes
MOST_COMMANDS, _LONGEST_COMMAND = 1000, 2000  # of a demonstration: of more, the last; characters
_MIGRATIONS = (
    """
    CREATE TABLE code (learner TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, used_at REAL);
    CREATE TABLE session (digest TEXT PRIMARY KEY, learner TEXT NOT NULL, begun_at REAL NOT NULL);
    CREATE TABLE hand (learner TEXT PRIMARY KEY, text TEXT NOT NULL, time REAL NOT NULL);
    CREATE TABLE message (id INTEGER PRIMARY KEY, learner TEXT NOT NULL, text TEXT NOT NULL, time REAL NOT NULL);
    CREATE TABLE reading (learner TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (learner, message));
    CREATE TABLE setting (name TEXT PRIMARY KEY, value REAL);
    CREATE TABLE laptop (learner TEXT PRIMARY KEY, time REAL NOT NULL)
    """,
    "CREATE TABLE demo (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, time REAL NOT NULL)",
)


@dataclass(frozen=True)
class Hand:
    """time: seconds since 1970 of when it was raised."""

    text: str
    time: float

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "time": self.time}


@dataclass(frozen=True)
class Demo:
    """Commands that the trainer has entered. removed: the number up to which they are gone; numbers are never used again."""

    removed: int
    commands: tuple[dict[str, Any], ...]


class Desk:
    """Of one class. Learners are named by their slugs. Raises LabError where its file cannot be used."""

    def __init__(self, home: Home, name: str) -> None:
        self._database = Database(home.state / "classes" / f"{name}.sqlite3", f"the desk of class {name}", _MIGRATIONS)

    # --- codes and sessions

    def codes(self, learners: Iterable[str]) -> dict[str, str]:
        """Each learner's code, made where there is none."""
        with self._database.write() as connection:
            old_codes = dict(connection.execute("SELECT learner, code FROM code"))
            codes = {learner: old_codes.get(learner) or _make_code() for learner in learners}
            rows = [(learner, code) for learner, code in codes.items() if learner not in old_codes]
            connection.executemany("INSERT INTO code (learner, code) VALUES (?, ?)", rows)
        return codes

    def renew(self, learner: str) -> str:
        """Another code, and no session with the old one."""
        code = _make_code()
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO code (learner, code) VALUES (?, ?)", (learner, code))
            connection.execute("DELETE FROM session WHERE learner = ?", (learner,))
        return code

    def enter(self, code: str) -> tuple[str, str] | None:
        """The learner and the token of a new session, for a code that has not been used; None for any other text."""
        text = normalize(code)
        with self._database.write() as connection:
            row = connection.execute("SELECT learner FROM code WHERE code = ? AND used_at IS NULL", (text,)).fetchone()
            if row is None:
                return None
            connection.execute("UPDATE code SET used_at = ? WHERE code = ?", (time.time(), text))
            return row[0], _begin(connection, row[0])

    def begin_trainer(self) -> str:
        """The token of a new session of the trainer's; earlier ones end."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM session WHERE learner = ?", (TRAINER,))
            return _begin(connection, TRAINER)

    def find_session(self, token: str) -> str | None:
        """Whose it is."""
        with self._database.connect() as connection:
            row = connection.execute("SELECT learner FROM session WHERE digest = ?", (_digest(token),)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """The class is over: nobody is in any more, and there will be other codes."""
        with self._database.write() as connection:
            for table in ("session", "code", "hand", "laptop", "demo"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - named here

    # --- what people say

    def raise_hand(self, learner: str, text: str) -> None:
        with self._database.write() as connection:
            row = (learner, text[:MOST_TEXT], time.time())
            connection.execute("INSERT OR REPLACE INTO hand (learner, text, time) VALUES (?, ?, ?)", row)

    def lower_hand(self, learner: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM hand WHERE learner = ?", (learner,))

    def hands(self) -> dict[str, Hand]:
        with self._database.connect() as connection:
            return {row[0]: Hand(row[1], row[2]) for row in connection.execute("SELECT learner, text, time FROM hand")}

    def send(self, learner: str, text: str) -> None:
        """A message of the trainer's. learner: empty for all."""
        with self._database.write() as connection:
            row = (learner, text[:MOST_TEXT], time.time())
            connection.execute("INSERT INTO message (learner, text, time) VALUES (?, ?, ?)", row)

    def unread(self, learner: str) -> list[dict[str, Any]]:
        """Messages to somebody, or to all, that they have not put away."""
        query = """
            SELECT id, time, text FROM message WHERE learner IN (?, '')
            AND id NOT IN (SELECT message FROM reading WHERE learner = ?) ORDER BY id
        """
        with self._database.connect() as connection:
            return [{"id": row[0], "time": row[1], "text": row[2]} for row in connection.execute(query, (learner, learner))]

    def put_away(self, learner: str, message: int) -> None:
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO reading (learner, message) VALUES (?, ?)", (learner, message))

    # --- what the trainer shows

    def note_command(self, command: str) -> None:
        """That the trainer has entered it a moment ago."""
        plain = block(command)
        row = (plain if len(plain) <= _LONGEST_COMMAND else f"{plain[:_LONGEST_COMMAND]}…", time.time())
        with self._database.write() as connection:
            last = connection.execute("INSERT INTO demo (text, time) VALUES (?, ?)", row).lastrowid or 0
            connection.execute("DELETE FROM demo WHERE id <= ?", (last - MOST_COMMANDS,))

    def clear_demo(self) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM demo")

    def demo(self, last: int = 0) -> Demo:
        """last: the number of the last command that is known already."""
        with self._database.connect() as connection, connection:
            connection.execute("BEGIN")  # both answers are of one moment
            rows = connection.execute("SELECT id, time, text FROM demo WHERE id > ? ORDER BY id", (last,)).fetchall()
            query = "SELECT coalesce((SELECT min(id) - 1 FROM demo), (SELECT seq FROM sqlite_sequence WHERE name = 'demo'), 0)"
            removed = connection.execute(query).fetchone()[0]
        return Demo(removed, tuple({"id": row[0], "time": row[1], "text": row[2]} for row in rows))

    # --- joined laptops

    def note_laptop(self, learner: str) -> None:
        """That it has reported a moment ago."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO laptop (learner, time) VALUES (?, ?)", (learner, time.time()))

    def laptops(self) -> dict[str, float]:
        """When each has reported last: seconds since 1970."""
        with self._database.connect() as connection:
            return dict(connection.execute("SELECT learner, time FROM laptop"))

    # --- the clock

    def set_end(self, end: float | None) -> None:
        """end: seconds since 1970 of when the class is over; None for no clock."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('end', ?)", (end,))

    def end(self) -> float | None:
        with self._database.connect() as connection:
            row = connection.execute("SELECT value FROM setting WHERE name = 'end'").fetchone()
        return row[0] if row else None


def normalize(code: str) -> str:
    """As it is on the card, however it was typed."""
    return "".join(letter for letter in code.upper() if letter.isalnum())[: _CODE + 1]


def format_code(code: str) -> str:
    """In two halves, for the eye."""
    return f"{code[: _CODE // 2]}-{code[_CODE // 2 :]}"


def _make_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE))


def _begin(connection: Any, learner: str) -> str:  # noqa: ANN401 - sqlite3's
    token = secrets.token_urlsafe(24)
    row = (_digest(token), learner, time.time())
    connection.execute("INSERT INTO session (digest, learner, begun_at) VALUES (?, ?, ?)", row)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
