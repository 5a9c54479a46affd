"""Starting, finding and ending the process of a fake machine (provisioner/backends/fake/server.py)."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from provisioner.backends.fake.guest import Guest
from provisioner.core import signals
from provisioner.core.errors import MachineError
from provisioner.core.model import Endpoint
from provisioner.core.paths import PACKAGE
from provisioner.seats.seat import Seat

PATIENCE = 10.0  # seconds for a process to end


def launch(seat: Seat, guest: Guest, forwards: Sequence[int]) -> Endpoint:
    """A process in a session of its own, that outlives this command. Raises MachineError."""
    words = ["provisioner.backends.fake.server", str(guest.folder), *map(str, forwards)]
    with signals.deferred(), seat.machine_log.open("wb") as log:
        line = begin(words, seat.folder, log)
    if not line:
        raise MachineError("the process of the fake machine ended", evidence=seat.machine_log.read_text()[-2000:])
    port, forwarded = json.loads(line)
    return Endpoint("127.0.0.1", port, {int(guest_port): host_port for guest_port, host_port in forwarded.items()})


def _begin(words: Sequence[str], folder: Path, log: IO[bytes]) -> str:
    """The first line that a module says as a program; nothing where it has ended before."""
    child = subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)}, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout as output:
        line = output.readline()
    if not line:
        child.wait()
    return line


begin: Callable[[Sequence[str], Path, IO[bytes]], str] = _begin  # tests have a quicker one


def find(guest: Guest) -> psutil.Process | None:
    """The machine's process, if it lives; a number that another process has got since is not taken for it."""
    try:
        process = psutil.Process(int(guest.pid.read_text()))
        return process if str(guest.folder) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def end(guest: Guest) -> None:
    """Twice is as good as once. Raises MachineError."""
    if process := find(guest):
        with suppress(psutil.NoSuchProcess):
            process.kill()
        _wait_gone(process)
    guest.pid.unlink(missing_ok=True)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended in between
        return False


def _wait_gone(process: psutil.Process) -> None:
    deadline = time.monotonic() + PATIENCE
    while _lives(process):
        if time.monotonic() > deadline:
            raise MachineError(f"process {process.pid} does not end", hint=f"kill -9 {process.pid}")
        if sys.platform != "win32":
            with suppress(ChildProcessError, OSError):
                os.waitpid(process.pid, os.WNOHANG)
        time.sleep(0.005)
