"""A system container's stack of folders as one file system in a file, such as a virtual machine boots from."""

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import process
from ..images import debian
from .machine import Place


def write(place: Place, stack: list[Path], target: Path, size: int) -> None:
    """place: of a stored layer; stack: what it stands on. size of the file, in bytes. What the image mounts at boot is as the
    image says.

    Raises CommandFailed.
    """
    image, *below = map(str, stack)
    with TemporaryDirectory(dir=target.parent) as folder, target.open("wb") as file:
        file.truncate(size)
        parts = ":".join(part.replace(":", "\\:") for part in (str(place.upper), *below, f"{folder}/image"))
        script = f"""\
set -eu
cd {shlex.quote(folder)}
mkdir image root
mount -o loop,ro,noload {shlex.quote(image)} image
mount -t overlay -o {shlex.quote(f"lowerdir={parts}")} overlay root
mount --bind {shlex.quote(str(place.docker))} root/var/lib/docker
mount --bind image/etc/fstab root/etc/fstab
exec {shlex.join(debian.file_system(Path("root"), target))}
"""
        process.run([*debian.TIED, "sh", "-c", script], hint="is the disk full?")
