"""A seat's machine: what a driver returns, and what all others work with. Nobody else says how SSH reaches it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType

from provisioner.core.errors import LabError
from provisioner.core.model import Endpoint, Spec, Status
from provisioner.core.process import Completed
from provisioner.seats import ssh
from provisioner.seats.seat import Seat


class Machine(ABC):
    """A handle on the machine of a seat, in whatever state it is. In a `with` block it ends with the block."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @abstractmethod
    def status(self) -> Status:
        """Asked of the back end, never remembered."""

    @abstractmethod
    def resume(self, spec: Spec) -> None:
        """Goes on: with its memory if it was suspended, else with what its disk has. Raises LabError."""

    def revive(self) -> Status:
        """Brings back a machine that stands still or does not answer, as far as that can be done without starting it, and
        without the loss of its disk. Returns how it stands then: where it does not run, resume() goes on. Raises LabError,
        and leaves it as it is, where neither can be."""
        return self.status()

    @abstractmethod
    def end(self) -> None:
        """Ends it and removes its disk. Twice is as good as once."""

    def run(self, *words: str, timeout: float = 120, check: bool = True) -> Completed:
        """Runs a command as root. Raises MachineError; CommandFailed where the command itself fails."""
        return ssh.run(self.seat, *words, timeout=timeout, check=check)

    def forward(self, local: Path, remote: str) -> AbstractContextManager[None]:
        """A Unix socket of the machine appears at a path of the host."""
        return ssh.forwarded(self.seat, local, remote)

    def answers(self, patience: float = 30.0) -> bool:
        """Whether its SSH server greets within so many seconds."""
        record = self.seat.read()
        return record is not None and ssh.answers(record.address, record.port, patience)

    @contextmanager
    def boots(self) -> Iterator[Callable[[], bool]]:
        """Gives what tells whether it was started anew since the block began: here by what it says itself, for back ends that
        see no more of it. Raises MachineError."""
        before = self._boot_id()
        yield lambda: self._boot_id() not in ("", before)

    def _boot_id(self) -> str:
        try:
            return self.run("/usr/bin/cat", "/proc/sys/kernel/random/boot_id", timeout=30).out.strip()
        except LabError:  # it is on its way down or up
            return ""

    def _reached_at(self, end: Endpoint) -> None:
        """For back ends: notes where it answers now."""
        if record := self.seat.read():
            record.address, record.port = end.address, end.port
            record.forwards = {str(there): here for there, here in end.forwards.items()}
            self.seat.write(record)
        ssh.configure(self.seat, end.address, end.port)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()
