"""Errands in the guest as root, without the network: a pipe to guest/rootfs/usr/local/lib/lab/agent."""

import base64
import binascii
import os
import re
import secrets
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from provisioner.core.errors import MachineError
from provisioner.core.guest_input import BadAnswer, Lines, format_evidence, too_much
from provisioner.core.process import Completed

LONGEST, MOST = 4 << 20, 16 << 20  # bytes of an answer, and of all that is said until it comes
_DONE = re.compile(rb"(\d{1,3}) ([A-Za-z0-9+/=]*)")


def make_pipe(path: Path) -> None:
    """The two named pipes that QEMU's pipe back end opens."""
    if sys.platform == "win32":
        raise NotImplementedError
    for end in _ends(path):
        end.unlink(missing_ok=True)
        os.mkfifo(end, 0o600)


def remove_pipe(path: Path) -> None:
    for end in _ends(path):
        end.unlink(missing_ok=True)


def _ends(path: Path) -> tuple[Path, Path]:
    return path.with_name(f"{path.name}.in"), path.with_name(f"{path.name}.out")


def run(path: Path, script: str, *, timeout: float, alive: Callable[[], None] | None = None, tick: float = 0.5) -> Completed:
    """Runs a shell script in the guest, as soon as its agent listens. timeout in seconds.

    alive is called every tick and raises when waiting has become pointless. Raises MachineError.
    """
    if sys.platform == "win32":
        raise NotImplementedError
    inward, outward = (os.open(end, os.O_RDWR | os.O_NONBLOCK) for end in _ends(path))
    try:
        token = secrets.token_hex(4)
        unsent = f"{token} {base64.b64encode(script.encode()).decode()}\n".encode()
        deadline, last_look, lines, size = time.monotonic() + timeout, time.monotonic(), Lines(LONGEST), 0
        while time.monotonic() < deadline:
            readable, writable, _ = select.select([outward], [inward] if unsent else [], [], tick)
            if writable:
                unsent = unsent[os.write(inward, unsent) :]
            if readable:
                piece = os.read(outward, 65536)
                size += len(piece)
                if size > MOST:
                    raise too_much("what the guest's agent said", MOST)
                for line in lines.feed(piece):
                    if answer := _answer(line, token, script):
                        return answer
            if alive and time.monotonic() - last_look >= tick:  # whatever it says meanwhile
                last_look = time.monotonic()
                alive()
    finally:
        os.close(inward)
        os.close(outward)
    raise MachineError(f"the guest's agent gave no answer within {timeout:.0f} s")


def _answer(line: bytes, token: str, script: str) -> Completed | None:
    """The completed command, None for a line that answers an earlier one (whose caller was killed). Raises BadAnswer."""
    begin, _, rest = line.partition(b" ")
    if begin != token.encode():
        return None
    try:
        if not (match := _DONE.fullmatch(rest.rstrip(b"\r"))):
            raise BadAnswer(
                "the guest's agent answered something else than a code and its output", evidence=format_evidence(rest)
            )
        output = base64.b64decode(match[2], validate=True)
    except binascii.Error as error:
        raise BadAnswer("the guest's agent answered something else than base64", evidence=str(error)) from None
    return Completed(("sh", "-c", script), int(match[1]), output.decode(errors="replace"))
