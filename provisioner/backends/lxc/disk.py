"""A system container's stack of folders as one file system in a file, such as a virtual machine boots from."""

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.backends.lxc import config
from provisioner.backends.lxc.container import Place
from provisioner.core import process
from provisioner.images import debian


def write(place: Place, stack: list[Path], target: Path, size: int) -> None:
    """place: of a stored layer; stack: what it stands on. size of the file, in bytes. What the image mounts at boot is as the
    image says.

    Raises CommandFailed.
    """
    image, *lower_folders = stack
    with TemporaryDirectory(dir=target.parent) as folder, target.open("wb") as file:
        file.truncate(size)
        parts = config.lowerdir([place.upper, *lower_folders, Path(folder, "image")], Path(folder))
        script = f"""\
set -eu
cd {shlex.quote(folder)}
mkdir image root
mount -o loop,ro,noload {shlex.quote(str(image))} image
mount -t overlay -o {shlex.quote(parts)} overlay root
mount --bind {shlex.quote(str(place.docker))} root/var/lib/docker
mount --bind image/etc/fstab root/etc/fstab
exec {shlex.join(debian.file_system(Path("root"), target))}
"""
        process.run([*debian.TIED, "sh", "-c", script], hint="is the disk full?")
