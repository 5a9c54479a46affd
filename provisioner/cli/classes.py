"""Commands for trainers: a class, and the seats of all of its learners."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.classes import batch
from provisioner.classes.batch import Result, Task
from provisioner.classes.course import Course, create, find, has_machine
from provisioner.classes.desk import Desk
from provisioner.cli.options import as_json, assume_yes
from provisioner.cli.output import echo, show_json
from provisioner.core import text, umask
from provisioner.core.errors import EXIT_ERROR, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.page.requests import Output

if TYPE_CHECKING:
    from provisioner.content.lab import Lab
    from provisioner.seats.seat import Seat

_MARKS = {"done": "✓", "not checked": "◦", "not yet": "✗"}
course_name = click.argument("name", metavar="CLASS")
learners = click.option("--seat", "names", multiple=True, metavar="NAME", help="Only this learner; may be given several times.")
lab_option = click.option("--lab", "number", type=int, metavar="N", help="This lab of the class (default: its first).")
at_once = click.option("--at-once", type=click.IntRange(1, 64), metavar="N", help="At most N side by side.")


def seat_options(command: Callable[..., None]) -> Callable[..., None]:
    """Which seats, of which lab, how many at a time."""
    for option in (at_once, learners, lab_option):
        command = option(command)
    return command


@click.group("class", epilog="\b\nExamples:\n  lab class new spring --labs 3,4 --roster names.csv\n  lab class up spring\n"
             "  lab class status spring\n  lab class check spring\n  lab class reset spring --seat anna")  # fmt: skip
def class_() -> None:
    """Give each learner of a class a seat, and see where they are.

    A class is a folder with class.yaml and a roster: names in a CSV file. Every command can be repeated and interrupted, and
    goes on with the others where one seat fails.
    """


@class_.command(epilog="\b\nExamples:\n  lab class new spring --labs 3,4\n  lab class new spring --labs 3 --roster names.csv")
@course_name
@click.option("--labs", required=True, metavar="N,N", help="The labs, in their order.")
@click.option("--roster", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A CSV file with names.")
@click.option("--driver", metavar="NAME", help="As for `lab up`.")
def new(name: str, labs: str, roster: Path | None, driver: str | None) -> None:
    """Make the folder of a class, with class.yaml and its roster."""
    try:
        numbers = [int(number) for number in labs.split(",")]
    except ValueError:
        raise UsageError(f"{labs!r} are no labs", hint="numbers with commas: --labs 3,4") from None
    course = create(Path(name), numbers, roster, driver)
    echo(f"Class {course.name}: {len(course.learners)} in {course.folder / course.file.roster}, labs {labs}.\n")
    echo(f"  lab class up {name} --dry-run  see what it takes of this host\n  lab class up {name}            start the seats")


@class_.command(epilog="\b\nExamples:\n  lab class up spring --dry-run\n  lab class up spring --seat anna")
@course_name
@seat_options
@click.option("--dry-run", is_flag=True, help="Say how many fit and what it takes, and start nothing.")
@assume_yes
@as_json
def up(name: str, number: int | None, names: tuple[str, ...], at_once: int | None, dry_run: bool, yes: bool,
       as_json: bool) -> None:  # fmt: skip
    """Start, or resume, the seats of all learners."""
    from provisioner.classes import capacity
    from provisioner.classes.standing import ask_states
    from provisioner.content.lab import load
    from provisioner.core.paths import labs_folders
    from provisioner.drivers.registry import load as load_driver
    from provisioner.host.select_driver import default

    course = find(name)
    lab = load(labs_folders(), str(course.lab_number(number)))
    selection = course.select(names)
    driver = course.file.driver or default(say)
    room = capacity.measure(Home.find(), lab, load_driver(driver))
    states = ask_states(course, lab)
    count = sum(states[course.seat_name(x)] != "running" for x in selection)
    if dry_run:
        facts = {"memory": room.memory, "disk": room.disk, "kernel": room.kernel, "slots": room.slots, "driver": driver}
        show_json({"seats": len(selection), "starting": count, **facts}) if as_json else echo(room.describe(count))
        return
    say(f"· {room.describe(count)}")
    if count > room.seats and not yes:
        raise UsageError(f"{count} seats do not fit this host, {room.seats} do", hint=room.advise())
    tasks = [Task(x.slug, up_words(course, lab, course.seat(lab.number, x), course.seat_name(x), driver)) for x in selection]
    results = _run(tasks, at_once or room.slots, f"Starting {len(tasks)} seats of lab {lab.number}", first_alone=True)
    _report(results, as_json=as_json)


def up_words(course: Course, lab: "Lab", seat: "Seat", name: str, driver: str) -> tuple[str, ...]:
    """name: as --seat takes it. A machine that somebody has keeps its driver and its values, whatever those of a new one would
    be: `lab up --driver` with --yes would remove its disk."""
    words = ("up", str(lab.number), "--seat", name, "--yes", "--json")
    if has_machine(seat):
        return words
    seed = ("--seed", name) if course.file.seeds and lab.manifest.vary else ()
    return (*words, "--driver", driver, *seed)


@class_.command(epilog="\b\nExample:\n  lab class status spring")
@course_name
@lab_option
@as_json
def status(name: str, number: int | None, as_json: bool) -> None:
    """Show each learner's seat, and how far they are."""
    from provisioner.classes.standing import Standings, ask_states

    course = find(name)
    standings = Standings(course, course.lab_number(number))
    standings.update()
    states = ask_states(course, standings.lab)
    if as_json:
        show_json([{**row.as_dict(), "state": states[row.seat]} for row in standings.rows()])
        return
    width = max(len(row.learner.name) for row in standings.rows())
    for row in standings.rows():
        progress = f"{row.done:>2} of {row.total} done, {row.points:>3} points"
        echo(f"{row.learner.name:<{width}}  {states[row.seat]:<9} {progress}  {row.place}")


