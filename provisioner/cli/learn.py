"""Commands for learners: list, guide, hint, solve."""

import shutil
import textwrap
from pathlib import Path

import click

from provisioner.cli.options import as_json, find_seat, find_target, require_running, seat_name, target
from provisioner.cli.output import Coloured, adapt_commands, echo, show_json
from provisioner.content.lab import Exercise, Lab, load_labs
from provisioner.core import text, umask
from provisioner.core.errors import UsageError
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
    if as_json:
        show_json([{"number": x.number, "slug": x.slug, "title": x.title, "summary": x.summary,
                    "exercises": x.exercises} for x in labs])  # fmt: skip
        return
    for x in labs:
        echo(f"{x.number:>3}  {x.title} ({x.exercises} exercise{'s' * (x.exercises != 1)})")
        echo(_wrap(x.summary, indent=5))


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
def hint(target: str, seat_name: str, repeat: bool) -> None:
    """Show the next hint for an exercise.

    First come hints that fit the current state of the machine, then the next hint of the exercise.
    """
    lab, exercise = find_target(target, seat_name)
    if exercise is None:
        raise UsageError("which exercise?", hint=f"lab hint {lab.number}.1")
    from provisioner.checks.live_hints import select_hints
    from provisioner.core.progress import step

    seat = require_running(lab, seat_name)
    if exercise.entry.hint_when:
        with step("Checking what you have tried", key=f"hint {lab.slug}"):
            live_hints = select_hints(exercise, seat)
        for text in live_hints:
            echo(f"now  {text}")
    with seat.lock(f"lab hint {target}"):
        record = seat.read()
        assert record is not None
        count = record.hints.get(exercise.entry.id, 0)
        hints = exercise.entry.hints
        if not repeat and count < len(hints):
            count += 1
            record.hints[exercise.entry.id] = count
            seat.write(record)
    for number, text in enumerate(hints[:count], start=1):
        echo(f"{number}/{len(hints)}  {text}")
    if count == len(hints) and not repeat:
        echo(f"That was the last hint. `lab solve {lab.number}.{exercise.number}` shows a solution and runs it.")


@click.command(epilog="\b\nExamples:\n  lab solve 3.2\n  lab solve 3          all exercises, in order\n  lab solve 3.2 --show")
@target
@seat_name
@click.option("--show", is_flag=True, help="Show the reference solution and do not run it.")
def solve(target: str, seat_name: str, show: bool) -> None:
    """Show the reference solution and run it in the machine."""
    lab, exercise = find_target(target, seat_name, runs=not show)
    exercises = [exercise] if exercise else list(lab.exercises)
    if show:
        for item in exercises:
            _show(lab, item)
        return
    from provisioner.core.progress import step
    from provisioner.provision import stages

    seat = require_running(lab, seat_name)
    with seat.lock(f"lab solve {target}"):
        for item in exercises:
            _show(lab, item)
            with step(f"Solving {lab.number}.{item.number}", key=f"solve {lab.slug} {item.entry.id}"):
                stages.apply(seat, item.solutions[0])
    echo(f"lab check {lab.number} checks the result; lab guide {lab.number} shows the tasks.")


def _show(lab: Lab, exercise: Exercise) -> None:
    echo(Coloured(f"# {lab.number}.{exercise.number}  {exercise.entry.title}", bold=True))
    body = exercise.solutions[0].read_text(encoding="utf-8").splitlines()
    echo("\n".join(line for line in body if not line.startswith("#!")) + "\n")
