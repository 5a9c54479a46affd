"""The labs' container images: built inside the machine, from scratch, without a registry."""

import base64
import io
import tarfile
from pathlib import Path

from . import ssh, text
from .errors import MachineError
from .guest_input import BadAnswer, decode
from .seat import Seat

PATIENCE = 600.0  # seconds for an image
# The context comes in base64, and goes to Docker's own socket: no client of Docker is needed in the machine.
_BUILD = """\
import base64, http.client, socket, sys
docker = http.client.HTTPConnection("docker")
docker.sock = socket.socket(socket.AF_UNIX)
docker.sock.connect("/run/docker.sock")
context, kind = base64.b64decode(sys.stdin.read()), {"Content-Type": "application/x-tar"}
docker.request("POST", "/build?rm=1&t=" + sys.argv[1], context, kind)
answer = docker.getresponse()
while piece := answer.read1(65536):
    sys.stdout.buffer.write(piece)
"""


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
    python = ("/usr/bin/python3", "-I", "-S", "-c", _BUILD, f"lab/{folder.name}")
    done = ssh.run(seat, *python, input=base64.b64encode(context.getvalue()).decode(), timeout=PATIENCE, check=False)
    if done.code:
        raise MachineError(f"the image lab/{folder.name} was not built", evidence=done.err[-2000:])
    return image_of(done.out, folder.name)


def image_of(said: str, name: str) -> str:
    """The id at the end of what Docker says of a build: a line of JSON for each step. Raises MachineError."""
    found = ""
    for one in said.splitlines():
        step = decode(one.encode(errors="replace"), dict[str, object]) if one.strip() else {}
        if message := step.get("error", step.get("message")):
            raise MachineError(f"Docker did not build the image lab/{name}", evidence=text.block(str(message))[:2000])
        match step.get("aux"):
            case {"ID": str(id_)}:
                found = id_
    if not found:
        raise BadAnswer(f"Docker did not say which image lab/{name} is", evidence=text.block(said[-2000:]))
    return found


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    tar.addfile(entry, io.BytesIO(content))


def _busybox(seat: Seat) -> bytes:
    """The machine's own static busybox: of the right processor, whatever the host is."""
    return base64.b64decode(ssh.run(seat, "base64", "/usr/bin/busybox").out)


def _applets(seat: Seat) -> list[str]:
    return [a for a in ssh.run(seat, "busybox", "--list").out.split() if a not in ("busybox", "linuxrc")]