@class_.command(epilog="\b\nExamples:\n  lab class check spring\n  lab class check spring --full")
@course_name
@seat_options
@click.option("--full", is_flag=True, help="With restarts, where machines can be copied for that.")
@as_json
def check(name: str, number: int | None, names: tuple[str, ...], at_once: int | None, full: bool, as_json: bool) -> None:
    """Check what everybody has done. It counts as nobody's attempt."""
    course, tasks = _tasks(name, number, names, "check", *(() if full else ("--quick",)), "--unasked", "--json")
    results = _run(tasks, at_once or 2, f"Checking {len(tasks)} seats of class {course.name}")
    if as_json:
        _report(results, as_json=True)
        return
    for result in results:
        if result.error:
            echo(f"? {result.task.owner}: {result.error}")
            continue
        exercises = result.value["exercises"]
        marks = " ".join(_MARKS.get(e["outcome"], "?") for e in exercises)
        echo(f"{result.task.owner:<24} {marks}")
    echo("\n✓ done  ◦ done now; whether it lasts is for --full  ✗ not yet  ? cannot tell")
    if any(result.error for result in results):
        raise click.exceptions.Exit(EXIT_ERROR)


@class_.command(epilog="\b\nExamples:\n  lab class reset spring --seat anna\n  lab class reset spring --yes")
@course_name
@seat_options
@assume_yes
@as_json
def reset(name: str, number: int | None, names: tuple[str, ...], at_once: int | None, yes: bool, as_json: bool) -> None:
    """Replace machines by fresh ones. Their disks are removed."""
    course, tasks = _tasks(name, number, names, "reset", "--json")
    _agree(f"Replace the machines of {len(tasks)} learners, with their disks?", yes=yes)
    _report(_run(tasks, at_once or 2, f"Resetting {len(tasks)} seats of class {course.name}"), as_json=as_json)


@class_.command(epilog="\b\nExample:\n  lab class goto spring 3.4 --seat ben    ben comes late")
@course_name
@click.argument("target", metavar="LAB.EXERCISE")
@learners
@at_once
@assume_yes
@as_json
def goto(name: str, target: str, names: tuple[str, ...], at_once: int | None, yes: bool, as_json: bool) -> None:
    """Give learners fresh machines with the earlier exercises solved."""
    number, _, exercise = target.partition(".")
    if not (number.isdigit() and exercise.isdigit()):
        raise UsageError(f"{target!r} is no exercise", hint="as in `lab class goto spring 3.4`")
    course, tasks = _tasks(name, int(number), names, "goto", "--json", target=target)
    _agree(f"Replace the machines of {len(tasks)} learners, with their disks?", yes=yes)
    _report(_run(tasks, at_once or 2, f"Going to {target} at {len(tasks)} seats of class {course.name}"), as_json=as_json)


@class_.command(epilog="\b\nExample:\n  lab class save spring lunch")
@course_name
@click.argument("save_name", metavar="NAME")
@seat_options
@as_json
def save(name: str, save_name: str, number: int | None, names: tuple[str, ...], at_once: int | None, as_json: bool) -> None:
    """Save everybody's machine under a name, as `lab save` does."""
    course, tasks = _tasks(name, number, names, "save", save_name)
    _report(_run(tasks, at_once or 2, f"Saving {len(tasks)} seats of class {course.name}"), as_json=as_json)


