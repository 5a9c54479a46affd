"""The command progress."""

import csv
import sys
import time
from dataclasses import asdict

import click

from provisioner.cli.options import as_json, assume_yes, find_seat, find_target
from provisioner.cli.output import Coloured, echo, show_json
from provisioner.content.lab import Lab, lab_folders, load
from provisioner.core import text
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.progress.store import Store
from provisioner.progress.summary import ExerciseProgress, due, points, summarize

_MARKS = {"done": ("✓", "green"), "shown": ("◦", "yellow"), "tried": ("✗", "red"), "": ("·", None)}


@click.command(
    epilog="\b\nExamples:\n  lab progress\n  lab progress 3\n  lab progress --csv >progress.csv\n  lab progress 3 --forget"
)
@click.argument("target", metavar="[LAB]", required=False)
@click.option("--seat", "seat_name", default="", metavar="NAME", help="Use the seat NAME instead of the default.")
@click.option("--events", is_flag=True, help="Show each event instead: as JSON, or with --csv.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the result as CSV.")
@click.option("--forget", is_flag=True, help="Forget it: of one lab, or of all.")
@assume_yes
@as_json
def progress(
    target: str | None, seat_name: str, events: bool, as_csv: bool, forget: bool, yes: bool, as_json: bool
) -> None:  # fmt: skip
    """Show what you have done: attempts, hints, time.

    It is kept when a machine is removed. What `lab solve` or `lab goto` has solved does not count as done by yourself.
    """
    store = Store(Home.find().events)
    lab = find_target(target, runs=False)[0] if target else None
    if lab:
        find_seat(lab, seat_name)  # a name that no seat can have
    if forget:
        _forget(store, lab, seat_name, yes=yes)
        return
    all_events = store.events(lab.slug if lab else "", seat_name)
    if events:
        _show_rows([event.as_dict() for event in all_events], as_csv=as_csv)
        return
    labs = [lab] if lab else _labs_of({event.lab for event in all_events})
    rows = [row for item in labs for row in summarize(item, all_events)]
    if as_csv or as_json:
        _show_rows([_describe(row) for row in rows], as_csv=as_csv)
        return
    if not rows:
        echo("Nothing is done yet. `lab list` shows the labs, `lab up 3` starts one.")
    for item in labs:
        _show_lab(item, [row for row in rows if row.lab == item.number])


def _labs_of(slugs: set[str]) -> list[Lab]:
    """Those that are still there, in the order of their numbers."""
    folders = lab_folders(labs_folders())
    return [load(labs_folders(), str(number)) for number, folder in folders.items() if folder.name.partition("-")[2] in slugs]


def _forget(store: Store, lab: Lab | None, seat_name: str, *, yes: bool) -> None:
    what = f"lab {lab.number}" if lab else "all labs"
    of_whom = f" by {seat_name}" if seat_name else ""
    number = len(store.events(lab.slug if lab else "", seat_name))
    if not number:
        echo(f"Nothing was recorded of {what}{of_whom}.")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{number} events of {what}{of_whom} would be forgotten for good", hint="agree to it: --yes")
        click.confirm(f"Forget {number} events of {what}{of_whom} for good?", abort=True, err=True)
    echo(f"{store.forget(lab.slug if lab else '', seat_name)} events of {what}{of_whom} are forgotten.")


def _describe(row: ExerciseProgress) -> dict[str, object]:
    return {**asdict(row), "state": row.state, "name": row.name}


def _show_rows(rows: list[dict[str, object]], *, as_csv: bool) -> None:
    if not as_csv:
        show_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]) if rows else ["name"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, (tuple, list)):
        value = " / ".join(map(str, value))
    return text.cell(str(value)) if isinstance(value, (str, dict)) else value


def _show_lab(lab: Lab, rows: list[ExerciseProgress]) -> None:
    own, total = points(rows)
    echo(Coloured(f"{lab.number}  {lab.manifest.title}", bold=True), f"  {own} of {total} points")
    late = {row.id for row in due(rows, time.time())}
    for row in rows:
        mark, colour = _MARKS[row.state]
        facts = [
            f"{row.attempts} attempt{'s' * (row.attempts != 1)}" if row.attempts else "",
            f"{row.hints} hint{'s' * (row.hints != 1)}" if row.hints else "",
            _duration(row.seconds) if row.seconds >= 1 else "",
            "solution shown" if row.solution_shown else "",
            f"due again: `lab review {row.name}`" if row.id in late else "",
        ]
        echo("  ", Coloured(f"{mark} {row.name}", colour), f"  {text.line(row.title)}")
        if any(facts):
            echo("         ", ", ".join(filter(None, facts)))


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"  # noqa: PLR2004 - two hours
