"""What a machine can do whose memory QEMU stores: be suspended, saved under names, and copied while it runs."""

from contextlib import suppress

from provisioner.backends.qemu import qemu_process
from provisioner.backends.qemu.copying import capture, finish_replacing, hold_still, save_whole
from provisioner.backends.qemu.machine import QemuMachine
from provisioner.backends.qemu.monitor import Monitor
from provisioner.backends.qemu.start import guest_command
from provisioner.core.errors import MachineError
from provisioner.core.files import remove_tree, sparse_copy
from provisioner.core.model import Spec
from provisioner.core.paths import private_folder, sync_folder, sync_tree
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

_SYNC_PATIENCE = 20.0  # seconds for a guest to write what it has in memory


class SnapshotMachine(QemuMachine):
    def suspend(self) -> None:
        seat = self.seat
        ssh.close(seat)
        with suppress(MachineError):  # should its memory be refused one day, its disk has what was written
            guest_command(seat, "sync", patience=_SYNC_PATIENCE)
        staging = seat.state.with_suffix(".new")
        qemu = qemu_process.find(seat)
        with Monitor(seat.qmp) as monitor, hold_still(seat, "stop"):
            save_whole(monitor, staging, paused=True)
            staging.replace(seat.state)
            sync_folder(seat.folder)
            with suppress(MachineError):
                monitor.ask("quit")
        qemu_process.wait_gone(qemu)

    def fork(self, spec: Spec, copy: Seat) -> "SnapshotMachine":
        capture(self.seat, copy.folder)
        other = SnapshotMachine(self.home, copy)
        other.go_on(spec, consume=False)
        return other

    def save(self, name: str) -> None:
        """Beside its place, then renamed into it: a save of that name is replaced by a whole one only."""
        seat = self.seat
        staging, older = seat.saves / f".{name}.new", seat.saves / f".{name}.old"
        finish_replacing(seat.saves / name)
        remove_tree(staging)
        private_folder(staging)
        try:
            capture(seat, staging)
            sync_tree(staging)
            if (seat.saves / name).exists():
                (seat.saves / name).rename(older)
            staging.rename(seat.saves / name)
            sync_folder(seat.saves)
        finally:
            finish_replacing(seat.saves / name)
            remove_tree(staging)

    def restore(self, spec: Spec, name: str) -> None:
        """Both files are whole before either takes its place; until then the machine is as it was."""
        seat = self.seat
        finish_replacing(seat.saves / name)
        files = [(file.with_suffix(f"{file.suffix}.restored"), file) for file in (seat.disk, seat.state)]
        for staging, file in files:
            sparse_copy(seat.saves / name / file.name, staging)
        qemu_process.end(seat)
        seat.state.unlink(missing_ok=True)
        for staging, file in files:
            staging.replace(file)
        self.go_on(spec, consume=True)
