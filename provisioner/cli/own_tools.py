"""Commands for tools of the learner's own: ssh-config, docker."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import click

from provisioner.cli.options import as_json, find_target, lab_number, require_running, seat_name
from provisioner.cli.output import echo, show_json
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

_MARK = "# lab: machines as lab-3, lab-3-alice (lab ssh-config --uninstall removes these two lines)"


@click.command(
    "ssh-config",
    epilog="\b\nExamples:\n  lab ssh-config 3\n  lab ssh-config 3 --install   then: ssh lab-3, scp, rsync, VS Code, docker -H ssh://lab-3\n"
    "  lab ssh-config --uninstall",
)
@click.argument("target", metavar="[LAB]", required=False)
@seat_name
@click.option("--install", is_flag=True, help="Include it in ~/.ssh/config, for all seats of today and tomorrow.")
@click.option("--uninstall", is_flag=True, help="Take it out of ~/.ssh/config.")
@as_json
def ssh_config(target: str | None, seat_name: str, install: bool, uninstall: bool, as_json: bool) -> None:
    """Show how SSH reaches the machine, for tools of your own."""
    home = Home.find()
    if uninstall:
        echo("~/.ssh/config has no lines of lab any more." if _remove(_user_config(), home) else "It was not included.")
        return
    if target is None:
        raise UsageError("which lab?", hint="lab ssh-config 3")
    seat = _configure(target, seat_name)
    text = seat.tools_config.read_text(encoding="utf-8")
    if install:
        _include(_user_config(), home)
    if as_json:
        show_json({"host": ssh.host_name(seat), "config": text, "file": str(seat.tools_config), "included": install})
        return
    if not install:
        echo(text.rstrip())
        echo(f"# `lab ssh-config {target} --install` includes this in ~/.ssh/config, for all seats.")
        return
    name = ssh.host_name(seat)
    echo(f"Included. Now, for example:\n\n  ssh {name}\n  scp rules.sh {name}:\n  docker -H ssh://{name} ps")
    echo(f"  code --remote ssh-remote+{name} /home/learner")


def _configure(target: str, seat_name: str) -> Seat:
    seat = require_running(find_target(target, runs=False)[0], seat_name)
    record = seat.read()
    assert record is not None
    if not seat.tools_config.exists():  # an older version has started it
        ssh.configure(seat, record.address, record.port)
    return seat


def _user_config() -> Path:
    return Path.home() / ".ssh" / "config"


def _line(home: Home) -> str:
    return f'Include "{home.seats}/*/{Seat(home.seats).tools_config.name}"'


def _include(file: Path, home: Home) -> None:
    """At the top: below a `Host` it would count for that host only."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    old = _read(file)
    if _line(home) not in old.splitlines():
        _write(file, f"{_MARK}\n{_line(home)}\n\n{old}" if old else f"{_MARK}\n{_line(home)}\n")


def _remove(file: Path, home: Home) -> bool:
    old = _read(file)
    if _line(home) not in old.splitlines():
        return False
    lines = [line for line in old.splitlines(keepends=True) if line.rstrip("\n") not in (_MARK, _line(home))]
    _write(file, "".join(lines).lstrip("\n"))
    return True


def _read(file: Path) -> str:
    """The user's own: each byte of it, whatever it is, comes out again as it was."""
    return file.read_bytes().decode("utf-8", "surrogateescape") if file.exists() else ""


def _write(file: Path, text: str) -> None:
    """Whole or not at all; of a link what it leads to."""
    place = file.resolve()
    new = place.with_name(f".{place.name}.lab")
    new.write_bytes(text.encode("utf-8", "surrogateescape"))
    new.chmod(stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o600)
    new.replace(place)


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="\b\nExamples:\n  lab docker 3 ps\n  lab docker 3 logs shop\n  lab docker --seat alice 3 ps",
)
@lab_number
@click.option("--seat", "seat_name", default="", metavar="NAME", help="Use the seat NAME instead of the default.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="WORDS...")
def docker(target: str, seat_name: str, words: tuple[str, ...]) -> None:
    """Run docker with the machine's Docker.

    With this host's client if there is one, so that it finds your files; else with the machine's.
    """
    seat = require_running(find_target(target, runs=False)[0], seat_name)
    client = shutil.which("docker")
    if client is None:
        options = ("-t",) if sys.stdin.isatty() and sys.stdout.isatty() else ()
        code = subprocess.run(ssh.command(seat, "docker", *words, user=ssh.LEARNER, options=options), check=False).returncode
        raise click.exceptions.Exit(code)
    socket = seat.folder / "docker.sock"
    with ssh.forward(seat, socket, "/var/run/docker.sock"):
        environment = {name: value for name, value in os.environ.items() if name not in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY")}
        code = subprocess.run([client, *words], env={**environment, "DOCKER_HOST": f"unix://{socket}"}, check=False).returncode
    raise click.exceptions.Exit(code)
