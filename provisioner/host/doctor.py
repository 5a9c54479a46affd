"""What this host can do: rows that say what was found, what is lacking, and the command that mends it."""

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from provisioner import images
from provisioner.backends import egress
from provisioner.backends.qemu import accelerator, state_support
from provisioner.core import process
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.core.users import is_root, namespace_restriction
from provisioner.drivers import registry
from provisioner.host import wsl
from provisioner.host.install import install_command, line_for
from provisioner.images import debian
from provisioner.seats import ssh
from provisioner.seats.seat import SOCKET_LIMIT, Seat, make_layer_seat

MEMORY_OF_A_SEAT = 1 << 30  # bytes
DISK_OF_A_PREPARATION = 4 << 30  # bytes, once for a lab: an image and its layers
KVM = Path("/dev/kvm")


@dataclass(frozen=True)
class Row:
    """state: note is neither good nor bad, warn works less well, missing does not work at all."""

    topic: str
    what: str
    state: Literal["ok", "note", "warn", "missing"]
    detail: str = ""
    fix: str = ""


def examine(home: Home, names: Sequence[str]) -> list[Row]:
    """Everything that the drivers of these names depend on, by topic."""
    rows = [row for name in names for row in driver(name)]
    if "qemu" in names:
        rows += [*accelerators(home), *image_tools(), *images_here(home), find_egress()]
    return [*rows, *programs(), *room(home), *paths(home), *windows()]


def windows(release: str = platform.release()) -> list[Row]:
    """Of a Linux of Windows; elsewhere none."""
    import psutil

    if not wsl.is_wsl(release):
        return []
    problems = wsl.find_problems(psutil.virtual_memory().total, release)
    rows = [Row("WSL", p.what, "missing" if p.serious else "warn", p.detail, p.fix) for p in problems]
    return rows or [Row("WSL", "WSL 2", "ok", "has all that lab needs")]


def works(rows: Sequence[Row], name: str) -> bool:
    """Whether the driver of that name can make machines here; what only another driver lacks does not count."""
    other_topics = {row.topic for row in rows if row.topic.startswith("driver ")} - {f"driver {name}"}
    return not any(row.state == "missing" for row in rows if row.topic not in other_topics)


def driver(name: str, host: str = platform.system()) -> list[Row]:
    topic = f"driver {name}"
    rows = []
    if name == "qemu" and host == "Windows":
        rows.append(Row(topic, "Windows", "missing", "this driver needs Linux: use WSL", "wsl --install"))
    for finding in registry.load(name).preflight():
        if finding.is_present:
            rows.append(Row(topic, finding.what, "ok", finding.detail))
        else:
            fix = finding.fix or line_for(finding.packages)
            rows.append(Row(topic, finding.what, "missing", f"{finding.detail} not found", fix))
    return rows


def accelerators(home: Home, host: str = platform.system(), kvm: Path = KVM) -> list[Row]:
    topic = "accelerator"
    choice = _find_choice(home)
    rows = [_kvm(kvm, has_failed=choice == "tcg")] if host == "Linux" else []
    rows += [Row(topic, name, "ok", "part of macOS") for name in accelerator.candidates(host) if name == "hvf"]
    rows.append(Row(topic, "tcg", "ok", "emulation: works everywhere, several times slower, same results"))
    if host == "Linux" and accelerator.none_here(kvm) and is_root():
        lacking = [p for f in registry.load("lxc").preflight() if not f.is_present for p in f.packages]
        if lacking:
            detail = "not installed; with them, emulated machines are prepared in half the time"
            rows.append(Row(topic, "system containers", "warn", detail, line_for(lacking)))
    if reason := state_support.refusal(home):
        detail = f"this QEMU cannot keep it ({reason}): machines boot from prepared disks"
        rows.append(Row(topic, "a machine's memory", "warn", detail, f"rm {home.state_support}    to have it tried again"))
    return [*rows, _describe_choice(choice)]


def _kvm(kvm: Path, *, has_failed: bool) -> Row:
    if not kvm.exists():
        return Row("accelerator", "kvm", "warn", f"{kvm} not found: machines are emulated", accelerator.advice(kvm))
    if not os.access(kvm, os.R_OK | os.W_OK):
        return Row("accelerator", "kvm", "warn", f"no permission to open {kvm}", accelerator.advice(kvm))
    if has_failed:
        return Row("accelerator", "kvm", "warn", f"{kvm} can be opened, and ran no guest when it was tried")
    return Row("accelerator", "kvm", "ok", f"{kvm} can be opened; the first lab up tries whether it works")


def _find_choice(home: Home) -> str:
    """What the machines of an image that is here run on; empty if none was started yet."""
    local_images = [image for name in images.table(home) if (image := images.local(home, name))]
    try:
        remembered = [name for image in local_images if (name := accelerator.remembered(home, image))]
    except LabError:  # QEMU itself is missing, which another row says
        remembered = []
    return remembered[0] if remembered else ""


