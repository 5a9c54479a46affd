"""Folders with odd names: what can be run without a machine works in them, or is refused before anything begins."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.backends.lxc import config
from provisioner.backends.qemu import arguments, qemu_process
from provisioner.backends.qemu.monitor import Monitor
from provisioner.checks.pytest_plugin import Plugin
from provisioner.checks.run import expectations
from provisioner.content.lab import load
from provisioner.core.paths import PACKAGE, Home
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

from .command import Cli
from .test_manifest import write_lab

# A path has one of them, or all.
ODD = [" ", ",", "=", ";", "&", "'", "%", "#", ":", "ü", "日", "(x)", "{{x}}", "{%x%}", "!", "*", "?", "|", "<x>", "~", "@"]
ODD = [*ODD, "a++", "[x]", "- o", "%d%h"]
SEVERAL = " ,=;&'%d#ü:"
REFUSED = {
    '"': '"', "$HOME": "$", "${HOME}": "$", "\\": "\\", "`id`": "`", "a\nb": "\\n", "a\tb": "\\t",
    "a\udcffb": "what is not UTF-8",
}  # fmt: skip

odd = pytest.mark.parametrize("name", ODD)
several = pytest.mark.parametrize("name", [SEVERAL, "{{x}}", "[x]"])  # where each takes a second
posix = pytest.mark.skipif(os.name != "posix", reason="names that this system has not")
pytestmark = posix


def seat_below(home: Home, name: str) -> Seat:
    top = home.state / name
    seat = Seat.locate(Home(top, top / "cache"), 3)
    seat.create(Record("vm-and-docker", "qemu"))
    ssh.configure(seat, "127.0.0.1", 2222)
    return seat


# --- the command


@several
@pytest.mark.slow
def test_commands_work_in_a_home(lab: Cli, name: str) -> None:
    there = Cli(lab.home / name, lab.labs)
    assert there("list").code == 0
    Seat.locate(Home(there.home, there.home / "cache"), 3).create(Record("vm-and-docker", "qemu"))
    said = there("status", "--json")
    assert (said.code, '"seat": "3"' in said.out) == (0, True)
    assert there("destroy", "3").code == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_home_is_refused_in_one_sentence_before_anything_begins(lab: Cli, name: str) -> None:
    there = Cli(lab.home / name, lab.labs)
    said = there("up", "3")
    assert said.code == 2
    (what,) = [line for line in said.err.splitlines() if line.startswith("✗")]
    assert f"its path has {REFUSED[name]}" in what
    assert said.next.startswith("LAB_HOME=")
    assert not there.home.exists()


@pytest.mark.parametrize("command", ["up 3 --driver lxc", "up 3 --driver qemu", "check 3", "status", "verify 3"])
def test_every_command_that_has_to_do_with_machines_refuses_it(lab: Cli, command: str) -> None:
    said = Cli(lab.home / "a`b", lab.labs)(*command.split())
    assert (said.code, said.next.split("=")[0]) == (2, "LAB_HOME")


@pytest.mark.parametrize("name", ['"', "[x]"])  # a colon is between two folders
def test_labs_in_a_folder_that_tools_misread_are_refused(lab: Cli, tmp_path: Path, name: str) -> None:
    write_lab(tmp_path / name / "03-vm-and-docker")
    said = Cli(lab.home, tmp_path / name)("up", "3")
    assert said.code == 2
    assert "its path has" in said.err
    assert not (lab.home / "seats").exists()


@pytest.mark.parametrize("name", [":", "[x]", '"', "$x", "\\", "`id`", "a\nb"])
def test_the_launcher_refuses_a_checkout_before_it_makes_an_environment(tmp_path: Path, name: str) -> None:
    checkout = tmp_path / name
    checkout.mkdir()
    shutil.copy(PACKAGE.parent / "lab", checkout)
    said = subprocess.run([str(checkout / "lab"), "list"], capture_output=True, text=True, check=False)
    assert (said.returncode, "its path" in said.stderr) == (2, True)
    assert [file.name for file in checkout.iterdir()] == ["lab"]


# --- SSH


@odd
def test_ssh_takes_paths_as_they_are(home: Home, name: str) -> None:
    seat = seat_below(home, name)
    command = ["ssh", "-G", "-F", str(seat.ssh_config), "root"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    said = dict(line.split(" ", 1) for line in lines)
    assert said["identityfile"].replace("%%", "%") == str(seat.key)
    assert said["userknownhostsfile"].replace("%%", "%").strip('"') == str(seat.known_hosts)
    assert said["controlpath"].replace("%%", "%") == str(seat.folder / "root.ssh")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ssh, for this test, leads to this host: it runs what it is asked to, if its settings can be read. Returns its log."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nwhile [ "$1" != -F ]; do shift; done\n'
        f'cat "$2" >{shlex.quote(str(tmp_path / "log"))} || exit 255\n'
        'while [ "$1" != root ]; do shift; done\nshift\nexec sh -c "$*"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "log"


@several
def test_testinfra_finds_the_settings(home: Home, tmp_path: Path, machine: Path, name: str) -> None:
    seat = seat_below(home, name)
    lab = load(write_lab(tmp_path / "labs" / "03-vm-and-docker").parent, "3")
    plugin = Plugin(lab, seat, [*lab.exercises], disruption_target=None, explain=False, tell=lambda _: None)
    assert plugin.reach().run("echo answered").stdout == "answered\n"
    assert machine.read_text() == seat.ssh_config.read_text()


# --- checks


@pytest.mark.parametrize("name", [SEVERAL.replace(":", ""), "{{x}}", "*?<x>|"])
def test_checks_are_found(tmp_path: Path, name: str) -> None:
    folder = write_lab(tmp_path / name / "03-vm-and-docker")
    text = (
        "from provisioner.checks import Net, reaches\n"
        "def test_it(net: Net) -> None:\n    net.expect(reaches('outside', 'web'))\n"
    )
    for exercise in folder.glob("exercises/*/test_*.py"):
        exercise.write_text(text)
    lab = load(folder.parent, "3")
    assert {number for number, _ in expectations(lab, lab.exercises)} == {1, 2}


# --- QEMU


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which(arguments.program()), reason="needs QEMU on Linux")
@several
def test_qemu_takes_paths_as_they_are(home: Home, name: str) -> None:
    seat = seat_below(home, name)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(seat.disk), "1G"], check=True)
    command = [
        *arguments.common("lab-3", 1), *arguments.machine("tcg"), *arguments.memory(64, seat.memory, arguments.SHARED),
        *arguments.disk(seat.disk, durable=True), *arguments.agent(seat.agent),
        *arguments.control(seat.qmp, seat.pid), "-S",
    ]  # fmt: skip
    with qemu_process.launch(seat, command) as qemu, Monitor(seat.qmp, alive=qemu.require_life):
        assert qemu_process.find(seat)
        assert seat.memory.exists()
        qemu_process.end(seat)


# --- LXC


@pytest.mark.skipif(not shutil.which("lxc-info"), reason="needs LXC")
@odd
def test_lxc_runs_the_hook_that_was_meant(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    hook = folder / "hook"
    hook.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    hook.chmod(0o755)
    text = config.config(folder, [str(hook), str(folder)], memory=1, unified=True, groups="lab", base=1)
    (folder / "config").write_text(text)
    ask = ["lxc-info", "-n", "lab", "-P", str(folder), "--rcfile", str(folder / "config"), "-c"]

    def value(key: str) -> str:
        done = subprocess.run([*ask, key], capture_output=True, text=True, check=False)
        return done.stdout.partition(" = ")[2].strip("\n")

    said = subprocess.run(["sh", "-c", f"exec {value('lxc.hook.pre-start')} lab"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == [str(folder), "lab"]
    assert value("lxc.console.logfile") == f"{folder}/console.log"
