"""Parameters that many commands share: the lab, the seat, --json."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from provisioner.content.lab import Exercise, Lab, lab_folders, parse_target
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.seats.seat import Seat, make_layer_seat

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _complete(ctx: click.Context, parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    items = []
    for number, folder in lab_folders(labs_folders()).items():
        items.append(CompletionItem(str(number), help=folder.name))
        if prefix.startswith(f"{number}."):
            exercises = enumerate(parse_target(labs_folders(), str(number))[0].exercises, start=1)
            items += [CompletionItem(f"{number}.{i}", help=e.entry.title) for i, e in exercises]
    return [item for item in items if str(item.value).startswith(prefix)]


target = click.argument("target", metavar="LAB[.EXERCISE]", shell_complete=_complete)
lab_number = click.argument("target", metavar="LAB", shell_complete=_complete)
seat_name = click.option("--seat", "seat_name", default="", metavar="NAME", help="Use the seat NAME instead of the default.")
plan_only = click.option("--plan", "show_plan", is_flag=True, help="Print the plan and exit.")
assume_yes = click.option("-y", "--yes", is_flag=True, help="Assume yes, do not prompt.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def find_target(text: str, seat: str | None = None, *, runs: bool = True) -> tuple[Lab, Exercise | None]:
    """The lab as written; with a seat, with the values of that seat's variation.

    runs: whether anything of the lab may run on this host, for which the user must trust it. Only a command that merely reads
    the lab, or uses an existing machine, passes False.
    """
    lab, exercise = parse_target(labs_folders(), text)
    seat_place = find_seat(lab, seat or "")
    record = seat_place.read() if seat is not None else None
    if runs:
        from provisioner.content import trust

        trust.require(Home.find(), lab, agreed=click.get_current_context().find_root().params["trust"])
    if record is None or not record.variation:
        return lab, exercise
    from provisioner.content import variation

    lab = variation.of(Home.find(), lab, record.variation)
    return lab, lab.exercises[exercise.number - 1] if exercise else None


def require_name(name: str, purpose: str) -> None:
    """Validates a name that becomes a folder. Raises UsageError."""
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 24):
        raise UsageError(f"{name!r} is not a valid name for {purpose}", hint="letters, digits and hyphens, at most 24")


def find_seat(lab: Lab, name: str) -> Seat:
    """The seat, which need not exist. Raises UsageError for an invalid name."""
    if name:
        require_name(name, "a seat")
    home = Home.find()
    seat = Seat.locate(home, lab.number, name)
    for folder in (seat, make_layer_seat(home, "0" * 8)):  # fail early, not after a minute's work
        folder.require_room()
    return seat


def require_running(lab: Lab, name: str) -> Seat:
    """The seat, which must be up. Resumes a machine that was left paused. Raises UsageError."""
    seat = find_seat(lab, name)
    record = seat.read()
    if record is None or record.phase != "ready":
        extra = f" --seat {name}" if name else ""
        raise UsageError(f"lab {lab.number} is not up{f' for {name}' if name else ''}", hint=f"lab up {lab.number}{extra}")
    if seat.pause_file.exists():
        from provisioner.recovery import resume_paused

        resume_paused(seat)
    return seat


def require_free(file: Path, option: str) -> None:
    """Raises UsageError where a command could not write this file in the end, or would overwrite what nobody has agreed to.
    option: names another file."""
    if not file.exists():
        if not file.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {file.absolute().parent}", hint=f"{option} FILE names another place")
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{file} exists already", hint=f"remove it, or name another file: {option} FILE")
    click.confirm(f"{file} exists already. Overwrite it?", abort=True, err=True)
