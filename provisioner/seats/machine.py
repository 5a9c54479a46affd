"""The base class of machines, which drivers return. It alone records how SSH reaches a machine."""

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
    """The machine of a seat, in any state. A context manager that ends the machine."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @abstractmethod
    def status(self) -> Status:
        """Asked of the back end, never remembered."""

    @abstractmethod
    def resume(self, spec: Spec) -> None:
        """Starts it again: with its memory if it was suspended, else from its disk. Raises LabError."""

    def revive(self) -> Status:
        """Recovers a machine that is paused or does not answer, without starting it and without loss of its disk. Returns the
        new status: if it does not run, resume() starts it. Raises LabError, and changes nothing, if it cannot be recovered."""
        return self.status()

    @abstractmethod
    def end(self) -> None:
        """Ends it and removes its disk. Idempotent."""

    def run(self, *words: str, timeout: float = 120, check: bool = True) -> Completed:
        """Runs a command as root. Raises MachineError, or CommandFailed if the command itself fails."""
        return ssh.run(self.seat, *words, timeout=timeout, check=check)

    def forward(self, local: Path, remote: str) -> AbstractContextManager[None]:
        """Forwards a Unix socket of the machine to a path of the host."""
        return ssh.forward(self.seat, local, remote)

    def answers(self, patience: float = 30.0) -> bool:
        """Whether its SSH server answers within that many seconds."""
        record = self.seat.read()
        return record is not None and ssh.answers(record.address, record.port, patience)

    @contextmanager
    def boots(self) -> Iterator[Callable[[], bool]]:
        """Yields a function that tells whether the machine has booted since the block began: by its boot ID, for back ends that
        know no better. Raises MachineError."""
        old_boot_id = self._boot_id()
        yield lambda: self._boot_id() not in ("", old_boot_id)

    def _boot_id(self) -> str:
        try:
            return self.run("/usr/bin/cat", "/proc/sys/kernel/random/boot_id", timeout=30).out.strip()
        except LabError:  # it is shutting down or booting
            return ""

    def _record_endpoint(self, endpoint: Endpoint) -> None:
        """Records the current SSH endpoint and forwarded ports. For back ends."""
        if record := self.seat.read():
            record.address, record.port = endpoint.address, endpoint.port
            record.forwards = {str(guest_port): host_port for guest_port, host_port in endpoint.forwards.items()}
            self.seat.write(record)
        ssh.configure(self.seat, endpoint.address, endpoint.port)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()
