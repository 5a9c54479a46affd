"""System containers by LXC, for hosts without acceleration: the machine's programs run on the host's own kernel.

A machine boots in a second, and everything in it is as fast as on the host. What it shares with the host is the kernel:
a lab about that (`own_kernel` in its manifest) needs a virtual machine. Its root is an ordinary user of the host, whom
nothing on it belongs to; what keeps it from the host is the kernel alone.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from provisioner.backends.lxc import cgroups, container, lower_dirs
from provisioner.backends.lxc.container import Place
from provisioner.core import process
from provisioner.core.errors import HostError, MachineError
from provisioner.core.files import free_port, remove_leftovers, remove_tree
from provisioner.core.model import Endpoint, Finding, Info, Layer, LayerRefused, Spec, Status
from provisioner.core.paths import Home, private_folder
from provisioner.images import Image, builds, ensure, table
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

_STRIP = "rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce; sync"
PORT_TRIES = 5
MAPPED = (5, 19)  # of Linux: the first with overlayfs on idmapped mounts


class LxcMachine(Machine):
    def __init__(self, home: Home, seat: Seat) -> None:
        super().__init__(seat)
        self.home = home

    def launch(self, spec: Spec, *, outward: bool, durable: bool) -> None:
        seat = self.seat
        lower_dirs.settle(self.home, seat, container.of(seat))
        for attempt in range(PORT_TRIES):
            end = Endpoint("127.0.0.1", free_port(), {port: free_port() for port in spec.forwards})
            cards = container.cards(container.of(seat), end.port, end.forwards, outward=outward)
            try:
                with container.launch(seat, spec.memory, cards, durable=durable):
                    return self._record_endpoint(end)
            except MachineError as error:
                if "of 127.0.0.1" not in error.evidence or attempt + 1 == PORT_TRIES:
                    raise  # else somebody took the port between our asking and slirp4netns's
        raise HostError("no free ports on 127.0.0.1", evidence=container.logs(seat))

    def resume(self, spec: Spec) -> None:
        """It boots: there is no way to keep what only its memory had."""
        container.end(self.seat)
        self.launch(spec, outward=spec.internet, durable=not spec.disposable)

    def revive(self) -> Status:
        """Its network on the host, or itself, does not answer: it is switched off, in order if it can be."""
        with suppress(MachineError):
            container.switch_off(self.seat)
        container.end(self.seat)
        return self.status()

    @contextmanager
    def boots(self) -> Iterator[Callable[[], bool]]:
        """By the machine's first process, which is another one after each boot."""
        first_process = container.born(self.seat)
        yield lambda: container.born(self.seat) not in (None, first_process)

    def status(self) -> Status:
        place = container.of(self.seat)
        disk = container.size(place.upper) + container.size(place.docker)
        if container.find(self.seat) is None:
            has_disk = place.upper.is_dir()
            return Status("stopped", "switched off; its disk is here", disk=disk) if has_disk else Status("absent")
        state: Literal["running", "broken"] = "running" if container.first(self.seat) else "broken"
        return Status(state, memory=cgroups.memory(self.seat), disk=disk)

    def end(self) -> None:
        container.end(self.seat)
        remove_tree(container.of(self.seat).folder)


class Lxc:
    info = Info("lxc", kernel="host", layers="disk")

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.find()

    def preflight(self) -> Sequence[Finding]:
        if sys.platform != "linux":
            return [Finding("Linux", False, "a Linux kernel", "--driver qemu")]
        root = os.geteuid() == 0
        return [
            Finding("the rights of root", root, "effective user 0", "" if root else "sudo lab ..., or --driver qemu"),
            _users(),
            _program("lxc-start", "LXC", "lxc"),
            _program("slirp4netns", "user networking", "slirp4netns"),
            _program("ssh", "the SSH client", "openssh-client"),
        ]

    def image(self, preferred: Sequence[str]) -> Image:
        """One whose disk is a file system, as those that are built here: no boot loader, no cloud-init."""
        sources = table(self.home)
        if not (built_here := [n for n in preferred if n in sources and builds(sources[n])]):
            raise HostError(
                f"system containers start from images that are built here, and {', '.join(preferred)} are not",
                hint="sudo apt-get install -y mmdebstrap; or --driver qemu",
            )
        image = ensure(self.home, built_here)
        if image.disk_format != "raw":
            raise HostError(
                f"{image.id} is an image for virtual machines, a disk with a boot loader",
                hint=f"lab cache --prune, or remove {image.folder}: then it is built here",
            )
        return image

    def fingerprint(self, spec: Spec, image: Image) -> str:
        return f"{self.info.name} {spec.disk}"

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> LxcMachine:
        container.end(seat)
        place = container.of(seat)
        remove_leftovers(seat.folder)
        remove_tree(place.folder)
        private_folder(place.folder)
        if isinstance(origin, Layer):
            stored = Place(origin.folder)
            if not stored.docker.is_dir():
                raise LayerRefused(origin, MachineError("its folder of Docker is gone"))
            _copy(stored.docker, place.docker)
            _public_folder(place.upper)
            disk, *folders = lower_dirs.names(stored)
            place.stack_file.write_text("\n".join([disk, str(stored.upper), *folders]))
        else:
            _public_folder(place.docker, 0o710)
            _public_folder(place.upper)
            _public_folder(place.upper / "etc")
            (place.upper / "etc/fstab").touch()  # its disk is mounted already
            (place.upper / "etc/fstab").chmod(0o644)
            place.stack_file.write_text(str(origin.disk))
        machine = self.attach(seat)
        machine.launch(spec, outward=building or spec.internet, durable=not (building or spec.disposable))
        return machine

    def attach(self, seat: Seat) -> LxcMachine:
        return LxcMachine(self.home, seat)

    def store(self, machine: Machine, folder: Path) -> None:
        place, stored = container.of(machine.seat), Place(folder)
        container.guest_command(machine.seat, _STRIP)
        container.switch_off(machine.seat)
        for name in ("upper", "docker", "below"):
            shutil.move(place.folder / name, stored.folder / name)
        stored.stack_file.write_text("\n".join(lower_dirs.names(stored)))

    def discard(self, folder: Path) -> None:
        remove_tree(folder)


def _public_folder(path: Path, mode: int = 0o755) -> None:
    """Of the machine's own, whose users are others than ours."""
    path.mkdir()
    path.chmod(mode)


def _copy(source: Path, target: Path) -> None:
    process.run(["cp", "--archive", "--reflink=auto", str(source), str(target)], hint="is the disk full?")


def _program(name: str, title: str, *packages: str) -> Finding:
    path = shutil.which(name)
    return Finding(title, path is not None, path or name, packages=packages)


def _users() -> Finding:
    """Whether the kernel gives a machine users of its own, on folders that others lie on, too."""
    release = platform.release()
    limit = Path("/proc/sys/user/max_user_namespaces")
    mapped = tuple(int(number) for number in re.findall(r"\d+", release)[:2]) >= MAPPED
    allowed = limit.exists() and limit.read_text().strip() != "0"
    fix = "a kernel from 5.19 on" if not mapped else "" if allowed else f"sudo sh -c 'echo 10000 >{limit}'"
    return Finding("users of the machine's own", mapped and allowed, f"Linux {release}", fix)
