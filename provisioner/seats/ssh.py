"""The way into a machine: one generated ssh_config per seat, used by Ansible, testinfra, docker and `lab ssh`.

Two names in it: `lab` is the learner, `root` is the tool. Each keeps one multiplexed connection.
"""

import os
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.core import process
from provisioner.core.errors import MachineError
from provisioner.core.paths import write_private
from provisioner.core.process import Completed
from provisioner.seats.seat import Seat

LEARNER, ROOT = "lab", "root"
SSH_FAILED = 255  # ssh's own failures; commands in the machine use 0 to 254
MOST = 8 << 20  # bytes that a command in the machine may say
MULTIPLEXES = os.name == "posix"  # OpenSSH of Windows has no ControlMaster

_CONFIG = """\
Host {learner}
  User learner
Host {root}
  User root
Host *
  HostName {address}
  Port {port}
  HostKeyAlias lab
  IdentityFile "{key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{known_hosts}"
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  PreferredAuthentications publickey
  ConnectTimeout 60
  ServerAliveInterval 10
  ServerAliveCountMax 6
  LogLevel ERROR
"""
_MULTIPLEX = """\
  ControlMaster auto
  ControlPath "{folder}/%n.ssh"
  ControlPersist 900
"""


def configure(seat: Seat, address: str, port: int) -> None:
    """Writes the seat's ssh_config and pins its host key."""
    kind, key, *_ = seat.host_key.with_suffix(".pub").read_text().split()
    write_private(seat.known_hosts, f"lab {kind} {key}\n")
    text = _CONFIG + (_MULTIPLEX if MULTIPLEXES else "")
    write_private(
        seat.ssh_config,
        text.format(
            learner=LEARNER, root=ROOT, address=address, port=port,
            key=_escaped(seat.key), known_hosts=_escaped(seat.known_hosts), folder=_escaped(seat.folder),
        ),
    )  # fmt: skip


def _escaped(path: Path) -> str:
    """ssh puts the user, the host and more in the place of a percent sign."""
    return str(path).replace("%", "%%")


def command(seat: Seat, *words: str, user: str = ROOT, options: tuple[str, ...] = ()) -> list[str]:
    """The argument list of ssh; words are one remote command, each word kept whole."""
    remote = ["--", shlex.join(words)] if words else []
    return ["ssh", "-F", str(seat.ssh_config), *options, user, *remote]


def run(
    seat: Seat, *words: str, user: str = ROOT, input: str | None = None, timeout: float = 120, check: bool = True
) -> Completed:
    """Runs a command in the machine. Raises MachineError where ssh fails, and where it takes longer or says more than it may;
    CommandFailed where the command fails."""
    done = process.run(
        command(seat, *words, user=user), input=input, timeout=timeout, check=False, most=MOST, failure=MachineError
    )
    if done.code == SSH_FAILED:
        raise MachineError(
            "the machine does not answer by SSH", evidence=f"$ {shlex.join(done.argv)}\n{done.err}",
            hint=f"lab status; lab reset {seat.name.split('-')[0]}",
        )  # fmt: skip
    if check and done.code:
        raise process.CommandFailed(done)
    return done


def answers(address: str, port: int, patience: float = 30.0) -> bool:
    """Whether an SSH server greets there within so many seconds: a port alone may be held open by a program of the host."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection((address, port), timeout=max(1.0, deadline - time.monotonic())) as line:
                if line.recv(4) == b"SSH-":
                    return True
        except ConnectionRefusedError:
            deadline = min(deadline, time.monotonic() + 2)  # nobody holds it: this will not change
        except OSError:
            pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)


def close(seat: Seat) -> None:
    """Ends the seat's kept connections, so that none outlives its machine."""
    for name in (LEARNER, ROOT):
        if (control := seat.folder / f"{name}.ssh").exists():
            process.run(["ssh", "-F", str(seat.ssh_config), "-O", "exit", name], timeout=10, check=False)
            control.unlink(missing_ok=True)


@contextmanager
def forwarded(seat: Seat, local: Path, remote: str) -> Iterator[None]:
    """A Unix socket of the machine appears at a path of the host, through the kept connection."""
    local.unlink(missing_ok=True)
    run(seat, "true")  # the connection that carries it
    control = ["ssh", "-F", str(seat.ssh_config), "-L", f"{local}:{remote}", "-O"]
    process.run([*control, "forward", ROOT], timeout=20)
    try:
        yield
    finally:
        # The connection would take the same wish for granted the next time, and make no socket.
        process.run([*control, "cancel", ROOT], timeout=20, check=False)
        local.unlink(missing_ok=True)
