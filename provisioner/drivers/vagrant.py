"""Machines by Vagrant, with the hypervisor that the learner already has: `vagrant:libvirt`, `vagrant:virtualbox`, ...

What is slow is done once a host: a layer is a box, seats are its linked clones. A seat's beginning is a snapshot with
its memory, so that a reset restores it. Where the provider allows, a second card carries the tool's SSH (the door).
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from provisioner.backends import enroll
from provisioner.backends.qemu import accelerator
from provisioner.backends.vagrant import box, libvirt, virtualbox
from provisioner.backends.vagrant.vagrantfile import NAME, Vagrantfile, box_folder
from provisioner.core.errors import HostError, LabError, MachineError
from provisioner.core.files import free_port
from provisioner.core.model import Endpoint, Finding, Layer, Machine, Refused, Status
from provisioner.core.paths import Home, private_folder
from provisioner.images import Image, builds, ensure, table
from provisioner.seats import identity, ssh
from provisioner.seats.seat import Seat

PROVIDERS = ("virtualbox", "libvirt", "vmware_desktop", "parallels", "hyperv", "qemu")
# What tells that a provider's hypervisor is here, and where it comes from. (libvirt is asked; qemu comes with its plugin.)
_HYPERVISORS = {
    "virtualbox": ("VirtualBox", "VBoxManage", "https://www.virtualbox.org"),
    "vmware_desktop": ("VMware", "vmrun", "VMware Fusion or Workstation, and `vagrant plugin install vagrant-vmware-desktop`"),
    "parallels": ("Parallels", "prlctl", "Parallels Desktop, and `vagrant plugin install vagrant-parallels`"),
    "hyperv": ("Hyper-V", "vmms", "switch on the Windows feature Hyper-V"),
}
DOORS = ("virtualbox", "libvirt")  # providers that can give a machine the card of its own
BENTO = {"ubuntu-24.04": "bento/ubuntu-24.04", "debian-13": "bento/debian-13", "debian-12": "bento/debian-12"}
BEGINNING = "lab-beginning"
PATIENCE = 180.0  # seconds until a restored machine answers: its network comes back later than the command
_BOOTED = "systemctl is-system-running --wait >/dev/null || systemctl is-active --quiet ssh"
# See emulator/arguments.LEAN.
_REUSE = "echo kernel.randomize_va_space=0 >/etc/sysctl.d/60-lab.conf; sysctl -qp /etc/sysctl.d/60-lab.conf"
_STRIP = "rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce; apt-get clean; fstrim / 2>/dev/null; sync"
# Vagrant's words, and libvirt's: there a machine with a saved memory is shut off, and one whose own network is down
# (an exercise may go that far) inaccessible.
RUNNING, STOPPED = ("running", "inaccessible"), ("saved", "poweroff", "aborted", "shutoff", "paused")


class Vagrant:
    with_memory = False

    def __init__(self, provider: str = "", home: Home | None = None) -> None:
        self.home = home or Home.find()
        self.provider = provider or _here()
        if self.provider not in PROVIDERS:
            raise HostError(f"no provider is called {self.provider!r}", hint=f"providers: {', '.join(PROVIDERS)}")
        self.name = f"vagrant:{self.provider}"

    def preflight(self) -> Sequence[Finding]:
        found = [
            Finding("Vagrant", bool(shutil.which("vagrant")), shutil.which("vagrant") or "vagrant", packages=("vagrant",)),
            Finding("the SSH client", bool(shutil.which("ssh")), "ssh", packages=("openssh-client",)),
        ]
        if self.provider in _HYPERVISORS:
            what, program, fix = _HYPERVISORS[self.provider]
            found.append(Finding(what, bool(shutil.which(program)), shutil.which(program) or program, fix))
        if self.provider == "libvirt":
            where = libvirt.uri()
            fix = "sudo systemctl start libvirtd; sudo adduser $USER libvirt (and a new login)"
            packages = ("vagrant-libvirt", "libvirt-daemon-system", "libvirt-clients", "qemu-utils", "e2fsprogs")
            found.append(Finding("libvirt", libvirt.answers(where), f"virsh -c {where}", fix, packages))
            if where == libvirt.SESSION:
                what = f"the bridge {libvirt.BRIDGE}, for a user's machines"
                found.append(Finding(what, libvirt.bridged(), libvirt.BRIDGE, libvirt.ALLOW))
        return found

    def image(self, preferred: Sequence[str]) -> Image:
        """Built here for libvirt, where that can be; else the name of a public box, which Vagrant gets itself."""
        sources = table(self.home)
        if self.provider == "libvirt" and (ours := [n for n in preferred if n in sources and builds(sources[n])]):
            return ensure(self.home, ours)
        known = [n for n in preferred if n in BENTO]
        if not known:
            raise HostError(f"no box is known for {', '.join(preferred)}", hint=f"there are: {', '.join(BENTO)}")
        return Image(known[0], Path(BENTO[known[0]]), BENTO[known[0]], "box")

    def fingerprint(self, machine: Machine, image: Image) -> str:
        return f"{self.name} {machine.disk}"  # a box fits every version

    def up(self, seat: Seat, machine: Machine, origin: Image | Layer, *, building: bool = False) -> Endpoint:
        ssh.close(seat)
        its, made_from = Vagrantfile(seat, self.provider), origin.folder.name if isinstance(origin, Layer) else origin.digest
        if its.id and its.topology.get("beginning") == made_from and not building:
            with suppress(LabError):  # a snapshot that cannot be restored is made anew, with its machine
                its.restore(BEGINNING)
                return self._greet(seat, its)
        self._make(its, seat, machine, origin)
        if isinstance(origin, Layer) and not building:
            its.save(BEGINNING, first=True)
            its.write(its.topology | {"beginning": made_from})
        return self._greet(seat, its)

    def store(self, seat: Seat, folder: Path) -> None:
        """The machine becomes a box; the folder keeps its name."""
        its, record = Vagrantfile(seat, self.provider), seat.read()
        assert record is not None
        ssh.close(seat)
        its.shell(_STRIP)
        its.halt()
        below = its.topology["box"]
        name, workshop = f"lab/{_tag(self.home.cache)}-{record.layer}-{record.made}", private_folder(folder / "box")
        if self.provider == "libvirt":
            file = libvirt.pack(its.id, box_folder(below, self.provider), workshop)
        else:
            file = workshop / "lab.box"
            its.package(file)
        its.add_box(name, file)
        shutil.rmtree(workshop)
        (folder / "name").write_text(name)
        if below.startswith("lab/") and not (self.home.layers / below.partition("-")[2]).exists():
            (folder / "below").write_text(below)

    def suspend(self, seat: Seat) -> None:
        ssh.close(seat)
        Vagrantfile(seat, self.provider).suspend()

    def resume(self, seat: Seat, machine: Machine) -> Endpoint:
        its = Vagrantfile(seat, self.provider)
        its.end_orphans()
        try:
            its.resume()
        except MachineError:
            if not its.topology["door"]:  # the way in that Vagrant has waited for is the only one
                raise
        if its.state() not in RUNNING:
            its.up()  # it was switched off, and boots
        return self._back(seat, its)

    def save(self, seat: Seat, name: str) -> None:
        ssh.close(seat)  # a connection that a snapshot holds hangs after it was restored
        Vagrantfile(seat, self.provider).save(name)

    def restore(self, seat: Seat, machine: Machine, name: str) -> Endpoint:
        its = Vagrantfile(seat, self.provider)
        ssh.close(seat)
        its.restore(name)
        return self._back(seat, its)

    def status(self, seat: Seat) -> Status:
        its = Vagrantfile(seat, self.provider)
        if not its.id:
            return Status("absent")
        state = its.state()
        if state in RUNNING:
            memory, disk = libvirt.cost(its.id) if self.provider == "libvirt" else (0, 0)
            return Status("running", memory=memory, disk=disk)
        if state == "not_created":
            return Status("absent")
        return Status("stopped" if state in STOPPED else "broken", f"Vagrant says: {state}")

    def destroy(self, seat: Seat) -> None:
        ssh.close(seat)
        its = Vagrantfile(seat, self.provider)
        if not its.folder.exists():
            return
        its.end_orphans()
        if its.id:
            its.destroy()
        elif self.provider == "libvirt":
            libvirt.clear(f"{machine_prefix(seat)}{NAME}")
        shutil.rmtree(its.folder, ignore_errors=True)

    def discard(self, folder: Path) -> None:
        """Gives back the boxes of a stored layer: its own, and the image's that only it stood on."""
        for file in (folder / "name", folder / "below"):
            if file.exists() and box_folder(name := file.read_text(), self.provider).is_dir():
                if self.provider == "virtualbox":
                    virtualbox.forget(box_folder(name, self.provider))
                Vagrantfile(Seat(folder), self.provider).remove_box(name)
                if self.provider == "libvirt":
                    libvirt.forget(name)

    def _make(self, its: Vagrantfile, seat: Seat, machine: Machine, origin: Image | Layer) -> None:
        self.destroy(seat)
        forwards = {str(port): free_port() for port in machine.forwards} if self.provider != "libvirt" else {}
        emulated = isinstance(origin, Image) and origin.kernel and accelerator.choose(self.home, origin) == "tcg"
        its.write({
            "title": machine_prefix(seat).rstrip("_"), "prefix": machine_prefix(seat), "box": self.box_for(seat, origin),
            "cpus": machine.cpus, "memory": machine.memory, "disk": machine.disk, "forwards": forwards,
            "door": free_port() if self.provider in DOORS else None,
            "driver": "qemu" if emulated or self._emulates() else "kvm",
            "uri": libvirt.uri() if self.provider == "libvirt" else None,
        })  # fmt: skip
        its.up()
        if not its.shell("[ -e /etc/lab/sshd_config ] && echo ours || :"):
            its.shell(enroll.script(), timeout=enroll.PATIENCE)
        if its.topology["driver"] == "qemu":
            its.shell(_REUSE)
        its.shell(_BOOTED, timeout=300)

    def _emulates(self) -> bool:
        """What the embedded driver found out about this host by trying, where it did."""
        with suppress(OSError):
            return '"tcg"' in self.home.accelerator.read_text()
        return not Path("/dev/kvm").exists()

    def box_for(self, seat: Seat, origin: Image | Layer) -> str:
        if isinstance(origin, Layer):
            name = (origin.folder / "name").read_text()
            if not box_folder(name, self.provider).is_dir():
                raise Refused(origin, MachineError(f"its box {name} is gone"))
            return name
        if origin.disk_format == "box":
            return origin.digest
        name = f"lab/{_tag(self.home.cache)}-{origin.name}-{origin.digest[-16:]}"
        if not box_folder(name, self.provider).is_dir():
            workshop = private_folder(self.home.images / ".box")
            try:
                Vagrantfile(seat, self.provider).add_box(name, box.make(origin, workshop))
            finally:
                shutil.rmtree(workshop)
        return name

    def _greet(self, seat: Seat, its: Vagrantfile) -> Endpoint:
        """Gives a machine in its beginning the seat's identity and the time."""
        _patiently(lambda: its.shell(identity.script(seat), timeout=60))
        if not its.topology["door"]:
            identity.take_host_key(seat, its.shell(identity.admit(seat)))
        return self._enter(seat, its, "true")

    def _back(self, seat: Seat, its: Vagrantfile) -> Endpoint:
        """A machine that the learner has worked on: it has its identity, and its own sshd may be shut."""
        return self._enter(seat, its, "date", "-s", f"@{time.time():.3f}")

    def _enter(self, seat: Seat, its: Vagrantfile, *words: str) -> Endpoint:
        """A machine is up when the seat's own way in is open: a command in it, tried until it runs."""
        end = _end(its)
        ssh.configure(seat, end.address, end.port)
        _patiently(lambda: ssh.run(seat, *words, timeout=60))
        return end


def _end(its: Vagrantfile) -> Endpoint:
    topology = its.topology
    address, port = ("127.0.0.1", topology["door"]) if topology["door"] else its.way_in
    return Endpoint(address, port, {int(there): here for there, here in topology["forwards"].items()})


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


def _tag(folder: Path) -> str:
    """Boxes and machines are Vagrant's and the back end's: there, names tell one LAB_HOME from another."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]


def machine_prefix(seat: Seat) -> str:
    return f"lab-{seat.name}-{_tag(seat.folder)}_"


def _here() -> str:
    """VirtualBox where it is, because most learners have it."""
    return "virtualbox" if shutil.which("VBoxManage") or not shutil.which("virsh") else "libvirt"
