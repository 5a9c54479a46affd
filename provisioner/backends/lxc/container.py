"""A system container as a process of the host: started so that it outlives its command, found again, ended."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from provisioner.backends import egress as way
from provisioner.backends.lxc import cgroups, config, hook, rootfs
from provisioner.backends.qemu.arguments import MGMT_ADDRESS, MGMT_MAC, UPLINK_MAC
from provisioner.backends.qemu.qemu_process import wait_gone
from provisioner.core import process, signals
from provisioner.core.errors import MachineError
from provisioner.core.files import tail
from provisioner.core.paths import private_folder, write_private
from provisioner.core.process import Completed
from provisioner.core.umask import PUBLIC
from provisioner.seats import identity, ssh
from provisioner.seats.seat import Seat

UPLINK_ADDRESS = "10.0.2.15"  # what slirp4netns leases
PATIENCE = 120.0  # seconds for a boot, or a shutdown; a busy host takes 10
_TOOLS = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # the distribution's own, not what a learner has put before them
# Failed units are the learner's business: a degraded machine is up.
_BOOTED = "systemctl is-system-running --wait >/dev/null 2>&1 || systemctl is-active --quiet lab-mgmt.socket"


class Place:
    """The files of a machine, in its seat's folder or a stored layer's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upper = folder / "upper"  # what is other than in the layers below
        self.docker = folder / "docker"  # Docker's own folder: it stacks files itself, and cannot on a stack
        self.stack_file = folder / "below"  # what it stands on, a line each: the image's disk, then the uppermost folder first

    @property
    def folders_below(self) -> list[Path]:
        return [Path(line) for line in self.stack_file.read_text().splitlines()[1:]]


def of(seat: Seat) -> Place:
    return Place(seat.folder / cgroups.FOLDER)


def cards(place: Place, port: int, forwards: dict[int, int], *, outward: bool) -> str:
    """For hook.py: the machine's own card, and the management network's, for SSH alone. What may call out is behind a way
    out that does not lead to this host."""
    isolation = {"listen": way.ADDRESS, "through": way.command(place.folder, [*forwards.values()], [])} if outward else {}
    return json.dumps([
        {"card": "eth0", "mac": UPLINK_MAC, "network": "10.0.2.0/24", "outward": outward, **isolation,
         "forwards": [[host_port, UPLINK_ADDRESS, guest_port] for guest_port, host_port in sorted(forwards.items())]},
        {"card": "eth1", "mac": MGMT_MAC, "network": "10.0.3.0/24", "outward": False,
         "forwards": [[port, MGMT_ADDRESS, 22]]},
    ])  # fmt: skip


@contextmanager
def launch(seat: Seat, memory: int, cards: str, *, durable: bool) -> Iterator[None]:
    """The machine boots, and outlives this command; but not an error or Ctrl-C before it is handed over. durable: what it has
    written and synced survives a power cut of the host."""
    place = of(seat)
    private_folder(place.folder / "image")
    python, base = [sys.executable, "-I", "-S"], cgroups.base(seat)
    hooked = [*python, hook.__file__, str(place.folder)]
    text = config.config(place.folder, hooked, memory=memory, unified=cgroups.unified(), groups=cgroups.name(seat), base=base)
    (place.folder / "config").write_text(text)
    cgroups.note(seat)
    (place.folder / "cards.json").write_text(cards)
    (place.folder / "console.log").unlink(missing_ok=True)
    write_private(place.folder / "root.json", _root(seat, base, durable=durable))
    make_root = [*python, rootfs.__file__, str(place.folder)]
    (place.folder / "machine").write_text(config.machine(place.folder, make_root, groups=cgroups.name(seat)))
    is_kept = False
    try:
        with signals.deferred(), seat.machine_log.open("wb") as log:
            child = subprocess.Popen(
                [*config.ENTER, "sh", str(place.folder / "machine")], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, umask=PUBLIC,
            )  # fmt: skip
            seat.pid.write_text(str(child.pid))
        _wait_booted(seat, child)
        yield
        is_kept = True
    finally:
        if not is_kept:
            with signals.deferred():
                end(seat)


def _root(seat: Seat, base: int, *, durable: bool) -> str:
    """For root.py: what the root is made of, and what makes it the seat's own."""
    disk, *lower_names = of(seat).stack_file.read_text().splitlines()
    files = [(name, mode, text) for name, (mode, text) in identity.make_texts(seat).items()]
    pages = {"pages": identity.SERVICES, "nonce": seat.nonce}
    return json.dumps({
        "name": cgroups.name(seat), "disk": disk, "below": lower_names, "base": base, "files": files, "durable": durable,
        **pages,
    })  # fmt: skip


