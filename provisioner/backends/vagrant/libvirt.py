"""libvirt, as far as Vagrant leaves it to us: whether it answers, what a killed command left, a machine as a box."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from provisioner.backends.vagrant import box
from provisioner.core import process
from provisioner.core.errors import HostError
from provisioner.core.users import is_root

POOL = "default"  # where vagrant-libvirt keeps its disks
SYSTEM, SESSION = "qemu:///system", "qemu:///session"
BRIDGE = "virbr0"  # of libvirt's default network, where vagrant-libvirt puts the machines of a session
_HELPERS = (Path("/usr/lib/qemu/qemu-bridge-helper"), Path("/usr/libexec/qemu-bridge-helper"))
_ALLOWED = Path("/etc/qemu/bridge.conf")
ALLOW = (
    f"sudo virsh net-autostart default; sudo virsh net-start default; echo allow {BRIDGE} | sudo tee -a {_ALLOWED}; "
    "sudo chmod u+s /usr/lib*/qemu*/qemu-bridge-helper"
)


@cache
def uri() -> str:
    """The one that the user names, as for all of libvirt's programs; else the host's where it grants access, else the
    user's own, which needs no rights."""
    if uri := os.environ.get("LIBVIRT_DEFAULT_URI"):
        if uri not in (SYSTEM, SESSION):
            raise HostError(f"LIBVIRT_DEFAULT_URI={uri} is not on this host", hint=f"{SYSTEM} or {SESSION}, or unset it")
        return uri
    session = not is_root() and not answers(SYSTEM) and answers(SESSION)
    return SESSION if session else SYSTEM


def answers(at: str) -> bool:
    try:
        command = ["virsh", "-q", "-c", at, "version"]
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def bridged() -> bool:
    """Whether a user's machines may come onto the bridge: it is up, allowed, and QEMU's helper has the right."""
    with suppress(OSError):
        allowed = re.search(rf"^\s*allow\s+({BRIDGE}|all)\s*$", _ALLOWED.read_text(), re.MULTILINE)
        return bool(allowed) and Path("/sys/class/net", BRIDGE).exists() and any(_privileged(h) for h in _HELPERS)
    return False


def _privileged(helper: Path) -> bool:
    try:
        return bool(helper.stat().st_mode & stat.S_ISUID) or _has_capabilities(helper)
    except OSError:
        return False


def _has_capabilities(helper: Path) -> bool:
    return sys.platform == "linux" and "security.capability" in os.listxattr(helper)


def clear(domain: str) -> None:
    """Removes a machine of that name which Vagrant does not know, because the command that made it was killed."""
    if domain in _read_output("list", "--all", "--name"):
        _try("destroy", domain)
        _try("undefine", domain, "--managed-save", "--snapshots-metadata", "--nvram")
    _remove_volumes(domain + ".img")


def forget(box_name: str) -> None:
    """`vagrant box remove` leaves the box's disk in libvirt's pool."""
    _remove_volumes(f"{box_name.replace('/', '-VAGRANTSLASH-')}_vagrant_box_image_")


def cost(machine: str) -> tuple[int, int]:
    """The memory and the disk, in bytes, that a machine takes of this host now; 0 for what is not known."""
    stats = dict(line.split("=", 1) for line in _read_output("domstats", "--balloon", "--block", machine) if "=" in line)
    return int(stats.get("balloon.rss", 0)) << 10, int(stats.get("block.0.allocation", 0))


def pack(machine: str, made_from: Path, workshop: Path) -> Path:
    """A box of a machine that is switched off, and whose own box is in the folder made_from.

    Vagrant's own `package` needs libguestfs: the disk is fetched and put upon its box's disk instead.
    """
    domain = process.run([*_virsh(), "domname", machine]).out.strip()
    disk = workshop / "overlay.qcow2"
    process.run([*_virsh(), "vol-download", "--pool", POOL, "--sparse", f"{domain}.img", str(disk)], hint="is the disk full?")
    process.run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", str(made_from / "box.img"), str(disk)])
    process.run(["qemu-img", "convert", "-O", "qcow2", str(disk), str(workshop / "box.img")], hint="is the disk full?")
    disk.unlink()
    shutil.copy(made_from / box.KEY, workshop / box.KEY)
    return box.pack(made_from / "vmlinuz", made_from / "initrd", workshop)


def _remove_volumes(beginning: str) -> None:
    for line in _read_output("vol-list", POOL):
        name = line.split()[0]
        if name.startswith(beginning):
            _try("vol-delete", name, "--pool", POOL)


def _virsh() -> list[str]:
    return ["virsh", "-q", "-c", uri()]


def _read_output(*words: str) -> Iterator[str]:
    output = process.run([*_virsh(), *words], check=False, timeout=60).out
    return (line.strip() for line in output.splitlines() if line.strip())


def _try(*words: str) -> None:
    process.run([*_virsh(), *words], check=False, timeout=120)
