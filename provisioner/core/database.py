"""A SQLite file that outlives a command: its version, its migrations, and its writers, who wait for each other.

A killed writer loses at most what it was about to write, as each transaction is whole or not at all.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.core.errors import LabError
from provisioner.core.paths import private_folder
from provisioner.core.state_file import NewerVersion

WAIT = 30.0  # seconds for other writers, each of which takes milliseconds


@dataclass(frozen=True)
class Database:
    """what: its content, in messages. migrations: scripts, of which the n-th makes version n + 1 of version n."""

    file: Path
    what: str
    migrations: tuple[str, ...]

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """Makes the file if it is not there. Raises LabError where it cannot be used, and NewerVersion."""
        private_folder(self.file.parent)
        try:
            with closing(sqlite3.connect(self.file, timeout=WAIT, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")  # a power cut loses nothing that was written
                self._migrate(connection)
                yield connection
        except sqlite3.Error as error:
            raise LabError(
                f"{self.what} cannot be read or written", evidence=f"{self.file}: {error}",
                hint=f"if the file is damaged, move it away, and a new one is begun: mv {self.file} {self.file}.old",
            ) from None  # fmt: skip

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self.connect() as connection, _transaction(connection):
            yield connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == len(self.migrations):
            return
        with _transaction(connection):  # others may have done it meanwhile
            for number, script in enumerate(self.migrations[self._version(connection) :], start=self._version(connection) + 1):
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")

    def _version(self, connection: sqlite3.Connection) -> int:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(self.migrations):
            raise NewerVersion(
                f"{self.what} was written by a newer version of lab",
                evidence=f"{self.file} has version {version}; this lab reads up to {len(self.migrations)}",
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