def _wait_booted(seat: Seat, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise MachineError(f"the machine ended with code {child.returncode}", evidence=logs(seat), hint=_hint(logs(seat)))
        pid = first(seat)
        if pid and Path(f"/proc/{pid}/root/run/systemd/private").exists():  # its service manager answers
            with suppress(MachineError):
                if guest_command(seat, _BOOTED).code == 0:
                    return
        time.sleep(0.05)
    raise MachineError(f"the machine did not boot within {PATIENCE:.0f} s", evidence=logs(seat))


def _hint(log: str) -> str:
    from provisioner.backends.lxc import limits

    if fix := limits.find_fix(log):
        return f"so many machines are more than this host's kernel allows: {fix}"
    return "it needs loop devices, and overlayfs on the file system of LAB_HOME; else --driver qemu"


def find(seat: Seat) -> psutil.Process | None:
    """The one process that the host sees, if it lives."""
    try:
        process = psutil.Process(int(seat.pid.read_text()))
        is_ours = str(of(seat).folder / "machine") in process.cmdline()
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


def first(seat: Seat) -> int | None:
    """The machine's own first process, by its number on the host. It is another one after each boot."""
    if outer := find(seat):
        with suppress(OSError):
            starters = (p for shell in children(outer.pid) for p in children(shell) if _name(p) == "lxc-start")
            return next((p for s in starters for p in children(s) if _names(p) != _names(s)), None)
    return None


def born(seat: Seat) -> tuple[int, str] | None:
    """Which process is the first one: its number, and when it began, in the kernel's ticks."""
    pid = first(seat)
    with suppress(OSError):
        return (pid, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]) if pid else None
    return None


def children(pid: int) -> list[int]:
    """From the kernel: psutil reads of all processes of the host who their parent is, and of machines there are hundreds."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _names(pid: int) -> Path:
    """The namespace of its host name: LXC's own helpers are in LXC's."""
    return Path(f"/proc/{pid}/ns/uts").readlink()


def entering(seat: Seat) -> list[str]:
    """The start of a command that is run in the machine as root. Raises MachineError where there is none."""
    outer = find(seat)
    shell = next(iter(children(outer.pid)), None) if outer else None
    if shell is None:
        raise MachineError("the machine does not run", evidence=logs(seat))
    # LXC's own way in: with the rights, the users and the control groups of the machine, whose shell may be anybody's.
    attach = ["lxc-attach", "--name", config.NAME, "--lxcpath", f"{rootfs.HALL}/{cgroups.name(seat)}", "--clear-env"]
    tools = [word for key, value in _TOOLS.items() for word in ("--set-var", f"{key}={value}")]
    return ["nsenter", "--target", str(shell), "--mount", "--pid", "--", *attach, *tools, "--"]


def guest_command(seat: Seat, script: str, timeout: float = PATIENCE) -> Completed:
    """Runs a script in the machine as root, without the network. Raises MachineError where there is none."""
    return process.run(
        [*entering(seat), "/bin/sh", "-s"], input=f"umask 022\n{script}", timeout=timeout, check=False, failure=MachineError
    )


def switch_off(seat: Seat) -> None:
    """As an owner does: what runs in it ends in order. Raises MachineError."""
    ssh.close(seat)
    outer = find(seat)
    guest_command(seat, "systemctl poweroff")
    deadline = time.monotonic() + PATIENCE
    while outer is not None and find(seat) is not None:
        if time.monotonic() > deadline:
            raise MachineError("the machine does not switch itself off", evidence=logs(seat))
        time.sleep(0.05)
    end(seat)


def end(seat: Seat) -> None:
    """At once, with all that belongs to it. Twice is as good as once."""
    ssh.close(seat)
    if outer := find(seat):
        with suppress(psutil.NoSuchProcess):
            inner = outer.children()
            outer.kill()
            for process in (*inner, outer):  # the inner one is the last of all that was in the machine
                wait_gone(process)
    seat.pid.unlink(missing_ok=True)
    cgroups.remove(seat)


def size(folder: Path) -> int:
    """What a folder takes on the disk, in bytes."""
    result = process.run(["du", "--summarize", "--block-size=1", str(folder)], check=False, timeout=60)
    return int(result.out.split()[0]) if result.out.strip() else 0


def logs(seat: Seat) -> str:
    files = (seat.machine_log, of(seat).folder / "lxc.log", of(seat).folder / "console.log")
    return "\n".join(text for file in files if (text := tail(file, 8)))