@class_.command(epilog="\b\nExample:\n  lab class stop spring    `lab class up spring` resumes them")
@course_name
@seat_options
@as_json
def stop(name: str, number: int | None, names: tuple[str, ...], at_once: int | None, as_json: bool) -> None:
    """Suspend the machines to disk."""
    course, tasks = _tasks(name, number, names, "stop")
    _report(_run(tasks, at_once or 2, f"Suspending {len(tasks)} seats of class {course.name}"), as_json=as_json)


@class_.command(epilog="\b\nExample:\n  lab class down spring    what was learnt is kept")
@course_name
@seat_options
@assume_yes
@as_json
def down(name: str, number: int | None, names: tuple[str, ...], at_once: int | None, yes: bool, as_json: bool) -> None:
    """Remove the seats: machines, disks and keys.

    What everybody did and learnt is kept. Without --seat and --lab the class is over: codes and sessions end as well.
    """
    course = find(name)
    numbers = [course.lab_number(number)] if number is not None else course.file.labs
    tasks = [task for n in numbers for task in _tasks(name, n, names, "destroy", needed=False)[1]]
    if not tasks:
        echo(f"Class {course.name} has no seats on this host.")
        return
    _agree(f"Remove {len(tasks)} seats of class {course.name}, with their disks?", yes=yes)
    if not names and number is None:
        Desk(Home.find(), course.name).close()
    _report(_run(tasks, at_once or 2, f"Removing {len(tasks)} seats of class {course.name}"), as_json=as_json)


@class_.command(epilog="\b\nExamples:\n  lab class report spring -o spring.html\n  lab class report spring --csv >grades.csv")
@course_name
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write HTML.")
@click.option("--csv", "as_csv", is_flag=True, help="Print points as CSV, with the roster's columns, for a gradebook.")
@as_json
def report(name: str, file: Path | None, as_csv: bool, as_json: bool) -> None:
    """Show what came of a class: who did what, and where it was stuck.

    The CSV has the columns of the roster: a gradebook that gave the roster takes it back with the points.
    """
    from provisioner.classes import report as reports

    result = reports.make(find(name))
    if as_json:
        show_json(result.as_dict())
    elif as_csv:
        echo(result.as_csv(), nl=False)
    elif file:
        umask.write(file, result.as_html())
        echo(f"The report of class {result.course.name} is in {file}.")
    else:
        for row in result.exercises():
            time = f", {row.seconds / 60:.0f} min" if row.seconds is not None else ""
            echo(f"{row.name}  {row.done} done{time}, {row.attempts} failed checks, {row.hints} hints  {text.line(row.title)}")
        echo("\nwith -o FILE as a page, with --csv for a gradebook")


def _tasks(name: str, number: int | None, names: Sequence[str], command: str, *words: str, target: str = "",
           needed: bool = True) -> tuple[Course, list[Task]]:  # fmt: skip
    """A command for the seats that there are. needed: there must be one. Raises UsageError."""
    course = find(name)
    lab = course.lab_number(number)
    present = [x for x in course.select(names) if course.seat(lab, x).folder.exists()]
    if needed and not present:
        raise UsageError(f"class {course.name} has no such seats of lab {lab} on this host", hint=f"lab class up {name}")
    output: Output = "json" if "--json" in words else "nothing"
    tasks = [Task(x.slug, (command, target or str(lab), *words, "--seat", course.seat_name(x)), output) for x in present]
    return course, tasks


def _run(tasks: Sequence[Task], slots: int, title: str, *, first_alone: bool = False) -> list[Result]:
    trust = bool(click.get_current_context().find_root().params["trust"])
    return batch.run(tasks, slots, title, trust=trust, first_alone=first_alone)


def _report(results: Sequence[Result], *, as_json: bool) -> None:
    """A line for what failed; the exit code is 2 then."""
    problems = [result for result in results if result.error]
    if as_json:
        show_json(batch.dump(results))
    else:
        echo(f"{len(results) - len(problems)} of {len(results)} seats.")
        for result in problems:
            echo(f"  {result.task.owner}: {result.error}", f"\n    next: {result.hint}" if result.hint else "")
    if problems:
        raise click.exceptions.Exit(EXIT_ERROR)


def _agree(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question[:-1]}: that has to be agreed to", hint="agree to it: --yes")
    click.confirm(question, abort=True, err=True)
