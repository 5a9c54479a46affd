"""Root in a system container means to get at the host, and does not."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from provisioner.backends.lxc import container
from provisioner.core.paths import Home
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

from . import escape
from .conftest import Cli, require_time, within

SEAT = ("3", "--seat", "escape")
# Takes the shell's place, says where it runs and with which rights, and goes on as the shell.
SHELL = r"""#!/usr/bin/python3 -IS
import os, sys
inside = os.path.exists("/proc/self/status")
with open("/ran-inside" if inside else "/ran-outside", "a") as note:
    if inside:
        rights = [line for line in open("/proc/self/status") if line.startswith("CapBnd")]
        groups = [line for line in open("/proc/self/cgroup") if ":pids:" in line or line.startswith("0::")]
        note.write(" ".join("".join(rights + groups).split()) + "\n")
os.execv("/usr/bin/dash", ["sh", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def seat(cli: Cli, home: Home) -> Iterator[Seat]:
    require_time(in_ci=True)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("system containers need root, and Debian's packages")
    cli.run("up", *SEAT, "--driver", "lxc")
    yield Seat(home.seats / "3-escape")
    cli.run("destroy", *SEAT)


@pytest.fixture(scope="module")
def done(seat: Seat) -> dict[str, str]:
    """What could be done."""
    disk = Path("/").stat().st_dev
    program = Path(escape.__file__).read_text()
    said = ssh.run(seat, "python3", "-", str(os.major(disk)), str(os.minor(disk)), input=program)
    found: dict[str, str] = json.loads(said.out)
    return found


@pytest.mark.parametrize(
    "what",
    ["a file by its number", "the disk", "the disk on a file system of its own", "a loop device", "the memory",
     "the kernel's settings", "devices' settings", "a program for the end of groups", "the clock", "a module",
     "another kernel", "the kernel's messages", "processes without end"],
)  # fmt: skip
def test_refused(done: dict[str, str], what: str) -> None:
    assert done[what] == ""


def test_nobody_in_the_machine_is_somebody_on_the_host(seat: Seat) -> None:
    first = container.first(seat)
    assert first is not None
    there = [psutil.Process(first), *psutil.Process(first).children(recursive=True)]
    assert min(number for process in there for number in (*process.uids(), *process.gids())) >= 65536


def _again(cli: Cli, seat: Seat) -> None:
    """Switched off, and on."""
    container.guest_command(seat, "systemctl poweroff")
    assert within(60, lambda: container.find(seat) is None)
    cli.run("up", *SEAT)


def test_a_shell_of_the_machines_runs_in_it_only_and_with_its_rights(cli: Cli, seat: Seat) -> None:
    ssh.run(seat, "sh", "-c", "rm /usr/bin/sh; cat >/usr/bin/sh; chmod 755 /usr/bin/sh", input=SHELL)
    _again(cli, seat)
    assert container.guest_command(seat, "true").code == 0
    assert ssh.run(seat, "ls", "/ran-outside", check=False).code != 0
    notes = ssh.run(seat, "cat", "/ran-inside").out.splitlines()
    rights = ssh.run(seat, "grep", "CapBnd", "/proc/1/status").out.split()
    assert all(note.split()[:2] == rights for note in notes), notes
    assert "/.." not in "".join(notes)
    ssh.run(seat, "ln", "-sf", "dash", "/usr/bin/sh")


@pytest.fixture
def kept() -> Iterator[Path]:
    """Where nobody else may write to in the machine either, else its sshd takes no keys from there."""
    with tempfile.TemporaryDirectory(prefix="lab-", dir="/srv") as folder:
        yield Path(folder)


def test_links_do_not_lead_what_is_written_out_of_the_machine(cli: Cli, seat: Seat, kept: Path) -> None:
    (kept / "nonce").write_text("mine")
    script = f"""
        mkdir -p {kept} /srv/lab
        rm /etc/machine-id; ln -s {kept}/nonce /etc/machine-id
        cp -a /etc/lab/. /srv/lab; rm -r /etc/lab; ln -s ../../../..{kept} /etc/lab; cp -a /srv/lab/. {kept}
        rm /var/lib/lab/services/shop/index.html; ln -s {kept}/nonce /var/lib/lab/services/shop/index.html"""
    ssh.run(seat, "sh", "-e", input=script)
    _again(cli, seat)
    assert [(file.name, file.read_text()) for file in kept.iterdir()] == [("nonce", "mine")]
    assert ssh.run(seat, "cat", f"{kept}/nonce").out == seat.nonce_file.read_text()
    ssh.run(seat, "sh", "-c", "rm /etc/lab; ln -s /nowhere /etc/lab")
    _again(cli, seat)  # of a link that leads nowhere there is a folder then
    cli.run("reset", *SEAT)
