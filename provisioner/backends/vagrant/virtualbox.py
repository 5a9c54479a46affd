"""VirtualBox, as far as Vagrant leaves it to us: the machine that the linked clones of a box stand on."""

from pathlib import Path

from provisioner.core import process


def forget(box: Path) -> None:
    """`vagrant box remove` leaves that machine behind. box: the box's folder, which names it and still has to be there."""
    try:
        master = (box / "master_id").read_text().strip()
    except OSError:  # no seat was cloned from it
        return
    process.run(["VBoxManage", "unregistervm", master, "--delete"], check=False, timeout=120)
