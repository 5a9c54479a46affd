"""Commands for learners: list, guide, hint, solve."""

import shutil
import textwrap
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from provisioner.cli.options import as_json, find_seat, find_target, require_running, seat_name, target
from provisioner.cli.output import Coloured, adapt_commands, echo, show_json
from provisioner.content.lab import Exercise, Glance, Lab, load, load_labs
from provisioner.core import text, umask
from provisioner.core.errors import LabError, UsageError
from provisioner.core.paths import labs_folders


@click.command("list", epilog="\b\nExamples:\n  lab list --json\n  lab list --page docs/labs.md")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Also write a catalogue of all labs as Markdown.")  # fmt: skip
@as_json
def list_labs(page: Path | None, as_json: bool) -> None:
    """List the labs."""
    labs = load_labs(labs_folders())
    if page:
        from provisioner.content.catalogue import catalogue

        umask.write(page, catalogue(labs_folders()))
    done, late = _progress(labs)
    if as_json:
        show_json([{"number": x.number, "slug": x.slug, "title": x.title, "summary": x.summary, "exercises": x.exercises,
                    "done": done.get(x.number, 0), "due": late.get(x.number, [])} for x in labs])  # fmt: skip
        return
    for x in labs:
        so_far = f", {done[x.number]} done" if done.get(x.number) else ""
        echo(f"{x.number:>3}  {x.title} ({x.exercises} exercise{'s' * (x.exercises != 1)}{so_far})")
        echo(_wrap(x.summary, indent=5))
        for name in late.get(x.number, []):
            echo(f"     {name} is due again: `lab review {name}`")


def _progress(labs: Sequence[Glance]) -> tuple[dict[int, int], dict[int, list[str]]]:
    """For labs of which something was done: how many exercises were done by oneself, and which are due again."""
    from provisioner.progress.store import read_events
    from provisioner.progress.summary import due, summarize

    done, late = {}, {}
    events = read_events("", "")
    touched = {event.lab for event in events}
    for glance in labs:
        if glance.slug in touched:
            with suppress(LabError):  # one whose lab.yaml cannot be read is listed all the same
                rows = summarize(load(labs_folders(), str(glance.number)), events)
                done[glance.number] = sum(row.state == "done" for row in rows)
                late[glance.number] = [row.name for row in due(rows, time.time())]
    return done, late


def _wrap(sentence: str, indent: int) -> str:
    """Wraps a sentence to the width of the terminal, between words only."""
    width = shutil.get_terminal_size().columns - indent
    return textwrap.indent(textwrap.fill(sentence, width, break_long_words=False, break_on_hyphens=False), " " * indent)


@click.command(epilog="\b\nExamples:\n  lab guide 3\n  lab guide 3.2")
@target
@seat_name
def guide(target: str, seat_name: str) -> None:
    """Show a lab's story, network diagram and tasks.

    For a solved exercise it also explains why the solution works.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    from provisioner.content.diagram import draw

    lab, exercise = find_target(target, seat_name, runs=False)
    record = find_seat(lab, seat_name).read()
    console = Console(width=min(100, Console().width))
    if exercise is None:
        console.print(Markdown(_read_text(lab.readme)))
        if lab.manifest.networks or lab.manifest.services:
            console.print()
            echo(draw(lab.manifest))
    for item in [exercise] if exercise else lab.exercises:
        console.print()
        console.rule(f"{lab.number}.{item.number}  {text.line(item.entry.title)}  ({item.entry.points} points)", align="left")
        if item.entry.after:
            numbers = [f"{lab.number}.{e.number}" for e in lab.exercises if e.entry.id in item.entry.after]
            console.print(f"It builds on {' and '.join(numbers)}.\n")
        console.print(Markdown(_read_text(item.task)))
        if record and item.entry.id in record.solved:
            console.print(Markdown(f"---\n\n## Why it works\n\n{_read_text(item.why)}"))


def _read_text(file: Path) -> str:
    return adapt_commands(text.block(file.read_text(encoding="utf-8")))


@click.command(epilog="\b\nExample:\n  lab hint 3.2    each call shows one more hint")
@target
@seat_name
@click.option("--again", "repeat", is_flag=True, help="Show only the hints that were shown before.")
@as_json
def hint(target: str, seat_name: str, repeat: bool, as_json: bool) -> None:
    """Show the next hint for an exercise.

    First come hints that fit the current state of the machine, then the next hint of the exercise.
    """
    lab, exercise = find_target(target, seat_name)
    if exercise is None:
        raise UsageError("which exercise?", hint=f"lab hint {lab.number}.1")
    from provisioner.checks.hints import give_hints

    seat = require_running(lab, seat_name)
    given_hints = give_hints(exercise, seat, f"lab hint {target}", repeat=repeat)
    if as_json:
        show_json(
            {
                "lab": lab.number,
                "exercise": exercise.number,
                "now": given_hints.situation_hints,
                "hints": given_hints.hints,
                "last": given_hints.is_last,
            }
        )
        return
    for sentence in given_hints.situation_hints:
        echo(f"now  {sentence}")
    for sentence in given_hints.hints:
        echo(f"  •  {sentence}")
    if given_hints.is_last and not repeat:
        echo(f"That was the last hint. `lab solve {lab.number}.{exercise.number}` shows a solution and runs it.")


@click.command(epilog="\b\nExamples:\n  lab solve 3.2\n  lab solve 3          all exercises, in order\n  lab solve 3.2 --show")
@target
@seat_name
@click.option("--show", is_flag=True, help="Show the reference solution and do not run it.")
def solve(target: str, seat_name: str, show: bool) -> None:
    """Show the reference solution and run it in the machine."""
    from provisioner.progress.event import make_event
    from provisioner.progress.store import record as note

    lab, exercise = find_target(target, seat_name, runs=not show)
    exercises = [exercise] if exercise else list(lab.exercises)
    if show:
        for item in exercises:
            _show(lab, item)
        seat = find_seat(lab, seat_name)
        note(*(make_event("solve", lab, seat, e.entry.id, outcome="shown") for e in exercises))
        return
    from provisioner.core.progress import step
    from provisioner.provision import stages

    seat = require_running(lab, seat_name)
    with seat.lock(f"lab solve {target}"):
        for item in exercises:
            _show(lab, item)
            with step(f"Solving {lab.number}.{item.number}", key=f"solve {lab.slug} {item.entry.id}"):
                stages.apply(seat, item.solutions[0])
            note(make_event("solve", lab, seat, item.entry.id, outcome="applied"))
    echo(f"lab check {lab.number} checks the result; lab guide {lab.number} shows the tasks.")


def _show(lab: Lab, exercise: Exercise) -> None:
    echo(Coloured(f"# {lab.number}.{exercise.number}  {exercise.entry.title}", bold=True))
    body = exercise.solutions[0].read_text(encoding="utf-8").splitlines()
    echo("\n".join(line for line in body if not line.startswith("#!")) + "\n")
