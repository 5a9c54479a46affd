"""The command line: its commands and their modules, which are imported on demand."""

import inspect
from importlib import import_module

import click

from provisioner import __version__

COMMANDS = {
    "list": "learn:list_labs",
    "guide": "learn:guide",
    "up": "seats:up",
    "page": "page:page",
    "ssh": "seats:shell",
    "ssh-config": "own_tools:ssh_config",
    "docker": "own_tools:docker",
    "check": "check:check",
    "probe": "packets:probe",
    "trace": "packets:trace",
    "map": "packets:map_",
    "hint": "learn:hint",
    "solve": "learn:solve",
    "predict": "predict:predict",
    "dispute": "dispute:dispute",
    "progress": "progress:progress",
    "review": "review:review",
    "reset": "seats:reset",
    "goto": "seats:goto",
    "save": "stored:save",
    "restore": "stored:restore",
    "status": "status:status",
    "stop": "status:stop",
    "destroy": "status:destroy",
    "class": "class_demo:class_",
    "join": "laptop:join",
    "leave": "laptop:leave",
    "bundle": "bundle:bundle",
    "cache": "stored:cache",
    "gc": "stored:gc",
    "image": "host:image",
    "doctor": "host:doctor",
    "completion": "host:completion",
    "bench": "stored:bench",
    "new": "authors:new",
    "add": "authors:add",
    "verify": "verify:verify",
    "selftest": "selftest:selftest",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(import_module(f"provisioner.cli.{module}"), attribute)
        command.short_help = inspect.cleandoc(command.help or "").partition("\n")[0]  # click would shorten it
        return command


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lab")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors only.")
@click.option("--trust", is_flag=True, help="Trust a lab that does not come with the project, as it is now.")
def lab(quiet: bool, trust: bool) -> None:
    """Hands-on labs on real virtual machines with Docker.

    \b
    lab up 3         start a machine in the initial state of lab 3
    lab guide 3      read the story and the tasks
    lab ssh 3        open a shell in the machine
    lab check 3      see which exercises are done, and why others are not
    lab hint 3.2     get the next hint for exercise 2
    lab reset 3      start again with a fresh machine

    A lab is a program: its playbooks and its tests run on this computer, with your rights. If a lab does not come with the
    project, lab asks you to trust it before anything of it runs, and asks again after each change.

    Results go to stdout, progress to stderr. Exit codes: 0 done, 1 not yet, 2 error.
    """
    from provisioner.core.paths import Home
    from provisioner.core.progress import reporter

    reporter.quiet = quiet
    if not quiet:  # else nobody would see them, and they would be gone
        _show_messages()
    reporter.memory = lambda: Home.find().durations


def _show_messages() -> None:
    """What the trainer of a class has said that this computer has joined."""
    from contextlib import suppress

    from provisioner.core.errors import LabError
    from provisioner.core.paths import Home
    from provisioner.core.progress import say

    with suppress(LabError, OSError):  # the command itself says what is wrong with the home
        if (Home.find().state / "joined.json").exists():
            from provisioner.classes import laptop

            for message in laptop.show_messages(Home.find()):
                say(f"· your trainer: {message}")
