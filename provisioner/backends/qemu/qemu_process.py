"""QEMU as a process of the host: started so that it outlives its command, found again, ended."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from provisioner.backends.qemu import agent
from provisioner.backends.qemu.arguments import MGMT_ADDRESS
from provisioner.core import signals
from provisioner.core.errors import HostError, MachineError
from provisioner.core.model import Endpoint
from provisioner.seats import ssh
from provisioner.seats.seat import Seat


class Launched:
    """A QEMU that was just started. It ends with an error or Ctrl-C of this command, until keep() was called."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.is_kept = False

    def keep(self) -> None:
        self.is_kept = True

    def require_life(self) -> None:
        """Raises MachineError where it has ended."""
        if self.process.poll() is not None:
            raise MachineError(f"QEMU ended with code {self.process.returncode}")


@contextmanager
def launch(seat: Seat, command: list[str], inherited: Sequence[int] = ()) -> Iterator[Launched]:
    """A QEMU in a session of its own, that outlives this command; but not an error or Ctrl-C before it is handed over."""
    for file in (seat.qmp, seat.pid, seat.console):
        file.unlink(missing_ok=True)
    agent.make_pipe(seat.agent)
    launched = None
    try:
        with signals.deferred(), seat.machine_log.open("wb") as log:  # a QEMU that nobody knows of would stay
            launched = Launched(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=seat.folder,
                pass_fds=inherited,
            ))  # fmt: skip
        yield launched
        launched.keep()
    except FileNotFoundError as error:
        if launched is None and error.filename == command[0]:
            raise HostError(f"{command[0]} is not installed", hint="lab doctor") from None
        raise
    finally:
        if launched and not launched.is_kept:
            with signals.deferred():
                launched.process.kill()
                launched.process.wait()


def find(seat: Seat) -> psutil.Process | None:
    """The seat's QEMU, if it lives; a number that another process has got since is not taken for it."""
    try:
        process = psutil.Process(int(seat.pid.read_text()))
        return process if str(seat.pid) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def endpoint(qemu: psutil.Process) -> Endpoint:
    """Where its machine answers, as it was started."""
    forwards = {}
    for word in qemu.cmdline():
        for host_port, address, guest_port in re.findall(r"hostfwd=tcp:[\d.]+:(\d+)-([\d.]+):(\d+)", word):
            forwards[address, int(guest_port)] = int(host_port)
    ssh_port = forwards.pop((MGMT_ADDRESS, 22), 0)
    return Endpoint("127.0.0.1", ssh_port, {guest_port: host_port for (_, guest_port), host_port in forwards.items()})


def end(seat: Seat) -> None:
    """Ends the seat's QEMU and its connections. Twice is as good as once."""
    ssh.close(seat)
    if qemu := find(seat):
        with suppress(psutil.NoSuchProcess):
            qemu.kill()
        wait_gone(qemu)
    for file in (seat.qmp, seat.pid):
        file.unlink(missing_ok=True)
    agent.remove_pipe(seat.agent)


def settle(qemu: psutil.Process | None, patience: float = 15.0, idle: float = 0.15) -> None:
    """Waits until the guest has nothing to do: QEMU takes less than a share of one processor for half a second."""
    deadline = time.monotonic() + patience
    with suppress(psutil.Error):
        while qemu is not None and qemu.cpu_percent(0.5) > 100 * idle and time.monotonic() < deadline:
            pass


def wait_gone(qemu: psutil.Process | None, patience: float = 20.0) -> None:
    """Until its files are free. qemu: as it was found before it was told to end."""
    deadline = time.monotonic() + patience
    while qemu is not None and not _has_ended(qemu):
        if time.monotonic() > deadline:
            raise MachineError(f"process {qemu.pid} does not end", hint=f"kill -9 {qemu.pid}")
        time.sleep(0.01)


def _has_ended(qemu: psutil.Process) -> bool:
    """A zombie whose threads are still ending holds the disk: the files are freed by the last of them."""
    if sys.platform != "win32":
        with suppress(ChildProcessError, OSError):
            os.waitpid(qemu.pid, os.WNOHANG)  # it may be a child of this very process
    try:
        return not qemu.is_running() or (qemu.status() == psutil.STATUS_ZOMBIE and qemu.num_threads() <= 1)
    except psutil.Error:
        return True


def memory(qemu: psutil.Process) -> int:
    """PSS where the kernel tells it (shared pages counted once), else RSS, in bytes."""
    with suppress(psutil.Error):
        with suppress(psutil.AccessDenied):  # root without all of its rights, and QEMU is another user
            full = qemu.memory_full_info()
            return int(getattr(full, "pss", full.rss))
        return int(qemu.memory_info().rss)
    return 0
