"""Machines by Vagrant, with the hypervisor that the learner already has: `vagrant:libvirt`, `vagrant:virtualbox`, ...

What is slow is done once a host: a layer is a box, seats are its linked clones. A seat's beginning is a snapshot with
its memory, so that a reset restores it. Where the provider allows, a second card carries the tool's SSH (the door).
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import adoption, identity, process, ssh
from ..emulator import accelerator
from ..errors import HostError, LabError, MachineError
from ..files import free_port
from ..home import Home, private_folder
from ..images import Image, box, builds, ensure, table
from ..seat import Seat
from ..vagrantfile import Vagrantfile, box_folder
from . import Endpoint, Finding, Layer, Machine, Refused, Status

PROVIDERS = ("virtualbox", "libvirt", "vmware_desktop", "parallels", "hyperv", "qemu")
DOORS = ("virtualbox", "libvirt")  # providers that can give a machine the card of its own
BENTO = {"ubuntu-24.04": "bento/ubuntu-24.04", "debian-13": "bento/debian-13", "debian-12": "bento/debian-12"}
BEGINNING = "lab-beginning"
PATIENCE = 90.0  # seconds until a restored machine answers: its network comes back later than the command
_BOOTED = "systemctl is-system-running --wait >/dev/null || systemctl is-active --quiet ssh"
_STRIP = "rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce; apt-get clean; fstrim / 2>/dev/null; sync"
_STATES = {"running": "running", "saved": "stopped", "poweroff": "stopped", "aborted": "stopped", "not_created": "absent"}


class Vagrant:
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
        if self.provider == "virtualbox":
            found.append(Finding("VirtualBox", bool(shutil.which("VBoxManage")), "VBoxManage", "https://www.virtualbox.org"))
        if self.provider == "libvirt":
            answers = _quietly("virsh", "-c", "qemu:///system", "version")
            mend = "sudo systemctl start libvirtd; sudo adduser $USER libvirt (and a new login)"
            packages = ("vagrant-libvirt", "libvirt-daemon-system", "libvirt-clients", "qemu-utils", "e2fsprogs")
            found.append(Finding("libvirt", answers, "virsh -c qemu:///system", mend, packages))
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
        return f"{self.name} {_version()} {machine.disk}"

    def up(self, seat: Seat, machine: Machine, origin: Image | Layer, *, building: bool = False) -> Endpoint:
        ssh.close(seat)
        its, made_from = Vagrantfile(seat, self.provider), origin.key if isinstance(origin, Layer) else origin.digest
        if its.id and its.topology.get("beginning") == made_from and not building:
            with suppress(LabError):  # a snapshot that cannot be restored is made anew, with its machine
                its.restore(BEGINNING)
                return self._greet(seat, its)
        self._make(its, seat, machine, origin)
        if isinstance(origin, Layer) and not building:
            its.save(BEGINNING)
            its.write(its.topology | {"beginning": made_from})
        return self._greet(seat, its)

    def store(self, seat: Seat, folder: Path) -> None:
        """The machine becomes a box; the folder keeps its name."""
        its, record = Vagrantfile(seat, self.provider), seat.read()
        assert record is not None
        ssh.close(seat)
        its.shell(_STRIP)
        its.halt()
        name, workshop = f"lab/{record.layer}", private_folder(folder / "box")
        if self.provider == "libvirt":
            file = _pack(its, workshop)
        else:
            file = workshop / "lab.box"
            its.package(file)
        its.add_box(name, file)
        shutil.rmtree(workshop)
        (folder / "name").write_text(name)

    def suspend(self, seat: Seat) -> None:
        ssh.close(seat)
        Vagrantfile(seat, self.provider).suspend()

    def resume(self, seat: Seat, machine: Machine) -> Endpoint:
        its = Vagrantfile(seat, self.provider)
        its.resume() if its.state() == "saved" else its.up()
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
        known: Any = _STATES.get(state, "broken")
        return Status(known, "" if known == "running" else f"Vagrant says: {state}")

    def destroy(self, seat: Seat) -> None:
        ssh.close(seat)
        its = Vagrantfile(seat, self.provider)
        if its.id:
            its.destroy()
        shutil.rmtree(its.folder, ignore_errors=True)

    def _make(self, its: Vagrantfile, seat: Seat, machine: Machine, origin: Image | Layer) -> None:
        self.destroy(seat)
        forwards = {str(port): free_port() for port in machine.forwards} if self.provider != "libvirt" else {}
        emulated = isinstance(origin, Image) and origin.kernel and accelerator.choose(self.home, origin) == "tcg"
        its.write({
            "title": f"lab-{seat.name}", "prefix": f"lab-{seat.name}_", "box": self._box(seat, origin),
            "cpus": machine.cpus, "memory": machine.memory, "disk": machine.disk, "forwards": forwards,
            "door": free_port() if self.provider in DOORS else None,
            "driver": "qemu" if emulated or self._emulates() else "kvm",
        })  # fmt: skip
        its.up()
        if not its.shell("[ -e /etc/lab/sshd_config ] && echo ours || :"):
            its.shell(adoption.script(), timeout=adoption.PATIENCE)
        its.shell(_BOOTED, timeout=300)

    def _emulates(self) -> bool:
        """What the embedded driver found out about this host by trying, where it did."""
        with suppress(OSError):
            return '"tcg"' in self.home.accelerator.read_text()
        return not Path("/dev/kvm").exists()

    def _box(self, seat: Seat, origin: Image | Layer) -> str:
        if isinstance(origin, Layer):
            name = (origin.folder / "name").read_text()
            if not box_folder(name, self.provider).is_dir():
                raise Refused(origin, MachineError(f"its box {name} is gone"))
            return name
        if origin.disk_format == "box":
            return origin.digest
        name = f"lab/{origin.name}-{origin.digest[-16:]}"
        if not box_folder(name, self.provider).is_dir():
            workshop = private_folder(self.home.images / ".box")
            try:
                Vagrantfile(seat, self.provider).add_box(name, box.make(origin, workshop))
            finally:
                shutil.rmtree(workshop)
        return name

    def _greet(self, seat: Seat, its: Vagrantfile) -> Endpoint:
        """Gives a machine in its beginning the seat's identity and the time."""
        _patiently(lambda: its.shell(identity.script(seat), timeout=30))
        if not its.topology["door"]:
            identity.take_host_key(seat, its.shell(identity.admit(seat)))
        return _end(its)

    def _back(self, seat: Seat, its: Vagrantfile) -> Endpoint:
        """A machine that the learner has worked on: it has its identity, and its own sshd may be shut."""
        end = _end(its)
        ssh.configure(seat, end.address, end.port)
        _patiently(lambda: ssh.run(seat, "date", "-s", f"@{time.time():.3f}", timeout=30))
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


def _pack(its: Vagrantfile, workshop: Path) -> Path:
    """libvirt's own `vagrant package` needs libguestfs: the disk is fetched and put upon its box's disk instead."""
    below = box_folder(its.topology["box"], "libvirt")
    virsh = ["virsh", "-q", "-c", "qemu:///system"]
    domain = process.run([*virsh, "domname", its.id]).out.strip()
    disk = workshop / "overlay.qcow2"
    process.run([*virsh, "vol-download", "--pool", "default", "--sparse", f"{domain}.img", str(disk)], hint="is the disk full?")
    process.run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", str(below / "box.img"), str(disk)])
    process.run(["qemu-img", "convert", "-O", "qcow2", str(disk), str(workshop / "box.img")], hint="is the disk full?")
    disk.unlink()
    shutil.copy(below / box.KEY, workshop / box.KEY)
    return box.pack(below / "vmlinuz", below / "initrd", workshop)


def _here() -> str:
    """VirtualBox where it is, because most learners have it."""
    return "virtualbox" if shutil.which("VBoxManage") or not shutil.which("virsh") else "libvirt"


def _version() -> str:
    return process.run(["vagrant", "--version"], timeout=60).out.strip()


def _quietly(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
