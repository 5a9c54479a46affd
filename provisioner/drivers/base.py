"""What makes machines: five calls, and few optional ones found by isinstance. `registry` has the drivers by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from provisioner.core.model import Finding, Info, Layer, Spec
from provisioner.images import Image
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat


class Driver(Protocol):
    @property
    def info(self) -> Info: ...

    def preflight(self) -> Sequence[Finding]:
        """What it needs of this host."""
        ...

    def image(self, preferred: Sequence[str]) -> Image:
        """What its machines boot from: the first of these images that is available. Raises LabError."""
        ...

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        """A machine of that origin, in the place of the one that the seat had. building: it is being prepared, may fetch
        packages, and will be stored. Raises LabError; LayerRefused where the back end cannot take the layer."""
        ...

    def attach(self, seat: Seat) -> Machine:
        """The machine that the seat has, in whatever state."""
        ...


@runtime_checkable
class LayerStore(Protocol):
    """A driver that keeps prepared machines, and makes others from them."""

    def fingerprint(self, spec: Spec, image: Image) -> str:
        """All that a stored layer is bound to besides its content (back end, version, processor)."""
        ...

    def store(self, machine: Machine, folder: Path) -> None:
        """Stores a running machine (which was started with building=True) into folder; the machine ends."""
        ...

    def discard(self, folder: Path) -> None:
        """Removes a stored layer, and what the back end holds of it elsewhere. Raises HostError where something stays."""
        ...


@runtime_checkable
class Snapshots(Protocol):
    """A machine whose memory can be kept: suspended, and saved under names (which the seat remembers)."""

    def suspend(self) -> None: ...
    def save(self, name: str) -> None: ...
    def restore(self, spec: Spec, name: str) -> None: ...


@runtime_checkable
class Forks(Protocol):
    """A machine that can be copied while it runs; it stands still meanwhile for tenths of a second (emulated: seconds)."""

    def fork(self, spec: Spec, copy: Seat) -> Machine:
        """copy has an identity of its own and no machine yet."""
        ...
