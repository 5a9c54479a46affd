"""A machine by Vagrant: where it answers, and what is kept of it as Vagrant's snapshots."""

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from provisioner.backends.vagrant import libvirt
from provisioner.backends.vagrant.vagrantfile import NAME, Vagrantfile
from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Endpoint, Spec, Status
from provisioner.seats import identity, ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

PATIENCE = 180.0  # seconds until a restored machine answers: its network comes back later than the command
# Vagrant's words, and libvirt's: there a machine with a saved memory is shut off, and one whose own network is down
# (an exercise may go that far) inaccessible.
RUNNING, STOPPED = ("running", "inaccessible"), ("saved", "poweroff", "aborted", "shutoff", "paused")


class VagrantMachine(Machine):
    def __init__(self, seat: Seat, provider: str) -> None:
        super().__init__(seat)
        self.provider = provider
        self.vagrant = Vagrantfile(seat, provider)

    def begin(self) -> None:
        """Gives a machine in its beginning the seat's identity and the time."""
        _patiently(lambda: self.vagrant.shell(identity.make_script(self.seat), timeout=60))
        if not self.vagrant.topology["mgmt"]:
            identity.pin_host_key(self.seat, self.vagrant.shell(identity.admit(self.seat)))
        self._enter("true")

    def suspend(self) -> None:
        ssh.close(self.seat)
        self.vagrant.suspend()

    def resume(self, spec: Spec) -> None:
        self.vagrant.end_orphans()
        try:
            self.vagrant.resume()
        except MachineError:
            if not self.vagrant.topology["mgmt"]:  # the way in that Vagrant has waited for is the only one
                raise
        if self.vagrant.state() not in RUNNING:
            self.vagrant.up()  # it was switched off, and boots
        self._come_back()

    def save(self, name: str) -> None:
        ssh.close(self.seat)  # a connection that a snapshot holds hangs after it was restored
        self.vagrant.save(name)

    def restore(self, spec: Spec, name: str) -> None:
        ssh.close(self.seat)
        self.vagrant.restore(name)
        self._come_back()

    def status(self) -> Status:
        if not self.vagrant.id:
            return Status("absent")
        state = self.vagrant.state()
        if state in RUNNING:
            memory, disk = libvirt.cost(self.vagrant.id) if self.provider == "libvirt" else (0, 0)
            return Status("running", memory=memory, disk=disk)
        if state == "not_created":
            return Status("absent")
        return Status("stopped" if state in STOPPED else "broken", f"Vagrant says: {state}")

    def end(self) -> None:
        ssh.close(self.seat)
        if not self.vagrant.folder.exists():
            return
        self.vagrant.end_orphans()
        if self.vagrant.id:
            self.vagrant.destroy()
        elif self.provider == "libvirt":
            libvirt.clear(f"{machine_prefix(self.seat)}{NAME}")
        shutil.rmtree(self.vagrant.folder, ignore_errors=True)

    def _come_back(self) -> None:
        """A machine that the learner has worked on: it has its identity, and its own sshd may be shut."""
        self._enter("date", "-s", f"@{time.time():.3f}")

    def _enter(self, *words: str) -> None:
        """A machine is up when the seat's own way in is open: a command in it, tried until it runs."""
        topology = self.vagrant.topology
        address, port = ("127.0.0.1", topology["mgmt"]) if topology["mgmt"] else self.vagrant.way_in
        forwards = {int(guest_port): host_port for guest_port, host_port in topology["forwards"].items()}
        self._record_endpoint(Endpoint(address, port, forwards))
        _patiently(lambda: self.run(*words, timeout=60))


def _patiently(call: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            call()
        except LabError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def tag(folder: Path) -> str:
    """Boxes and machines are Vagrant's and the back end's: there, names tell one LAB_HOME from another."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]


def machine_prefix(seat: Seat) -> str:
    return f"lab-{seat.name}-{tag(seat.folder)}_"
