"""SSH access to machines: one generated ssh_config per seat, used by Ansible, testinfra, docker and `lab ssh`.

It has two hosts: `lab` logs in as the learner, `root` is for the tool. Each keeps one multiplexed connection.
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
SSH_FAILED = 255  # the exit code of ssh's own failures; commands in the machine use 0 to 254
MAX_BYTES = 8 << 20  # of the output of a command in the machine
MULTIPLEXES = os.name == "posix"  # OpenSSH of Windows has no ControlMaster

_CONFIG = """\
Host {learner}
  User learner
Host {root}
  User root
Host *
{access}"""
_TOOLS_CONFIG = """\
Host {name}
  User learner
{access}"""
_ACCESS = """\
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
    access = _ACCESS.format(address=address, port=port, key=_escape(seat.key), known_hosts=_escape(seat.known_hosts))
    multiplex = _MULTIPLEX.format(folder=_escape(seat.folder)) if MULTIPLEXES else ""
    write_private(seat.ssh_config, _CONFIG.format(learner=LEARNER, root=ROOT, access=access) + multiplex)
    write_private(seat.tools_config, _TOOLS_CONFIG.format(name=host_name(seat), access=access))


def host_name(seat: Seat) -> str:
    """What tools of the learner's own call the machine."""
    return f"lab-{seat.name}"


def _escape(path: Path) -> str:
    """Escapes percent signs, which ssh expands."""
    return str(path).replace("%", "%%")


def command(seat: Seat, *words: str, user: str = ROOT, options: tuple[str, ...] = ()) -> list[str]:
    """The argument list of ssh; words are one remote command, each word kept whole."""
    remote = ["--", shlex.join(words)] if words else []
    return ["ssh", "-F", str(seat.ssh_config), *options, user, *remote]


def run(
    seat: Seat, *words: str, user: str = ROOT, input: str | None = None, timeout: float = 120, check: bool = True
) -> Completed:
    """Runs a command in the machine. Raises MachineError if ssh fails, or at the limits of time and output; CommandFailed if
    the command fails."""
    result = process.run(
        command(seat, *words, user=user), input=input, timeout=timeout, check=False, most=MAX_BYTES, failure=MachineError
    )
    if result.code == SSH_FAILED:
        raise MachineError(
            "the machine does not answer by SSH", evidence=f"$ {shlex.join(result.argv)}\n{result.err}",
            hint=f"lab status; lab reset {seat.name.split('-')[0]}",
        )  # fmt: skip
    if check and result.code:
        raise process.CommandFailed(result)
    return result


def answers(address: str, port: int, patience: float = 30.0) -> bool:
    """Whether an SSH server answers within that many seconds. An open port alone may belong to a program of the host."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection((address, port), timeout=max(1.0, deadline - time.monotonic())) as line:
                if line.recv(4) == b"SSH-":
                    return True
        except ConnectionRefusedError:
            deadline = min(deadline, time.monotonic() + 2)  # nothing listens, which will hardly change
        except OSError:
            pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)


def close(seat: Seat) -> None:
    """Closes the seat's multiplexed connections, so that none outlives its machine."""
    for name in (LEARNER, ROOT):
        if (control := seat.folder / f"{name}.ssh").exists():
            process.run(["ssh", "-F", str(seat.ssh_config), "-O", "exit", name], timeout=10, check=False)
            control.unlink(missing_ok=True)


@contextmanager
def forward(seat: Seat, local: Path, remote: str) -> Iterator[None]:
    """Forwards a Unix socket of the machine to a path of the host, through the multiplexed connection."""
    local.unlink(missing_ok=True)
    run(seat, "true")  # the connection that carries it
    control = ["ssh", "-F", str(seat.ssh_config), "-L", f"{local}:{remote}", "-O"]
    process.run([*control, "forward", ROOT], timeout=20)
    try:
        yield
    finally:
        # Else the connection ignores the same request the next time, and creates no socket.
        process.run([*control, "cancel", ROOT], timeout=20, check=False)
        local.unlink(missing_ok=True)
