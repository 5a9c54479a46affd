"""Machines by Vagrant, with the hypervisor that the learner already has: `vagrant:libvirt`, `vagrant:virtualbox`, ...

What is slow is done once a host: a layer is a box, seats are its linked clones. A seat's beginning is a snapshot with
its memory, so that a reset restores it. Where the provider allows, a second card is the management network: the tool's SSH.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from provisioner import images
from provisioner.backends import enroll
from provisioner.backends.qemu import accelerator, conversion
from provisioner.backends.vagrant import box, libvirt, virtualbox
from provisioner.backends.vagrant.machine import VagrantMachine, machine_prefix, tag
from provisioner.backends.vagrant.vagrantfile import Vagrantfile, box_folder
from provisioner.core.errors import HostError, LabError, MachineError
from provisioner.core.files import free_port, remove_tree
from provisioner.core.model import Finding, Info, Layer, LayerRefused, Spec
from provisioner.core.paths import Home, private_folder
from provisioner.images import Image, builds, ensure, table
from provisioner.seats import ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

PROVIDERS = ("virtualbox", "libvirt", "vmware_desktop", "parallels", "hyperv", "qemu")
# What tells that a provider's hypervisor is here, and where it comes from. (libvirt is asked; qemu comes with its plugin.)
_HYPERVISORS = {
    "virtualbox": ("VirtualBox", "VBoxManage", "https://www.virtualbox.org"),
    "vmware_desktop": ("VMware", "vmrun", "VMware Fusion or Workstation, and `vagrant plugin install vagrant-vmware-desktop`"),
    "parallels": ("Parallels", "prlctl", "Parallels Desktop, and `vagrant plugin install vagrant-parallels`"),
    "hyperv": ("Hyper-V", "vmms", "switch on the Windows feature Hyper-V"),
}
MGMT_PROVIDERS = ("virtualbox", "libvirt")  # providers that can give a machine the card of its own
BENTO = {"ubuntu-24.04": "bento/ubuntu-24.04", "debian-13": "bento/debian-13", "debian-12": "bento/debian-12"}
BEGINNING = "lab-beginning"
_BOOTED = "systemctl is-system-running --wait >/dev/null || systemctl is-active --quiet ssh"
# See backends/qemu/arguments.py, TUNED.
_REUSE = "echo kernel.randomize_va_space=0 >/etc/sysctl.d/60-lab.conf; sysctl -qp /etc/sysctl.d/60-lab.conf"
_STRIP = "rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce; apt-get clean; fstrim / 2>/dev/null; sync"


class Vagrant:
    def __init__(self, provider: str = "", home: Home | None = None) -> None:
        self.home = home or Home.find()
        self.provider = provider or _choose_provider()
        if self.provider not in PROVIDERS:
            raise HostError(f"no provider is called {self.provider!r}", hint=f"providers: {', '.join(PROVIDERS)}")
        self.info = Info(f"vagrant:{self.provider}", layers="disk", converts=("lxc",) if self.provider == "libvirt" else ())

    def preflight(self) -> Sequence[Finding]:
        findings = [
            Finding("Vagrant", bool(shutil.which("vagrant")), shutil.which("vagrant") or "vagrant", packages=("vagrant",)),
            Finding("the SSH client", bool(shutil.which("ssh")), "ssh", packages=("openssh-client",)),
        ]
        if self.provider in _HYPERVISORS:
            title, program, fix = _HYPERVISORS[self.provider]
            findings.append(Finding(title, bool(shutil.which(program)), shutil.which(program) or program, fix))
        if self.provider == "libvirt":
            uri = libvirt.uri()
            fix = "sudo systemctl start libvirtd; sudo adduser $USER libvirt (and a new login)"
            packages = ("vagrant-libvirt", "libvirt-daemon-system", "libvirt-clients", "qemu-utils", "e2fsprogs")
            findings.append(Finding("libvirt", libvirt.answers(uri), f"virsh -c {uri}", fix, packages))
            if uri == libvirt.SESSION:
                title = f"the bridge {libvirt.BRIDGE}, for a user's machines"
                findings.append(Finding(title, libvirt.bridged(), libvirt.BRIDGE, libvirt.ALLOW))
        return findings

    def image(self, preferred: Sequence[str]) -> Image:
        """Built here for libvirt, where that can be; else the name of a public box, which Vagrant gets itself."""
        sources = table(self.home)
        if self.provider == "libvirt" and (built_here := [n for n in preferred if n in sources and builds(sources[n])]):
            return ensure(self.home, built_here)
        boxes = [n for n in preferred if n in BENTO]
        if not boxes:
            raise HostError(f"no box is known for {', '.join(preferred)}", hint=f"there are: {', '.join(BENTO)}")
        return Image(boxes[0], Path(BENTO[boxes[0]]), BENTO[boxes[0]], "box")

    def fingerprint(self, spec: Spec, image: Image) -> str:
        return f"{self.info.name} {spec.disk}"  # a box fits every version

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> VagrantMachine:
        ssh.close(seat)
        machine, made_from = self.attach(seat), origin.folder.name if isinstance(origin, Layer) else origin.digest
        vagrant = machine.vagrant
        if vagrant.id and vagrant.topology.get("beginning") == made_from and not building:
            with suppress(LabError):  # a snapshot that cannot be restored is made anew, with its machine
                vagrant.restore(BEGINNING)
                machine.begin()
                return machine
        self._make(machine, spec, origin, building=building)
        if isinstance(origin, Layer) and not building:
            vagrant.save(BEGINNING, first=True)
            vagrant.write(vagrant.topology | {"beginning": made_from})
        machine.begin()
        return machine

    def attach(self, seat: Seat) -> VagrantMachine:
        return VagrantMachine(seat, self.provider)

    def store(self, machine: Machine, folder: Path) -> None:
        """The machine becomes a box; the folder keeps its name."""
        assert isinstance(machine, VagrantMachine)
        vagrant, record = machine.vagrant, machine.seat.read()
        assert record is not None
        ssh.close(machine.seat)
        vagrant.shell(_STRIP)
        vagrant.halt()
        box = vagrant.topology["box"]
        name, workshop = f"lab/{tag(self.home.cache)}-{record.layer}-{record.build_id}", private_folder(folder / "box")
        if self.provider == "libvirt":
            file = libvirt.pack(vagrant.id, box_folder(box, self.provider), workshop)
        else:
            file = workshop / "lab.box"
            vagrant.package(file)
        vagrant.add_box(name, file)
        shutil.rmtree(workshop)
        (folder / "name").write_text(name)
        if box.startswith("lab/") and not (self.home.layers / box.partition("-")[2]).exists():
            (folder / "below").write_text(box)

    def discard(self, folder: Path) -> None:
        """Gives back the boxes of a stored layer, too: its own, and the image's that only it stood on."""
        for file in (folder / "name", folder / "below"):
            if file.exists() and box_folder(name := file.read_text(), self.provider).is_dir():
                if self.provider == "virtualbox":
                    virtualbox.forget(box_folder(name, self.provider))
                Vagrantfile(Seat(folder), self.provider).remove_box(name)
                if self.provider == "libvirt":
                    libvirt.forget(name)
        remove_tree(folder)

    def _make(self, machine: VagrantMachine, spec: Spec, origin: Image | Layer, *, building: bool) -> None:
        machine.end()
        seat, vagrant = machine.seat, machine.vagrant
        forwards = {str(port): free_port() for port in spec.forwards} if self.provider != "libvirt" else {}
        emulated = isinstance(origin, Image) and origin.kernel and accelerator.choose(self.home, origin) == "tcg"
        vagrant.write({
            "title": machine_prefix(seat).rstrip("_"), "prefix": machine_prefix(seat), "box": self.box_for(seat, origin),
            "cpus": spec.cpus, "memory": spec.memory, "disk": spec.disk, "forwards": forwards,
            "mgmt": free_port() if self.provider in MGMT_PROVIDERS else None,
            "driver": "qemu" if emulated or self._emulates() else "kvm",
            "cache": "unsafe" if building or spec.disposable else "writeback",
            "uri": libvirt.uri() if self.provider == "libvirt" else None,
        })  # fmt: skip
        vagrant.up()
        if not vagrant.shell("[ -e /etc/lab/sshd_config ] && echo ours || :"):
            vagrant.shell(enroll.script(), timeout=enroll.PATIENCE)
        if vagrant.topology["driver"] == "qemu":
            vagrant.shell(_REUSE)
        vagrant.shell(_BOOTED, timeout=300)

    def _emulates(self) -> bool:
        """What the embedded driver found out about this host by trying, where it did."""
        with suppress(OSError):
            return '"tcg"' in self.home.accelerator.read_text()
        return not Path("/dev/kvm").exists()

    def box_for(self, seat: Seat, origin: Image | Layer) -> str:
        if isinstance(origin, Layer) and origin.driver in self.info.converts:
            return self._converted_box(seat, origin)
        if isinstance(origin, Layer):
            name = (origin.folder / "name").read_text()
            if not box_folder(name, self.provider).is_dir():
                raise LayerRefused(origin, MachineError(f"its box {name} is gone"))
            return name
        if origin.disk_format == "box":
            return origin.digest
        return self._box_of(seat, origin, f"{origin.name}-{origin.digest[-16:]}")

    def _converted_box(self, seat: Seat, layer: Layer) -> str:
        """Of what a system container was prepared to."""
        image = images.of_layer(self.home, layer.folder)
        assert image.kernel is not None
        staging = private_folder(seat.folder / "converted")
        try:
            for file in (image.kernel, image.initrd):
                (staging / file.name).symlink_to(file)
            conversion.write_raw(self.home, seat, image, layer, staging / "disk.raw")
            return self._box_of(seat, replace(image, folder=staging), f"converted-{layer.folder.name}")
        finally:
            shutil.rmtree(staging)

    def _box_of(self, seat: Seat, image: Image, name: str) -> str:
        name = f"lab/{tag(self.home.cache)}-{name}"
        if not box_folder(name, self.provider).is_dir():
            workshop = private_folder(self.home.images / ".box")
            try:
                Vagrantfile(seat, self.provider).add_box(name, box.make(image, workshop))
            finally:
                shutil.rmtree(workshop)
        return name


def _choose_provider() -> str:
    """VirtualBox where it is, because most learners have it."""
    return "virtualbox" if shutil.which("VBoxManage") or not shutil.which("virsh") else "libvirt"
