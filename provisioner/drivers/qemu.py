"""The embedded default: plain QEMU, driven by QMP, without root and without a service on the host.

A seat is a folder: an overlay on a stored disk, and, after a resume, a private mapping of a stored memory.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from provisioner import images
from provisioner.backends.disk_chain import OVERLAY, chain, make_overlay
from provisioner.backends.qemu import accelerator, arguments, balloon, conversion, guest_dns, memory, qemu_process
from provisioner.backends.qemu.copying import capture, finish_replacing, save_whole, standing
from provisioner.backends.qemu.monitor import Monitor
from provisioner.backends.qemu.start import StateRefused, errand, start
from provisioner.core.errors import HostError, LabError, MachineError
from provisioner.core.files import dig_holes, remove_tree, sparse_copy
from provisioner.core.model import Endpoint, Finding, Layer, Machine, Refused, Status
from provisioner.core.paths import Home, private_folder, sync_folder, sync_tree
from provisioner.core.progress import say
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import load
from provisioner.images import Image
from provisioner.seats import identity, ssh
from provisioner.seats.seat import Seat

LATE = 60.0  # seconds for the monitor of a machine that stands still, or of a busy host
_SYNC_PATIENCE = 20.0  # seconds for a guest to write what it has in memory
# QEMU's words for a machine that stands still, with all that it had: for us, for a full disk, at its owner's wish.
_STANDING = ("paused", "finish-migrate", "postmigrate", "save-vm", "io-error", "suspended")


class Qemu:
    name = "qemu"
    with_memory = True

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.find()
        self._workshops: dict[Path, memory.SharedMemory] = {}  # of machines that are being prepared, by their folder

    def preflight(self) -> Sequence[Finding]:
        return [
            _program(arguments.program(), "QEMU", *arguments.PACKAGES),
            _program("qemu-img", "QEMU's disk tools", "qemu-utils"),
            _program("ssh", "the SSH client", "openssh-client"),
        ]

    def fingerprint(self, machine: Machine, image: Image) -> str:
        """A stored state fits only the QEMU, accelerator and processor that it was made with."""
        accel = accelerator.choose(self.home, image)
        cpu = arguments.processor(accel) if accel == "tcg" else _processor()
        return f"{arguments.version()} {accel} {cpu} {machine.cpus} {machine.memory} {machine.disk}"

    def up(self, seat: Seat, machine: Machine, origin: Image | Layer, *, building: bool = False) -> Endpoint:
        qemu_process.end(seat)
        image = origin if isinstance(origin, Image) else self._image_of(origin.folder)
        base = origin.disk if isinstance(origin, Image) else origin.folder / "disk.qcow2"
        base_format = origin.disk_format if isinstance(origin, Image) else "qcow2"
        for file in (seat.disk, seat.state, seat.seed):
            file.unlink(missing_ok=True)
        make_overlay(base, base_format, seat.disk, machine.disk)
        seat.memory.unlink(missing_ok=True)
        own = self._workshop(seat, machine.memory) if building else None
        if isinstance(origin, Layer):
            state, stored = origin.folder / "state", origin.folder / "ram.img"
            if own:  # this machine becomes a layer itself: its memory is a file of its own
                sparse_copy(stored, own.path)
                stored = own.path
            try:
                return start(
                    self.home, seat, machine, image, stored, shared=building, online=building,
                    state=state, ignore_shared=True, inherited=own.descriptors if own else (),
                )  # fmt: skip
            except StateRefused as error:
                raise Refused(origin, error) from None
        return self._boot(seat, machine, image, own)

    def maker(self, image: Image) -> Driver | None:
        if conversion.wanted(self.home, image):
            with suppress(LabError):
                containers = load("lxc")
                if all(finding.found for finding in containers.preflight()):
                    return containers
        return None

    def convert(self, seat: Seat, machine: Machine, layer: Layer) -> Endpoint:
        qemu_process.end(seat)
        image = self._image_of(layer.folder)
        conversion.write(self.home, seat, image, layer, machine.disk, OVERLAY)
        return self._boot(seat, machine, image, self._workshop(seat, machine.memory))

    def _boot(self, seat: Seat, machine: Machine, image: Image, own: memory.SharedMemory | None) -> Endpoint:
        """own: where it is being prepared."""
        file, inherited = (own.path, own.descriptors) if own else (seat.memory, ())
        return start(self.home, seat, machine, image, file, shared=True, online=own is not None, inherited=inherited)

    def _workshop(self, seat: Seat, size: int) -> memory.SharedMemory:
        self._forget(seat)
        self._workshops[seat.folder] = own = memory.SharedMemory(seat.memory, size)
        return own

    def _forget(self, seat: Seat) -> None:
        if own := self._workshops.pop(seat.folder, None):
            own.close()

    def store(self, seat: Seat, folder: Path) -> None:
        ssh.close(seat)
        errand(seat, guest_dns.FORGET)
        with Monitor(seat.qmp) as monitor:
            balloon.empty(seat, monitor)
        errand(seat, identity.strip())
        qemu = qemu_process.find(seat)
        qemu_process.settle(qemu)  # what is unfinished now would be finished by every machine that is resumed from it
        with Monitor(seat.qmp) as monitor:
            monitor.ask("stop")
            monitor.save(folder / "state", without_memory=True)
            with suppress(MachineError):
                monitor.ask("quit")
        qemu_process.wait_gone(qemu)
        self._workshops[seat.folder].store(folder / "ram.img")
        self._forget(seat)
        dig_holes(folder / "ram.img")
        seat.disk.rename(folder / "disk.qcow2")

    def suspend(self, seat: Seat) -> None:
        ssh.close(seat)
        with suppress(MachineError):  # should its memory be refused one day, its disk has what was written
            errand(seat, "sync", patience=_SYNC_PATIENCE)
        beside = seat.state.with_suffix(".new")
        qemu = qemu_process.find(seat)
        with Monitor(seat.qmp) as monitor, standing(seat, "stop"):
            save_whole(monitor, beside, still=True)
            beside.replace(seat.state)
            sync_folder(seat.folder)
            with suppress(MachineError):
                monitor.ask("quit")
        qemu_process.wait_gone(qemu)

    def resume(self, seat: Seat, machine: Machine) -> Endpoint:
        """With its memory where it was suspended; a machine whose QEMU died boots what its disk has. A state that QEMU refuses
        is kept beside, and the disk is booted."""
        try:
            return self._resume(seat, machine, consume=True)
        except StateRefused as error:
            kept = seat.state.with_name(f"state.refused-{time.strftime('%Y%m%d-%H%M%S')}")
            seat.state.rename(kept)
            say(f"! its memory cannot be resumed, and is kept in {kept}: it boots from its disk ({error.what})")
            return self._resume(seat, machine, consume=True)

    def _resume(self, seat: Seat, machine: Machine, *, consume: bool) -> Endpoint:
        qemu_process.end(seat)
        if not (below := chain(self.home, seat)):
            raise HostError(
                f"the disk of seat {seat.name} is damaged: it does not say what it stands on", evidence=str(seat.disk),
                hint=f"lab reset {seat.name.partition('-')[0]} begins anew",
            )  # fmt: skip
        image = self._image_of(below[0].parent)
        seat.memory.unlink(missing_ok=True)
        state = seat.state if seat.state.exists() else None
        # An empty file, mapped privately: what the state brings stays in memory and is not written to the disk.
        return start(
            self.home, seat, machine, image, seat.memory, shared=False, state=state, consume=consume and state is not None
        )

    def revive(self, seat: Seat) -> Endpoint | None:
        qemu = qemu_process.find(seat)
        if qemu is None:
            seat.standing.unlink(missing_ok=True)
            return None
        if qemu.status() == psutil.STATUS_STOPPED:
            say(f"· QEMU (process {qemu.pid}) was stopped by a signal: it goes on")
            qemu.resume()
        try:
            with Monitor(seat.qmp, patience=LATE) as monitor:
                state = monitor.status()
                if state in _STANDING:
                    for stale in (seat.state, seat.state.with_suffix(".new")):  # of a stop that was cut off
                        stale.unlink(missing_ok=True)
                    state = monitor.go_on()
        except MachineError as error:
            raise MachineError(
                f"QEMU (process {qemu.pid}) does not answer: its machine is left as it is", evidence=error.evidence,
                hint=f"wait, and try again; lab reset {seat.name.partition('-')[0]} gives it up",
            ) from None  # fmt: skip
        if state == "io-error":
            raise HostError(
                "the machine waits for room on the disk", evidence=f"{seat.disk}: its last write did not succeed",
                hint=f"make room there, then: lab up {seat.name.partition('-')[0]}",
            )  # fmt: skip
        seat.standing.unlink(missing_ok=True)
        if state == "running":
            return qemu_process.endpoint(qemu)
        qemu_process.end(seat)  # halted for good, or its memory is still in the file that it was to come from
        return None

    def fork(self, seat: Seat, machine: Machine, copy: Seat) -> Endpoint:
        capture(seat, copy.folder)
        return self._resume(copy, machine, consume=False)

    def save(self, seat: Seat, name: str) -> None:
        """Beside its place, then renamed into it: a save of that name is replaced by a whole one only."""
        beside, older = seat.saves / f".{name}.new", seat.saves / f".{name}.old"
        finish_replacing(seat.saves / name)
        remove_tree(beside)
        private_folder(beside)
        try:
            capture(seat, beside)
            sync_tree(beside)
            if (seat.saves / name).exists():
                (seat.saves / name).rename(older)
            beside.rename(seat.saves / name)
            sync_folder(seat.saves)
        finally:
            finish_replacing(seat.saves / name)
            remove_tree(beside)

    def restore(self, seat: Seat, machine: Machine, name: str) -> Endpoint:
        """Both files are whole before either takes its place; until then the machine is as it was."""
        finish_replacing(seat.saves / name)
        files = [(file.with_suffix(f"{file.suffix}.restored"), file) for file in (seat.disk, seat.state)]
        for beside, file in files:
            sparse_copy(seat.saves / name / file.name, beside)
        qemu_process.end(seat)
        seat.state.unlink(missing_ok=True)
        for beside, file in files:
            beside.replace(file)
        return self._resume(seat, machine, consume=True)

    @contextmanager
    def boots(self, seat: Seat) -> Iterator[Callable[[], bool]]:
        with Monitor(seat.qmp) as monitor, monitor.listening("RESET") as came:
            yield came

    def status(self, seat: Seat) -> Status:
        disk = sum(f.stat().st_blocks * 512 for f in seat.folder.glob("*") if f.is_file()) if seat.exists() else 0
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
        return Status("running", "", used, disk)

    def destroy(self, seat: Seat) -> None:
        qemu_process.end(seat)
        self._forget(seat)
        for file in (seat.disk, seat.memory, seat.state, seat.seed, seat.standing):
            file.unlink(missing_ok=True)

    def _image_of(self, layer: Path) -> Image:
        """The image at the bottom of a layer, whose kernel QEMU needs at every start."""
        image_id = (layer / "image").read_text().strip()
        if (image := images.at(self.home, image_id)) is None:
            raise HostError(f"the image {image_id} of a stored layer is gone", hint="lab cache --prune; lab reset")
        return image


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    import platform

    return platform.processor()


def _program(name: str, what: str, *packages: str) -> Finding:
    where = shutil.which(name)
    return Finding(what, where is not None, where or name, packages=packages)
