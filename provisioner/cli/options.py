"""What many commands take: the lab, the seat, JSON."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from provisioner.content.lab import Exercise, Lab, lab_folders, parse_target
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.seats.seat import Seat, make_layer_seat

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _complete(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    found = []
    for number, folder in lab_folders(labs_folders()).items():
        found.append(CompletionItem(str(number), help=folder.name))
        if begun.startswith(f"{number}."):
            exercises = enumerate(parse_target(labs_folders(), str(number))[0].exercises, start=1)
            found += [CompletionItem(f"{number}.{i}", help=e.entry.title) for i, e in exercises]
    return [item for item in found if str(item.value).startswith(begun)]


target = click.argument("target", metavar="LAB[.EXERCISE]", shell_complete=_complete)
lab_number = click.argument("target", metavar="LAB", shell_complete=_complete)
seat_name = click.option("--seat", "seat_name", default="", metavar="NAME", help="Use the seat NAME instead of the default.")
plan_only = click.option("--plan", "show_plan", is_flag=True, help="Print the plan and exit.")
agree = click.option("-y", "--yes", is_flag=True, help="Assume yes, do not prompt.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def wanted(given: str, seat: str | None = None, *, runs: bool = True) -> tuple[Lab, Exercise | None]:
    """The lab as it is written; for the seat of that name, with the values that this seat has drawn.

    runs: whether anything of the lab may run on this host: then the user must have said that it is trusted. Only a command
    that does no more than read the lab, or that works on a machine that is there, passes False.
    """
    lab, exercise = parse_target(labs_folders(), given)
    place = seat_of(lab, seat or "")
    record = place.read() if seat is not None else None
    if runs:
        from provisioner.content import trust

        trust.require(Home.find(), lab, agreed=click.get_current_context().find_root().params["trust"])
    if record is None or not record.variation:
        return lab, exercise
    from provisioner.content import variation

    lab = variation.of(Home.find(), lab, record.variation)
    return lab, lab.exercises[exercise.number - 1] if exercise else None


def require_name(name: str, of: str) -> None:
    """A name that becomes a folder. Raises UsageError."""
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 24):
        raise UsageError(f"{name!r} is not a valid name for {of}", hint="letters, digits and hyphens, at most 24")


def seat_of(lab: Lab, name: str) -> Seat:
    """The seat's place, there or not. Raises UsageError for a name that cannot be a folder."""
    if name:
        require_name(name, "a seat")
    home = Home.find()
    seat = Seat.locate(home, lab.number, name)
    for folder in (seat, make_layer_seat(home, "0" * 8)):  # said now, not after a minute's work
        folder.require_room()
    return seat


def running(lab: Lab, name: str) -> Seat:
    """The seat, whose machine must have been brought up. Raises UsageError."""
    seat = seat_of(lab, name)
    record = seat.read()
    if record is None or record.phase != "ready":
        extra = f" --seat {name}" if name else ""
        raise UsageError(f"lab {lab.number} is not up{f' for {name}' if name else ''}", hint=f"lab up {lab.number}{extra}")
    if seat.pause_file.exists():
        from provisioner.recovery import resume_paused

        resume_paused(seat)
    return seat
