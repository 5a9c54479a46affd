"""What makes machines: a small interface, and optional ones found by isinstance.

A driver's only output is an endpoint (plus its status); everything above it reaches the machine by SSH. `registry` has them
by name.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from provisioner.core.model import Endpoint, Finding, Layer, Machine, Status
from provisioner.images import Image
from provisioner.seats.seat import Seat


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
