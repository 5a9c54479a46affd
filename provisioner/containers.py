"""The labs' container images: built inside the machine, from scratch, without a registry.

The only module that imports the docker SDK. It speaks to the machine's Docker over the seat's SSH connection.
"""

import io
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker

from . import ssh
from .errors import MachineError
from .seat import Seat


@contextmanager
def client(seat: Seat) -> Iterator[docker.DockerClient]:
    """The machine's Docker. Raises MachineError."""
    try:
        with (
            ssh.forwarded(seat, seat.docker_socket, "/run/docker.sock"),
            closing(docker.DockerClient(base_url=f"unix://{seat.docker_socket}", timeout=120)) as machine,
        ):
            yield machine
    except docker.errors.DockerException as error:
        raise MachineError("the machine's Docker did not obey", evidence=str(error)) from None


def build(seat: Seat, folder: Path) -> str:
    """Builds the image of a folder (a Dockerfile `FROM scratch`) as lab/NAME and returns its id."""
    busybox = _busybox(seat)
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            tar.add(file, file.relative_to(folder).as_posix())
        _add(tar, "bin/busybox", busybox)
        for name in _applets(seat):  # names of one file, not a file each: a machine is copied for each trial
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname, link.mode = tarfile.LNKTYPE, "bin/busybox", 0o755
            tar.addfile(link)
    context.seek(0)
    with client(seat) as machine:
        image, _ = machine.images.build(fileobj=context, custom_context=True, tag=f"lab/{folder.name}", rm=True)
        return str(image.id)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    tar.addfile(entry, io.BytesIO(content))


def _busybox(seat: Seat) -> bytes:
    """The machine's own static busybox: of the right processor, whatever the host is."""
    import base64

    return base64.b64decode(ssh.run(seat, "base64", "/usr/bin/busybox").out)


def _applets(seat: Seat) -> list[str]:
    return [a for a in ssh.run(seat, "busybox", "--list").out.split() if a not in ("busybox", "linuxrc")]


