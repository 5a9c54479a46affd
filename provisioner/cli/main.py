"""The command line: names and where they live. A command's module is imported when the command is called."""

from importlib import import_module

import click

from provisioner import __version__

COMMANDS = {
    "list": "learn:list_labs",
    "guide": "learn:guide",
    "up": "seats:up",
    "ssh": "seats:shell",
    "check": "check:check",
    "probe": "packets:probe",
    "trace": "packets:trace",
    "map": "packets:map_",
    "hint": "learn:hint",
    "solve": "learn:solve",
    "reset": "seats:reset",
    "goto": "seats:goto",
    "save": "stored:save",
    "restore": "stored:restore",
    "status": "seats:status",
    "stop": "seats:stop",
    "destroy": "seats:destroy",
    "cache": "stored:cache",
    "image": "host:image",
    "doctor": "host:doctor",
    "completion": "host:completion",
    "bench": "stored:bench",
    "new": "authors:new",
    "verify": "authors:verify",
    "selftest": "authors:selftest",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(import_module(f"provisioner.cli.{module}"), attribute)
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lab")
@click.option("-q", "--quiet", is_flag=True, help="Only results and errors.")
@click.option("--trust", is_flag=True, help="Let a lab of others run on this computer, as it is now.")
def lab(quiet: bool, trust: bool) -> None:
    """Hands-on labs on real virtual machines with Docker.

    \b
    lab up 3         a machine in the state in which lab 3 begins
    lab guide 3      the story, the picture, the tasks
    lab ssh 3        a shell in the machine
    lab check 3      which exercises are done, and why the others are not
    lab hint 3.2     the next hint for exercise 2
    lab reset 3      back to the beginning

    A lab is a program: its playbooks' lookups and its tests run on this computer, with your rights. One that does not come
    with the project is asked for once, before anything of it runs, and again when it has changed.

    Results go to stdout, progress to stderr. Exit codes: 0 done, 1 not yet, 2 the tool could not do its job.
    """
    from provisioner.core.paths import Home
    from provisioner.core.progress import reporter

    reporter.quiet = quiet
    reporter.memory = lambda: Home.find().durations