def _describe_choice(choice: str) -> Row:
    if not choice:
        return Row("accelerator", "in use", "note", "will be tried at the first lab up")
    if choice == "tcg":
        fix = accelerator.advice() if sys.platform == "linux" else ""
        return Row("accelerator", "in use", "warn", "tcg (emulation): no faster accelerator runs a guest here", fix)
    return Row("accelerator", "in use", "ok", f"{choice}: it ran a guest")


def image_tools() -> list[Row]:
    """What building an image takes; without it images are downloaded."""
    topic, lacking = "images", debian.can_build()
    if lacking:
        fix = shlex.join(install_command(("mmdebstrap", "e2fsprogs", "uidmap")))
        return [Row(topic, "building", "warn", f"{lacking}: images are downloaded instead", fix)]
    command = debian.as_root()
    if command and process.run([*command, "true"], check=False, timeout=20).code:
        reason, fix = namespace_restriction()
        detail = f"`{' '.join(command)} true` fails: {reason or 'no user namespaces for you'}; images are downloaded instead"
        return [Row(topic, "building", "warn", detail, fix or shlex.join(install_command(("uidmap",))))]
    return [Row(topic, "building", "ok", "mmdebstrap and mkfs.ext4 found")]


def find_egress() -> Row:
    """Whether machines that may call out can be kept from this host."""
    with TemporaryDirectory(prefix="lab-") as folder:
        reason = egress.works(Path(folder))
    subject = "machines that call out"
    if not reason:
        return Row("network", subject, "ok", "cannot reach this computer: they are behind slirp4netns, in a network namespace")
    if sys.platform == "linux" and not shutil.which("slirp4netns"):
        fix = line_for(["slirp4netns"])
    else:
        restriction, fix = ("", "") if is_root() else namespace_restriction()
        reason = restriction or reason
    return Row("network", subject, "warn", f"can reach this computer's services while they are prepared ({reason})", fix)


def images_here(home: Home) -> list[Row]:
    rows = []
    for name, source in images.table(home).items():
        if images.local(home, name):
            rows.append(Row("images", name, "ok", "stored"))
        elif images.builds(source):
            rows.append(Row("images", name, "note", "not stored; can be built from Debian's packages in about a minute"))
        else:
            rows.append(Row("images", name, "note", f"not stored; can be downloaded: {source.address}"))
    return rows


def programs() -> list[Row]:
    """What the labs are set up and reached with, whatever makes the machines."""
    rows = [Row("programs", "Python", "ok", f"{platform.python_version()} in {sys.prefix}")]
    for package in ("ansible-core", "ansible-runner"):
        try:
            rows.append(Row("programs", package, "ok", version(package)))
        except PackageNotFoundError:
            fix = f"{sys.executable} -m pip install {package}"
            rows.append(Row("programs", package, "missing", "needed to set up labs", fix))
    return [*rows, _ssh()]


def _ssh() -> Row:
    if shutil.which("ssh") is None:
        fix = shlex.join(install_command(("openssh-client",)))
        return Row("programs", "ssh", "missing", "needed to reach machines", fix)
    connections = "keeps one connection for all commands" if ssh.MULTIPLEXES else "opens a connection for each command: slower"
    answer = process.run(["ssh", "-V"], check=False, timeout=20)
    return Row("programs", "ssh", "ok" if ssh.MULTIPLEXES else "note", f"{(answer.err or answer.out).strip()}; {connections}")


def room(home: Home) -> list[Row]:
    import psutil

    memory = psutil.virtual_memory().available
    folder = _existing(home.cache)
    disk = shutil.disk_usage(folder).free
    seats = f"{_gib(memory)} available; a seat uses up to {_gib(MEMORY_OF_A_SEAT)}"
    cache = f"{_gib(disk)} free where the cache is ({folder}), a first preparation takes {_gib(DISK_OF_A_PREPARATION)}"
    return [
        Row("room", "memory", "ok" if memory >= MEMORY_OF_A_SEAT else "warn", seats),
        Row("room", "disk", "ok", cache) if disk >= DISK_OF_A_PREPARATION
        else Row("room", "disk", "warn", cache, "free some space, or LAB_HOME=/larger/disk lab ..."),
    ]  # fmt: skip


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"


def _existing(path: Path) -> Path:
    return next(p for p in (path, *path.parents) if p.exists())


def paths(home: Home, release: str = platform.release()) -> list[Row]:
    """Sockets are what make a folder unfit: their paths are short, and not every file system has them."""
    shorter = "LAB_HOME=/short/path lab ..."
    spare = min(Seat.locate(home, 99).room, make_layer_seat(home, "0" * 8).room)
    detail = f"{home.seats} leaves {max(0, spare)} of the {SOCKET_LIMIT} bytes of a socket's path"
    rows = [Row("folders", "seats", "ok" if spare >= 0 else "missing", detail, shorter if spare < 0 else "")]
    if "microsoft" in release.lower() and home.seats.is_relative_to("/mnt"):
        detail = f"{home.seats} is on a Windows disk, which has no sockets"
        rows.append(Row("folders", "WSL", "missing", detail, "LAB_HOME=~/lab lab ..."))
    return rows
