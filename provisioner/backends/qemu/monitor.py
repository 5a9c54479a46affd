"""QEMU's monitor (QMP) as plain calls. The only module that imports qemu.qmp."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from qemu.qmp import QMPClient, QMPError

from provisioner.core import signals
from provisioner.core.errors import MachineError

ANSWER = 60.0  # seconds for QEMU to answer
LIVE = 5.0  # seconds that a machine may go on while its memory is copied


_BLOCKED = re.compile("block|not? migrat|non-migratable|disabled|not supported", re.IGNORECASE)


class StateBlocked(MachineError):
    """This QEMU stores no machine like this one, whatever is tried."""


class Monitor:
    """A connection to one QEMU; use it as a context manager. Raises MachineError for all that goes wrong."""

    def __init__(self, socket: Path, patience: float = 10.0, alive: Callable[[], None] = lambda: None) -> None:
        """patience: seconds to wait for a QEMU that has just been started. alive: raises where it has ended meanwhile."""
        self._loop = asyncio.new_event_loop()
        self._client = QMPClient("lab")
        deadline = time.monotonic() + patience
        while True:
            try:
                # A QEMU that is stopped takes the connection, and never greets.
                greeting = asyncio.wait_for(self._client.connect(str(socket)), max(0.5, deadline - time.monotonic()))
                return self._loop.run_until_complete(greeting)
            except (QMPError, OSError, TimeoutError) as error:
                try:
                    alive()
                except MachineError:
                    self._loop.close()
                    raise
                if time.monotonic() > deadline:
                    self._loop.close()
                    raise MachineError("QEMU does not answer on its monitor", evidence=str(error) or "no greeting") from None
                time.sleep(0.01)
                self._client = QMPClient("lab")

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with suppress(Exception):  # QEMU may be gone, which is what disconnecting is for
            self._loop.run_until_complete(asyncio.wait_for(self._client.disconnect(), 5))
        self._loop.close()

    def ask(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 - QMP answers are JSON
        """A signal ends the wait for the answer within a second. Thrown into the connection's reader it would end the
        connection, and what clears up could ask nothing any more."""
        named = {k.replace("_", "-"): v for k, v in arguments.items()}
        try:
            with signals.deferred() as numbers:
                return self._loop.run_until_complete(self._execute(command, named, numbers))
        except (QMPError, OSError, EOFError, TimeoutError) as error:
            raise MachineError(f"QEMU rejected {command}", evidence=str(error) or type(error).__name__) from None

    async def _execute(self, command: str, arguments: dict[str, object], numbers: list[int]) -> object:
        """numbers: of signals that have come meanwhile. Raises TimeoutError and QMPError."""
        answer, deadline = asyncio.ensure_future(self._client.execute(command, arguments or None)), time.monotonic() + ANSWER
        while not (await asyncio.wait({answer}, timeout=1))[0]:
            if numbers or time.monotonic() > deadline:
                answer.cancel()
                raise TimeoutError
        return answer.result()

    def status(self) -> str:
        """QEMU's word: running, paused, postmigrate, io-error, inmigrate ..."""
        return str(self.ask("query-status")["status"])

    def go_on(self) -> str:
        """Lets a machine go on that stands still, and is not halted for good. Returns its status then."""
        self.ask("migrate_cancel")  # of a command that was killed: it would stop the machine once it is over
        deadline = time.monotonic() + 60
        while self.ask("query-migrate").get("status") in ("setup", "active", "device", "cancelling"):
            if time.monotonic() > deadline:
                raise MachineError("QEMU does not end a copy of the machine that nobody waits for")
            time.sleep(0.05)
        if self.status() == "suspended":
            self.ask("system_wakeup")
        self.ask("cont")
        time.sleep(0.2)  # where the disk is still full, it stops again at the next write
        return self.status()

    @contextmanager
    def listening(self, event: str) -> Iterator[Callable[[], bool]]:
        """Gives what tells whether an event of that name has come since."""
        with self._client.listener(event) as events:

            def has_come() -> bool:
                self.ask("query-status")  # what came before the answer has been read with it
                return not events.empty()

            yield has_come

    def save(self, file: Path, *, without_memory: bool) -> None:
        """Writes the stopped machine's state; without_memory leaves out memory that is a shared file already."""
        with file.open("wb") as target:
            self._migrate("migrate", target.fileno(), without_memory)
            target.flush()
            os.fsync(target.fileno())

    def load(self, file: Path, *, without_memory: bool) -> None:
        """Takes a saved state into a QEMU that was started with `-incoming defer`."""
        with file.open("rb") as source:
            self._migrate("migrate-incoming", source.fileno(), without_memory)

    def _migrate(self, command: str, descriptor: int, without_memory: bool) -> None:
        self.ask("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": without_memory}])
        # Saved to where it is on the disk: at its default the speed is that of a network of long ago.
        self.ask("migrate-set-parameters", max_bandwidth=1 << 40)
        self._client.send_fd_scm(descriptor)  # a descriptor, because the sandbox lets QEMU start no helper
        self.ask("getfd", fdname="state")
        try:
            self.ask(command, uri="fd:state")
        except MachineError as error:
            if command == "migrate" and _BLOCKED.search(error.evidence):
                raise StateBlocked(
                    "this QEMU cannot store the memory of a machine", evidence=error.evidence,
                    hint="sudo poweroff in the machine switches it off; its disk is kept",
                ) from None  # fmt: skip
            raise
        pause, start = 0.002, time.monotonic()
        while True:
            reply = self.ask("query-migrate")
            if reply.get("status") == "completed":
                return
            if reply.get("status") in ("failed", "cancelled"):
                raise MachineError("QEMU could not move the state", evidence=str(reply.get("error-desc", reply)))
            if time.monotonic() - start > LIVE and command == "migrate":
                self.ask("stop")  # it changes its memory faster than a busy host can copy it
                start = float("inf")
            time.sleep(pause)
            pause = min(0.05, pause * 1.5)
