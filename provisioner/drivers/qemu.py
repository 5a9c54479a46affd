"""The embedded default: plain QEMU, driven by QMP, without root and without a service on the host."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from provisioner import images
from provisioner.backends.disk_chain import OVERLAY, make_overlay
from provisioner.backends.qemu import accelerator, arguments, balloon, conversion, guest_dns, qemu_process, state_support
from provisioner.backends.qemu.machine import QemuMachine
from provisioner.backends.qemu.memory import SharedMemory
from provisioner.backends.qemu.monitor import Monitor, StateBlocked
from provisioner.backends.qemu.snapshots import SnapshotMachine
from provisioner.backends.qemu.start import StateRefused, guest_command
from provisioner.core.errors import MachineError
from provisioner.core.files import dig_holes, remove_tree
from provisioner.core.model import CapabilityLost, Finding, Info, Layer, LayerRefused, Spec
from provisioner.core.paths import Home
from provisioner.images import Image
from provisioner.seats import identity, ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

_SHUTDOWN_PATIENCE = 120.0  # seconds for a guest to end its services


class Qemu:
    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.find()
        self._refused_keys = set[str]()

    @property
    def info(self) -> Info:
        return Info("qemu", layers="disk" if state_support.refusal(self.home) else "memory", converts=("lxc",))

    def preflight(self) -> Sequence[Finding]:
        return [
            _program(arguments.program(), "QEMU", *arguments.PACKAGES),
            _program("qemu-img", "QEMU's disk tools", "qemu-utils"),
            _program("ssh", "the SSH client", "openssh-client"),
        ]

    def image(self, preferred: Sequence[str]) -> Image:
        return images.ensure(self.home, preferred)

    def fingerprint(self, spec: Spec, image: Image) -> str:
        """A stored state fits only the QEMU, accelerator and processor that it was made with."""
        accel = accelerator.choose(self.home, image)
        cpu = arguments.processor(accel) if accel == "tcg" else _processor()
        disk_only = " disk only" if self.info.layers == "disk" else ""
        return f"{arguments.version()} {accel} {cpu} {spec.cpus} {spec.memory} {spec.disk}{disk_only}"

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> QemuMachine:
        qemu_process.end(seat)
        for file in (seat.disk, seat.state, seat.seed, seat.memory):
            file.unlink(missing_ok=True)
        machine = self._machine(seat, SharedMemory(seat.memory, spec.memory) if building else None)
        if isinstance(origin, Image):
            make_overlay(origin.disk, origin.disk_format, seat.disk, spec.disk)
            machine.boot(spec, origin)
        elif origin.driver in self.info.converts:
            conversion.write(self.home, seat, images.of_layer(self.home, origin.folder), origin, spec.disk, OVERLAY)
            machine.boot(spec, images.of_layer(self.home, origin.folder))
        else:
            make_overlay(origin.folder / "disk.qcow2", "qcow2", seat.disk, spec.disk)
            self._start_from(origin, machine, spec)
        return machine

    def _start_from(self, layer: Layer, machine: QemuMachine, spec: Spec) -> None:
        image, state = images.of_layer(self.home, layer.folder), layer.folder / "state"
        if not state.exists():
            return machine.boot(spec, image)
        try:
            machine.load(spec, image, layer.folder / "ram.img", state)
        except StateRefused as error:
            if layer.key in self._refused_keys:  # it was made anew since, by this very QEMU
                state_support.give_up(self.home, error.what)
                raise CapabilityLost(error.what, evidence=error.evidence, hint=error.hint) from None
            self._refused_keys.add(layer.key)
            raise LayerRefused(layer, error) from None

    def attach(self, seat: Seat) -> QemuMachine:
        return self._machine(seat)

    def _machine(self, seat: Seat, building: SharedMemory | None = None) -> QemuMachine:
        kind = SnapshotMachine if self.info.layers == "memory" else QemuMachine
        return kind(self.home, seat, building)

    def store(self, machine: Machine, folder: Path) -> None:
        assert isinstance(machine, QemuMachine)
        assert machine.building is not None
        seat = machine.seat
        ssh.close(seat)
        guest_command(seat, guest_dns.FORGET)
        with Monitor(seat.qmp) as monitor:
            balloon.empty(seat, monitor)
        guest_command(seat, identity.strip())
        qemu = qemu_process.find(seat)
        qemu_process.settle(qemu)  # what is unfinished now would be finished by every machine that is resumed from it
        if self.info.layers == "memory":
            self._store_state(machine, folder)
            with Monitor(seat.qmp) as monitor, suppress(MachineError):
                monitor.ask("quit")
        else:
            guest_command(seat, "systemctl poweroff")
        qemu_process.wait_gone(qemu, _SHUTDOWN_PATIENCE)
        if self.info.layers == "memory":
            machine.building.store(folder / "ram.img")
            dig_holes(folder / "ram.img")
        seat.disk.rename(folder / "disk.qcow2")

    def _store_state(self, machine: QemuMachine, folder: Path) -> None:
        """All but its memory, with which it stands still."""
        try:
            with Monitor(machine.seat.qmp) as monitor:
                monitor.ask("stop")
                monitor.save(folder / "state", without_memory=True)
        except StateBlocked as error:
            state_support.give_up(self.home, error.evidence)
            raise CapabilityLost(error.what, evidence=error.evidence) from None

    def discard(self, folder: Path) -> None:
        remove_tree(folder)


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    import platform

    return platform.processor()


def _program(name: str, title: str, *packages: str) -> Finding:
    path = shutil.which(name)
    return Finding(title, path is not None, path or name, packages=packages)
