"""The command review."""

import secrets
import sys
import time

import click

from provisioner.cli.options import as_json, assume_yes, find_seat, find_target, seat_name
from provisioner.cli.output import echo, show_json
from provisioner.content import variation
from provisioner.content.lab import Exercise, Lab, lab_folders, load
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.progress.event import make_event, review_seat
from provisioner.progress.store import Store, record
from provisioner.progress.summary import BEGINNING, ExerciseProgress, due, summarize
from provisioner.seats.seat import Seat


@click.command(epilog="\b\nExamples:\n  lab review          what is due longest\n  lab review 3.2\n  lab review --list")
@click.argument("target", metavar="[LAB.EXERCISE]", required=False)
@seat_name
@click.option("--list", "list_only", is_flag=True, help="Show what is due, and start nothing.")
@assume_yes
@as_json
def review(target: str | None, seat_name: str, list_only: bool, yes: bool, as_json: bool) -> None:
    """Repeat an exercise some days later, on a machine of its own.

    Three days after it was done an exercise is due again, then after ten, then after thirty: what is remembered once more
    stays. The machine has other ports and addresses where the lab has them, and the exercises before are solved. It asks before
    it replaces the machine of another review.
    """
    home = Home.find()
    late = [] if target and not list_only else _due(home, seat_name)
    if list_only or not (target or late):
        _show_due(late, as_json=as_json)
        return
    lab, exercise = find_target(target or late[0].name)
    if exercise is None:
        raise UsageError("which exercise?", hint=f"lab review {lab.number}.1")
    _require_agreement(find_seat(lab, review_seat(seat_name)), lab, yes=yes)
    seconds = _start(home, lab, exercise, seat_name)
    name, option = f"{lab.number}.{exercise.number}", f"--seat {review_seat(seat_name)}"
    if as_json:
        show_json(
            {"lab": lab.number, "exercise": exercise.number, "seat": review_seat(seat_name), "seconds": round(seconds, 1)}
        )
        return
    echo(f"{name}, {exercise.entry.title}, once more ({seconds:.1f} s).\n")
    echo(f"  lab guide {name} {option}   read the task: ports and addresses may be others")
    echo(f"  lab ssh {lab.number} {option}       open a shell in the machine")
    echo(f"  lab check {name} {option}   see whether it is done")
    echo(f"  lab destroy {lab.number} {option}   remove the machine, which is not needed any more then")


def _require_agreement(seat: Seat, lab: Lab, *, yes: bool) -> None:
    """Returns if there is no machine yet, or it may be replaced with its disk. Raises UsageError."""
    if yes or not seat.exists():
        return
    what = f"the machine of seat {seat.name}, and its disk,"
    if not sys.stdin.isatty():
        name = seat.name.partition("-")[2]
        raise UsageError(f"{what} would be replaced", hint=f"agree to it (--yes), or: lab destroy {lab.number} --seat {name}")
    click.confirm(f"Replace {what} by a new one?", abort=True, err=True)


def _due(home: Home, seat_name: str) -> list[ExerciseProgress]:
    events = Store(home.events).events(seat=seat_name)
    slugs = {event.lab for event in events}
    labs = [str(n) for n, folder in lab_folders(labs_folders()).items() if folder.name.partition("-")[2] in slugs]
    return due([row for number in labs for row in summarize(load(labs_folders(), number), events)], time.time())


def _show_due(late: list[ExerciseProgress], *, as_json: bool) -> None:
    if as_json:
        show_json([{"name": row.name, "title": row.title, "reviews": row.reviews} for row in late])
        return
    for row in late:
        echo(f"{row.name}  {row.title}")
    if not late:
        echo("Nothing is due. An exercise is, three days after it was done; `lab review 3.2` repeats one at once.")


def _start(home: Home, lab: Lab, exercise: Exercise, seat_name: str) -> float:
    """Returns the seconds that it took."""
    from provisioner import lifecycle
    from provisioner.core.progress import say
    from provisioner.drivers.registry import load as load_driver
    from provisioner.host.install import offer
    from provisioner.host.select_driver import default

    start = time.monotonic()
    usual_record, seat = find_seat(lab, seat_name).read(), find_seat(lab, review_seat(seat_name))
    driver = load_driver(usual_record.driver if usual_record else default(say))
    offer(driver.preflight(), yes=False)
    with seat.lock(f"lab review {lab.number}.{exercise.number}"):
        old_record = seat.read() or usual_record
        lab = variation.of(home, lab, _draw_other(lab, old_record.variation if old_record else 0))
        solved = lab.exercises[: exercise.number - 1]
        lifecycle.start(home, lab, seat, driver, usual_record.image if usual_record else None, solved)
    record(make_event("review", lab, seat, exercise.entry.id, outcome=BEGINNING, variation=lab.variation))
    return time.monotonic() - start


def _draw_other(lab: Lab, number: int) -> int:
    """A variation that is not this one, if the lab has any."""
    alternatives = [n for n in range(variation.count(lab) + 1) if n != number]
    return secrets.choice(alternatives) if alternatives else number
