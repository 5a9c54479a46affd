"""Drivers and machines against the protocols that isinstance looks for by name only: compared by mypy, never run."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.backends.qemu.snapshots import SnapshotMachine as QemuSnapshotMachine
    from provisioner.backends.vagrant.machine import VagrantMachine
    from provisioner.core.paths import Home
    from provisioner.drivers.base import Driver, Forks, LayerStore, Snapshots
    from provisioner.drivers.fake import FakeDisk, FakeMemory, FakePlain, SnapshotMachine
    from provisioner.drivers.lxc import Lxc
    from provisioner.drivers.qemu import Qemu
    from provisioner.drivers.ssh import Ssh
    from provisioner.drivers.vagrant import Vagrant

    def drivers(home: Home) -> list[Driver]:
        return [
            Qemu(home),
            Lxc(home),
            Vagrant("libvirt", home),
            Ssh("host", home),
            FakeMemory(home),
            FakeDisk(home),
            FakePlain(home),
        ]

    def layer_stores(home: Home) -> list[LayerStore]:
        return [Qemu(home), Lxc(home), Vagrant("libvirt", home), FakeMemory(home), FakeDisk(home)]

    def machines_with_snapshots(qemu: QemuSnapshotMachine, vagrant: VagrantMachine, fake: SnapshotMachine) -> list[Snapshots]:
        return [qemu, vagrant, fake]

    def machines_with_copies(qemu: QemuSnapshotMachine, fake: SnapshotMachine) -> list[Forks]:
        return [qemu, fake]
