"""A machine by QEMU: an overlay on a stored disk, and, after a resume, a private mapping of a stored memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from provisioner import images
from provisioner.backends.disk_chain import chain
from provisioner.backends.qemu import memory, qemu_process
from provisioner.backends.qemu.monitor import Monitor
from provisioner.backends.qemu.start import Memory, StateRefused, start
from provisioner.core.errors import HostError, MachineError
from provisioner.core.files import room, sparse_copy
from provisioner.core.model import CapabilityLost, Spec, Status
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.images import Image
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

MONITOR_PATIENCE = 60.0  # seconds for the monitor of a machine that stands still, or of a busy host
# QEMU's words for a machine that stands still, with all that it had: for us, for a full disk, at its owner's wish.
_PAUSED_STATES = ("paused", "finish-migrate", "postmigrate", "save-vm", "io-error", "suspended")


class QemuMachine(Machine):
    """building: where its memory lies, while it is being prepared."""

    def __init__(self, home: Home, seat: Seat, building: memory.SharedMemory | None = None) -> None:
        super().__init__(seat)
        self.home, self.building = home, building

    def boot(self, spec: Spec, image: Image) -> None:
        file, inherited = (self.building.path, self.building.descriptors) if self.building else (self.seat.memory, ())
        online = self.building is not None
        memory = Memory(file, shared=True, inherited=inherited)
        self._record_endpoint(start(self.home, self.seat, spec, image, memory, online=online))

    def load(self, spec: Spec, image: Image, stored: Path, state: Path) -> None:
        """From a stored memory, and the state of the devices. Raises StateRefused."""
        inherited: tuple[int, ...] = ()
        if self.building:  # this machine becomes a layer itself: its memory is a file of its own
            sparse_copy(stored, self.building.path)
            stored, inherited = self.building.path, self.building.descriptors
        building = self.building is not None
        memory = Memory(stored, shared=building, state=state, whole=False, inherited=inherited)
        self._record_endpoint(start(self.home, self.seat, spec, image, memory, online=building))

    def resume(self, spec: Spec) -> None:
        """With its memory where it was suspended; a machine whose QEMU died boots what its disk has. A state that QEMU refuses
        is kept beside, and the disk is booted."""
        try:
            self.go_on(spec, consume=True)
        except StateRefused as error:
            refused_state = self.seat.state.with_name(f"state.refused-{time.strftime('%Y%m%d-%H%M%S')}")
            self.seat.state.rename(refused_state)
            say(f"! its memory cannot be resumed, and is kept in {refused_state}: it boots from its disk ({error.what})")
            self.go_on(spec, consume=True)

    def go_on(self, spec: Spec, *, consume: bool) -> None:
        """From where its files are. consume: its stored state is its own, and is used up. Raises StateRefused."""
        seat = self.seat
        qemu_process.end(seat)
        if not (backing_files := chain(self.home, seat)):
            raise HostError(
                f"the disk of seat {seat.name} is damaged: it does not say what it stands on", evidence=str(seat.disk),
                hint=f"lab reset {seat.name.partition('-')[0]} begins anew",
            )  # fmt: skip
        image = images.of_layer(self.home, backing_files[0].parent)
        seat.memory.unlink(missing_ok=True)
        state = seat.state if seat.state.exists() else None
        # An empty file, mapped privately: what the state brings stays in memory and is not written to the disk.
        memory = Memory(seat.memory, shared=False, state=state, consume=consume and state is not None)
        try:
            endpoint = start(self.home, seat, spec, image, memory)
        except CapabilityLost:  # its accelerator failed; nothing has run, and the next one is slower
            endpoint = start(self.home, seat, spec, image, memory)
        self._record_endpoint(endpoint)

    def revive(self) -> Status:
        seat, qemu = self.seat, qemu_process.find(self.seat)
        if qemu is None:
            seat.pause_file.unlink(missing_ok=True)
            return self.status()
        if qemu.status() == psutil.STATUS_STOPPED:
            say(f"· QEMU (process {qemu.pid}) was stopped by a signal: it goes on")
            qemu.resume()
        state = self._let_go_on(qemu)
        if state == "io-error":
            raise HostError(
                "the machine waits for room on the disk", evidence=f"{seat.disk}: its last write did not succeed",
                hint=f"make room there, then: lab up {seat.name.partition('-')[0]}",
            )  # fmt: skip
        seat.pause_file.unlink(missing_ok=True)
        if state == "running":
            self._record_endpoint(qemu_process.endpoint(qemu))
            return Status("running")  # the monitor has just said so; asked again on a busy host, it may be late
        qemu_process.end(seat)  # halted for good, or its memory is still in the file that it was to come from
        return self.status()

    def _let_go_on(self, qemu: psutil.Process) -> str:
        """What QEMU calls its state then."""
        seat = self.seat
        try:
            with Monitor(seat.qmp, patience=MONITOR_PATIENCE) as monitor:
                state = monitor.status()
                if state in _PAUSED_STATES:
                    for file in (seat.state, seat.state.with_suffix(".new")):  # of a stop that was cut off
                        file.unlink(missing_ok=True)
                    state = monitor.go_on()
                return state
        except MachineError as error:
            raise MachineError(
                f"QEMU (process {qemu.pid}) does not answer: its machine is left as it is", evidence=error.evidence,
                hint=f"wait, and try again; lab reset {seat.name.partition('-')[0]} gives it up",
            ) from None  # fmt: skip

    @contextmanager
    def boots(self) -> Iterator[Callable[[], bool]]:
        with Monitor(self.seat.qmp) as monitor, monitor.listening("RESET") as was_reset:
            yield was_reset

    def status(self) -> Status:
        seat = self.seat
        disk = sum(room(f) for f in seat.folder.glob("*") if f.is_file()) if seat.exists() else 0
        qemu = qemu_process.find(seat)
        if qemu is None:
            detail = "suspended with its memory" if seat.state.exists() else "its QEMU has ended; its disk is here"
            return Status("stopped", detail, disk=disk) if seat.disk.exists() else Status("absent", disk=disk)
        used = qemu_process.memory(qemu)
        if qemu.status() == psutil.STATUS_STOPPED:
            return Status("broken", f"QEMU (process {qemu.pid}) was stopped by a signal", used, disk)
        try:
            with Monitor(seat.qmp, patience=2) as monitor:
                state = monitor.status()
        except MachineError as error:
            return Status("broken", error.what, used, disk)
        if state != "running":
            return Status("broken", f"QEMU says: {state}", used, disk)
        return Status("running", "", used, disk, emulated=any(word.startswith("tcg") for word in qemu.cmdline()))

    def end(self) -> None:
        seat = self.seat
        qemu_process.end(seat)
        if self.building:
            self.building.close()
            self.building = None
        for file in (seat.disk, seat.memory, seat.state, seat.seed, seat.pause_file):
            file.unlink(missing_ok=True)
