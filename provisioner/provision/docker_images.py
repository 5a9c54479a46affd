"""The labs' container images: built inside the machine, from scratch, without a registry.

The only module that imports the docker SDK. It speaks to the machine's Docker over the seat's SSH connection.
"""

import base64
import io
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import docker

from provisioner.core import text
from provisioner.core.errors import MachineError
from provisioner.core.guest_input import BadAnswer, decode
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PATIENCE = 600.0  # seconds for an image
SILENCE = 120.0  # seconds without a word from Docker
MOST = 1 << 20  # bytes that Docker says of a build


@contextmanager
def client(seat: Seat) -> Iterator[docker.APIClient]:
    """The machine's Docker. Raises MachineError."""
    try:
        with TemporaryDirectory(prefix="lab-") as folder:  # an address with no character that means something else
            local = Path(folder) / "docker"
            with (
                ssh.forward(seat, local, "/run/docker.sock"),
                closing(docker.APIClient(base_url=f"unix://{local}", timeout=SILENCE)) as machine,
            ):
                yield machine
    except (docker.errors.DockerException, OSError) as error:
        raise MachineError("the machine's Docker rejected a request", evidence=text.block(str(error))[:2000]) from None


def build(seat: Seat, folder: Path) -> str:
    """Builds the image of a folder (a Dockerfile `FROM scratch`) as lab/NAME and returns its id. Raises MachineError."""
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
        output = machine.build(fileobj=context, custom_context=True, tag=f"lab/{folder.name}", rm=True, decode=False)
        return image_of(_bounded(output, folder.name), folder.name)


def _bounded(pieces: Iterable[bytes], name: str) -> str:
    """What Docker says, within a time and a size."""
    deadline, output = time.monotonic() + PATIENCE, b""
    for piece in pieces:
        output += piece
        if time.monotonic() > deadline or len(output) > MOST:
            last_words = text.block(output[-2000:].decode(errors="replace"))
            raise BadAnswer(f"Docker does not end building the image lab/{name}", evidence=last_words)
    return output.decode(errors="replace")


def image_of(output: str, name: str) -> str:
    """The id at the end of what Docker says of a build: a line of JSON for each step. Raises MachineError."""
    image_id = ""
    for line in output.splitlines():
        step = decode(line.encode(errors="replace"), dict[str, object]) if line.strip() else {}
        if message := step.get("error", step.get("message")):
            raise MachineError(f"Docker did not build the image lab/{name}", evidence=text.block(str(message))[:2000])
        match step.get("aux"):
            case {"ID": str(id_)}:
                image_id = id_
    if not image_id:
        raise BadAnswer(f"Docker did not say which image lab/{name} is", evidence=text.block(output[-2000:]))
    return image_id


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    tar.addfile(entry, io.BytesIO(content))


def _busybox(seat: Seat) -> bytes:
    """The machine's own static busybox: of the right processor, whatever the host is."""
    return base64.b64decode(ssh.run(seat, "base64", "/usr/bin/busybox").out)


def _applets(seat: Seat) -> list[str]:
    return [a for a in ssh.run(seat, "busybox", "--list").out.split() if a not in ("busybox", "linuxrc")]
