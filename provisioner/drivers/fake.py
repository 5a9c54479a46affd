"""Machines of folders, for tests of all that is not a driver: no virtual machine, no root, tenths of a second.

`fake` does what the embedded driver does (layers with memory, snapshots, copies), `fake:disk` what system containers do
(layers without memory), `fake:plain` what a machine of one's own does: none of it. No learner gets one by
accident: `auto` never takes it, and its SSH server is asyncssh, which comes with the tools of the tests only.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psutil

from provisioner.backends.fake.guest import Guest
from provisioner.backends.fake.launch import end, find, launch
from provisioner.backends.fake.moments import FOLDER, moment
from provisioner.backends.fake.shell import Shell
from provisioner.core.errors import MachineError, UsageError
from provisioner.core.files import remove_tree
from provisioner.core.model import Finding, Info, Layer, LayerRefused, Spec, Status
from provisioner.core.paths import Home, private_folder, write_private
from provisioner.images import Image
from provisioner.seats import identity, ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat


class FakeMachine(Machine):
    def __init__(self, home: Home, seat: Seat) -> None:
        super().__init__(seat)
        self.home, self.guest = home, Guest(seat.folder / "fake")

    def launch(self, spec: Spec) -> None:
        self._record_endpoint(launch(self.seat, self.guest, spec.forwards))

    def identify(self) -> None:
        for name, (_, text) in identity.make_texts(self.seat).items():
            self.guest.write(name, text)

    def status(self) -> Status:
        process, disk = find(self.guest), self.guest.size(self.guest.disk)
        if process is None:
            detail = "suspended with its memory" if self.guest.suspended.exists() else "switched off; its disk is here"
            return Status("stopped", detail, disk=disk) if self.guest.disk.exists() else Status("absent")
        memory = process.memory_info().rss
        if process.status() == psutil.STATUS_STOPPED:
            return Status("broken", f"process {process.pid} was stopped by a signal", memory, disk)
        return Status("running", memory=memory, disk=disk)

    def resume(self, spec: Spec) -> None:
        moment(self.home, "resume")
        end(self.guest)
        if self.guest.suspended.exists():
            remove_tree(self.guest.memory)
            self.guest.suspended.rename(self.guest.memory)
        else:
            self.guest.boot()
        self.launch(spec)

    def revive(self) -> Status:
        """One that was stopped by a signal, or stood still for a command that was killed, goes on."""
        if process := find(self.guest):
            process.resume()
        self.seat.pause_file.unlink(missing_ok=True)
        return self.status()

    def end(self) -> None:
        moment(self.home, "end")
        ssh.close(self.seat)
        end(self.guest)
        remove_tree(self.guest.folder)
        self.seat.pause_file.unlink(missing_ok=True)

    @contextmanager
    def _hold_still(self, reason: str) -> Iterator[None]:
        """The machine stands still; after kill -9 the next command lets it go on."""
        if (process := find(self.guest)) is None:
            raise MachineError("the machine does not run")
        write_private(self.seat.pause_file, f"{reason}\n")
        process.suspend()
        try:
            moment(self.home, reason)
            yield
        finally:
            process.resume()
            self.seat.pause_file.unlink()


class SnapshotMachine(FakeMachine):
    """As the embedded driver's: it can be suspended, saved and copied."""

    def suspend(self) -> None:
        ssh.close(self.seat)
        with self._hold_still("suspend"):
            shutil.copytree(self.guest.memory, self.guest.suspended)
        end(self.guest)

    def save(self, name: str) -> None:
        place = self.seat.saves / name
        temporary = place.with_name(f".{name}.new")
        remove_tree(temporary)
        private_folder(temporary)
        with self._hold_still("save"):
            self.guest.copy(Guest(temporary))
        remove_tree(place)
        temporary.rename(place)

    def restore(self, spec: Spec, name: str) -> None:
        moment(self.home, "restore")
        ssh.close(self.seat)
        end(self.guest)
        self._put_back(self.seat.saves / name)
        self.launch(spec)

    def fork(self, spec: Spec, copy: Seat) -> "FakeMachine":
        other = SnapshotMachine(self.home, copy)
        with self._hold_still("fork"):
            self.guest.copy(other.guest)
        other.identify()
        other.launch(spec)
        return other

    def _put_back(self, folder: Path) -> None:
        remove_tree(self.guest.folder)
        private_folder(self.guest.folder)
        Guest(folder).copy(self.guest)


class FakePlain:
    """info.playbooks: Ansible needs a Python in the machine, and a fake one has none."""

    info = Info("fake:plain", playbooks=False)
    machine: type[FakeMachine] = FakeMachine

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.find()

    def preflight(self) -> Sequence[Finding]:
        is_installed = find_spec("asyncssh") is not None
        return [
            Finding("asyncssh", is_installed, "a Python package", "" if is_installed else "pip install asyncssh"),
            Finding("the SSH client", bool(shutil.which("ssh")), "ssh", packages=("openssh-client",)),
        ]

    def image(self, preferred: Sequence[str]) -> Image:
        return Image(preferred[0], self.home.images / f"{preferred[0]}-fake", "fake", "fake")

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> FakeMachine:
        machine = self.attach(seat)
        machine.end()
        private_folder(machine.guest.folder)
        if isinstance(origin, Layer):
            self._take(machine.guest, origin)
        else:
            machine.guest.write("/etc/image", origin.name)
        if self.info.layers != "memory" or not isinstance(origin, Layer) or not machine.guest.memory.exists():
            machine.guest.boot()
        moment(self.home, "start")
        machine.identify()
        machine.launch(spec)
        return machine

    def attach(self, seat: Seat) -> FakeMachine:
        return self.machine(self.home, seat)

    def _take(self, guest: Guest, layer: Layer) -> None:
        stored = Guest(layer.folder)
        if not stored.read("/etc/image"):
            raise LayerRefused(layer, MachineError("its disk has no image"))
        stored.copy(guest)


class FakeDisk(FakePlain):
    info = Info("fake:disk", kernel="host", layers="disk", playbooks=False)

    def fingerprint(self, spec: Spec, image: Image) -> str:
        return f"{self.info.name} {spec.memory} {spec.disk}"

    def store(self, machine: Machine, folder: Path) -> None:
        assert isinstance(machine, FakeMachine)
        Shell(machine.guest).run(identity.strip())
        moment(self.home, "store")
        ssh.close(machine.seat)
        end(machine.guest)
        if self.info.layers == "disk":
            machine.guest.boot()
        machine.guest.copy(Guest(folder))

    def discard(self, folder: Path) -> None:
        remove_tree(folder)


class FakeMemory(FakeDisk):
    info = Info("fake", layers="memory", playbooks=False)
    machine: type[FakeMachine] = SnapshotMachine

    def fingerprint(self, spec: Spec, image: Image) -> str:
        """With the version that a test has told this home, as QEMU's is in that of the embedded driver."""
        version = self.home.state / FOLDER / "version"
        return super().fingerprint(spec, image) + (f" {version.read_text()}" if version.exists() else "")


def make(kind: str = "") -> FakePlain:
    kinds: dict[str, Callable[[], FakePlain]] = {"": FakeMemory, "disk": FakeDisk, "plain": FakePlain}
    if kind not in kinds:
        raise UsageError(f"no fake machine is called {kind!r}", hint="fake, fake:disk or fake:plain")
    return kinds[kind]()
