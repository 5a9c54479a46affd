"""Errands in the guest as root, without the network: a pipe to guest/root/usr/local/lib/lab/agent."""

import base64
import os
import secrets
import select
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import MachineError
from ..process import Completed


def make_pipe(path: Path) -> None:
    """The two named pipes that QEMU's pipe back end opens."""
    for end in _ends(path):
        end.unlink(missing_ok=True)
        os.mkfifo(end, 0o600)


def remove_pipe(path: Path) -> None:
    for end in _ends(path):
        end.unlink(missing_ok=True)


def _ends(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}.in"), path.with_name(f"{path.name}.out")


def run(
    path: Path, script: str, *, timeout: float, alive: Callable[[], None] | None = None, tick: float = 0.5
) -> Completed:
    """Runs a shell script in the guest, as soon as its agent listens. timeout in seconds.

    alive is called every tick and raises when waiting has become pointless. Raises MachineError.
    """
    inward, outward = (os.open(end, os.O_RDWR | os.O_NONBLOCK) for end in _ends(path))
    try:
        token = secrets.token_hex(4)
        os.write(inward, f"{token} {base64.b64encode(script.encode()).decode()}\n".encode())
        deadline = time.monotonic() + timeout
        heard = b""
        while time.monotonic() < deadline:
            if select.select([outward], [], [], tick)[0]:
                heard += os.read(outward, 65536)
                *lines, heard = heard.split(b"\n")
                for line in lines:
                    if answer := _answer(line, token, script):
                        return answer
            elif alive:
                alive()
    finally:
        os.close(inward)
        os.close(outward)
    raise MachineError(f"the guest's agent gave no answer within {timeout:.0f} s")


def _answer(line: bytes, token: str, script: str) -> Completed | None:
    """The completed errand, None for a line that answers an earlier one (whose caller was killed)."""
    words = line.decode(errors="replace").split(" ")
    if len(words) != 3 or words[0] != token:
        return None
    return Completed(("sh", "-c", script), int(words[1]), base64.b64decode(words[2]).decode(errors="replace"))
