"""libvirt, as far as Vagrant leaves it to us: whether it answers, what a killed command left, a machine as a box."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import process
from .images import box

POOL = "default"  # where vagrant-libvirt keeps its disks
_VIRSH = ("virsh", "-q", "-c", "qemu:///system")


def answers() -> bool:
    try:
        return subprocess.run([*_VIRSH, "version"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def clear(domain: str) -> None:
    """Removes a machine of that name which Vagrant does not know, because the command that made it was killed."""
    if domain in _said("list", "--all", "--name"):
        _try("destroy", domain)
        _try("undefine", domain, "--managed-save", "--snapshots-metadata", "--nvram")
    _remove_volumes(domain + ".img")


def forget(box_name: str) -> None:
    """`vagrant box remove` leaves the box's disk in libvirt's pool."""
    _remove_volumes(f"{box_name.replace('/', '-VAGRANTSLASH-')}_vagrant_box_image_")


def cost(machine: str) -> tuple[int, int]:
    """The memory and the disk, in bytes, that a machine takes of this host now; 0 for what is not known."""
    said = dict(line.split("=", 1) for line in _said("domstats", "--balloon", "--block", machine) if "=" in line)
    return int(said.get("balloon.rss", 0)) << 10, int(said.get("block.0.allocation", 0))


def pack(machine: str, made_from: Path, workshop: Path) -> Path:
    """A box of a machine that is switched off, and whose own box is in the folder made_from.

    Vagrant's own `package` needs libguestfs: the disk is fetched and put upon its box's disk instead.
    """
    domain = process.run([*_VIRSH, "domname", machine]).out.strip()
    disk = workshop / "overlay.qcow2"
    process.run([*_VIRSH, "vol-download", "--pool", POOL, "--sparse", f"{domain}.img", str(disk)], hint="is the disk full?")
    process.run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", str(made_from / "box.img"), str(disk)])
    process.run(["qemu-img", "convert", "-O", "qcow2", str(disk), str(workshop / "box.img")], hint="is the disk full?")
    disk.unlink()
    shutil.copy(made_from / box.KEY, workshop / box.KEY)
    return box.pack(made_from / "vmlinuz", made_from / "initrd", workshop)


def _remove_volumes(beginning: str) -> None:
    for line in _said("vol-list", POOL):
        name = line.split()[0]
        if name.startswith(beginning):
            _try("vol-delete", name, "--pool", POOL)


def _said(*words: str) -> Iterator[str]:
    said = process.run([*_VIRSH, *words], check=False, timeout=60).out
    return (line.strip() for line in said.splitlines() if line.strip())


def _try(*words: str) -> None:
    process.run([*_VIRSH, *words], check=False, timeout=120)
