"""What makes machines: a small interface, and optional ones found by isinstance.

A driver's only output is an endpoint (plus its status); everything above it reaches the machine by SSH. Drivers
are registered by name and imported when they are asked for.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from ..errors import LabError, MachineError, UsageError
from ..images import Image
from ..seat import Seat


@dataclass(frozen=True)
class Finding:
    """One thing that a driver needs: found or not, and the command that mends it."""

    what: str
    found: bool
    detail: str = ""
    mend: str = ""
    packages: tuple[str, ...] = ()  # of the distribution, that bring it


@dataclass(frozen=True)
class Machine:
    """What a machine is made like. memory in MiB, disk in GiB; forwards: ports of the machine opened on 127.0.0.1; disposable:
    it may be lost with its host, as a copy that a check disturbs."""

    cpus: int
    memory: int
    disk: int
    internet: bool = False
    forwards: tuple[int, ...] = ()
    disposable: bool = False


@dataclass(frozen=True)
class Layer:
    """A stored state of a machine: its key, and the folder of one build of it (see provisioner/layers.py)."""

    key: str
    folder: Path


@dataclass(frozen=True)
class Endpoint:
    """Where a machine answers; users and keys are the seat's."""

    address: str
    port: int
    forwards: dict[int, int] = field(default_factory=dict)  # the machine's port -> the port on 127.0.0.1


@dataclass(frozen=True)
class Status:
    """Asked of the back end, never remembered. memory and disk in bytes, on the host."""

    state: Literal["running", "stopped", "absent", "broken"]
    detail: str = ""
    memory: int = 0
    disk: int = 0


class Driver(Protocol):
    """Four calls. up() puts a machine of that origin (an image or a layer) in the place of the one that the seat had."""

    name: str

    def preflight(self) -> Sequence[Finding]: ...
    def up(self, seat: Seat, machine: Machine, origin: Image | Layer, *, building: bool = False) -> Endpoint: ...
    def status(self, seat: Seat) -> Status: ...
    def destroy(self, seat: Seat) -> None: ...


@runtime_checkable
class StoresLayers(Protocol):
    """Can keep a prepared machine and make others from it. with_memory: they go on where it stood; else they boot, and
    what it had not written down (firewall rules) is gone."""

    with_memory: bool

    def fingerprint(self, machine: Machine, image: Image) -> str:
        """All that a stored layer is bound to besides its content (back end, version, processor)."""
        ...

    def store(self, seat: Seat, folder: Path) -> None:
        """Stores the running machine (which was brought up with building=True) into folder; the machine ends."""
        ...


@runtime_checkable
class Converts(StoresLayers, Protocol):
    """Can make machines of what another driver's have been prepared to, where that is quicker."""

    def maker(self, image: Image) -> Driver | None:
        """That driver; None where there is none, or its own are as quick."""
        ...

    def convert(self, seat: Seat, machine: Machine, layer: Layer) -> Endpoint:
        """A machine to be stored, in the place of the one that the seat had. layer: of the other driver."""
        ...


@runtime_checkable
class Discards(Protocol):
    """Holds more of a stored layer than its folder, and gives that back."""

    def discard(self, folder: Path) -> None: ...


@runtime_checkable
class Resumes(Protocol):
    """Can go on with a machine that has stopped: what its disk has, at least."""

    def resume(self, seat: Seat, machine: Machine) -> Endpoint: ...


@runtime_checkable
class Revives(Protocol):
    """Can bring a machine back that does not answer, without the loss of its disk."""

    def revive(self, seat: Seat) -> Endpoint | None:
        """Where it answers now, with its memory; None where it has ended, and resume() makes it go on from what its disk has.
        Raises LabError, and leaves it as it is, where neither can be."""
        ...


@runtime_checkable
class Suspends(Resumes, Protocol):
    """Can put a machine aside with its memory, and go on with it later."""

    def suspend(self, seat: Seat) -> None: ...


@runtime_checkable
class Forks(Protocol):
    """Can copy a running machine into another, which stands still meanwhile for tenths of a second (emulated: seconds)."""

    def fork(self, seat: Seat, machine: Machine, copy: Seat) -> Endpoint:
        """copy has an identity of its own and no machine yet."""
        ...


@runtime_checkable
class Saves(Protocol):
    """Can keep states of a seat's machine under names (which the seat remembers), and go back to them."""

    def save(self, seat: Seat, name: str) -> None: ...
    def restore(self, seat: Seat, machine: Machine, name: str) -> Endpoint: ...


@runtime_checkable
class Rewinds(Protocol):
    """Can undo much of what was done to a running machine, and tell whether that was all."""

    def mark(self, seat: Seat) -> Any:  # noqa: ANN401 - a note of the driver's own
        """Notes where the machine stands. Raises LabError."""
        ...

    def back(self, seat: Seat, mark: Any) -> bool:  # noqa: ANN401
        """Whether the machine stands there again; if not, it is of no use any more."""
        ...


@runtime_checkable
class SeesBoots(Protocol):
    """Knows from outside whether a machine was started anew, whatever is said in it."""

    def boots(self, seat: Seat) -> AbstractContextManager[Callable[[], bool]]:
        """Gives what tells whether it was, since the block began. Raises MachineError."""
        ...


@runtime_checkable
class OwnImages(Protocol):
    """Starts from images of its own, by the same logical names: a provider's boxes, a machine that is there already."""

    def image(self, preferred: Sequence[str]) -> Image: ...


@runtime_checkable
class SharesKernel(Protocol):
    """Makes system containers: a lab about the machine's own kernel is not for it."""

    shares_kernel: Literal[True]


class Refused(MachineError):
    """A stored layer that the back end ran with and refused, or cannot read: it is made anew. Never for a fault of the host."""

    def __init__(self, layer: Layer, why: LabError) -> None:
        super().__init__(why.what, evidence=why.evidence, hint=why.hint)
        self.layer = layer.folder.name


EMBEDDED = "qemu"
_DRIVERS = {
    "lxc": "provisioner.drivers.lxc:Lxc",
    "qemu": "provisioner.drivers.qemu:Qemu",
    "ssh": "provisioner.drivers.ssh:Ssh",
    "vagrant": "provisioner.drivers.vagrant:Vagrant",
}


def load(name: str) -> Driver:
    """The driver of that name; what follows a colon is the driver's own business (`vagrant:libvirt`). Raises UsageError."""
    kind, _, argument = name.partition(":")
    if kind not in _DRIVERS:
        raise UsageError(f"no driver is called {name!r}", hint=f"drivers: {', '.join(names())}")
    module, maker = _DRIVERS[kind].split(":")
    make = getattr(import_module(module), maker)
    driver: Driver = make(argument) if argument else make()
    return driver


def names() -> list[str]:
    return sorted(_DRIVERS)
