"""Commands for authors of labs: new, verify."""

import json
import os
import secrets
import shlex
import shutil
import time
from dataclasses import asdict
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import as_json, assume_yes, find_target, plan_only
from provisioner.cli.output import Coloured, echo, echo_lines, show_json
from provisioner.content.lab import lab_folders
from provisioner.core import umask
from provisioner.core.errors import EXIT_NOT_YET, EXIT_OK, UsageError
from provisioner.core.paths import PACKAGE, Home, labs_folders, project_labs
from provisioner.core.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.verify.results import Result


@click.command(epilog="\b\nExample:\n  lab new 15-my-lab --title 'My lab'")
@click.argument("folder", metavar="NN-SLUG")
@click.option("--title", help="The lab's title (default: derived from the folder's name).")
def new(folder: str, title: str | None) -> None:
    """Create a lab with one exercise in the current folder.

    It passes `lab verify`. Change it step by step, and verify it after each step.
    """
    from provisioner.content import trust
    from provisioner.content.lab import folder_number

    number, place = folder_number(folder), Path.cwd() / folder
    _require_place(number, place)
    shutil.copytree(PACKAGE / "content" / "template", place, ignore=shutil.ignore_patterns("__pycache__"))
    name = title or folder.partition("-")[2].replace("-", " ").capitalize()
    for file in (place / "lab.yaml", place / "README.md", place / "setup.yml"):
        title_text = name if file.suffix == ".md" else json.dumps(name, ensure_ascii=False)
        file.write_text(file.read_text(encoding="utf-8").replace("TITLE", title_text), encoding="utf-8")
    trust.note_author(Home.find(), place)
    for path in sorted(f for f in place.rglob("*") if f.is_file()):
        echo(path.relative_to(place.parent))
    echo(f"\n`lab verify {number}` tests it; CONTRIBUTING.md explains the files.")
    if place not in lab_folders(labs_folders()).values():
        paths = _join_folders(place.parent)
        echo(f"So that it is found: `export LAB_LABS={shlex.quote(paths)}`, or a line in {Home.find().config}:")
        echo(f"    labs: {paths}")


def _require_place(number: int, place: Path) -> None:
    """Raises UsageError if a new lab cannot be created there."""
    folders_by_number = lab_folders([*labs_folders(), place.parent] if place.parent not in labs_folders() else labs_folders())
    if number in folders_by_number:
        raise UsageError(
            f"there is a lab {number} already", evidence=str(folders_by_number[number]), hint="choose another number"
        )
    if place.exists():
        raise UsageError(f"{place} exists", hint="choose another name")
    if place.resolve().is_relative_to(PACKAGE):
        raise UsageError(f"{place.parent} belongs to lab itself, and an upgrade empties it", hint="go to a folder of your own")


def _join_folders(folder: Path) -> str:
    """The folders of the author's own labs, with this one, as LAB_LABS has them."""
    own_folders = [own_folder for own_folder in labs_folders() if own_folder != project_labs()]
    return os.pathsep.join(map(str, [*own_folders, folder]))


@click.command(
    epilog="\b\nExamples:\n  lab verify 3\n  lab verify 3.2 5 --jobs 1\n  lab verify --all --repeat 5 --junit report.xml\n"
    "  lab verify 5 --image debian-sid    with a newer Docker\n"
    "  lab verify --all --driver qemu     in virtual machines, even if they are emulated"
)
@click.argument("targets", metavar="LAB[.EXERCISE]...", nargs=-1)
@click.option("--all", "select_all", is_flag=True, help="Verify all labs.")
@click.option("--repeat", type=click.IntRange(1, 99), metavar="N", default=1, show_default=True,
              help="Repeat each trial N times, to find flaky checks.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N",
              help="Run N trials at the same time (default: what this host has room for).")  # fmt: skip
@click.option(
    "--driver",
    "driver_name",
    metavar="NAME",
    help="The driver of the machines (default: qemu, or lxc where virtual machines are emulated and lxc works). "
    "With lxc, what needs a kernel of its own still uses qemu.",
)
@click.option("--image", metavar="NAME", help="Use this image instead of the labs' default.")
@plan_only
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Repeat the random choices of the run that printed N.")
@click.option("--adversary", type=click.IntRange(1), metavar="N", help="Instead, try N narrowed right solutions an exercise.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write a JUnit XML report.")
@assume_yes
@as_json
def verify(
    targets: tuple[str, ...], select_all: bool, repeat: int, jobs: int | None, driver_name: str | None, image: str | None,
    show_plan: bool, seed: int | None, adversary: int | None, junit: Path | None, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Test a lab's checks with its right and wrong solutions.

    Each exercise must fail before it is solved, pass with each right solution, and fail with each wrong one.

    With --adversary, wrong solutions are made of the right ones: a line is left out, one address stands in place of all, TCP
    in place of all protocols. What is accepted of them is a blind spot of the check, or right after all.
    """
    import tempfile

    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.host.select_driver import quickest
    from provisioner.seats.seat import hold_lock
    from provisioner.verify.adversary import write_scripts
    from provisioner.verify.junit import results_xml
    from provisioner.verify.plan import Build, as_data, as_lines, list_cases
    from provisioner.verify.verification import choose_parallelism, execute, make_plan

    if bool(targets) == select_all:
        raise UsageError("which lab?", hint="lab verify 3, or lab verify --all")
    start = time.monotonic()
    selection = [find_target(target) for target in targets or map(str, lab_folders(labs_folders()))]
    suite = " ".join(targets) or "all labs"
    home = Home.find()
    exercises = [e for lab, single_exercise in selection for e in ([single_exercise] if single_exercise else lab.exercises)]
    driver = load(driver_name) if driver_name else quickest(home, selection[0][0], image, yes=yes)
    room = choose_parallelism(driver, jobs)
    seed = secrets.randbelow(1 << 20) if seed is None else seed
    folder = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="lab-adversary-"))
    scripts = write_scripts(exercises, Path(folder), seed, adversary) if adversary else None
    plan = make_plan(exercises, driver, room=room[driver.info.name], seed=seed, repeat=repeat, scripts=scripts)
    say(f"· --seed {seed} repeats the random choices of this run")
    if show_plan:
        show_json(as_data(plan)) if as_json else echo_lines(as_lines(plan), 0)
        return
    for name in {task.state.driver: None for task in plan if isinstance(task, Build)}:
        offer(load(name).preflight(), yes=yes)
    report = partial(_report_result, count(1), len(list_cases(plan)))
    with hold_lock(home.state / ".verify.lock", f"lab verify {suite}"):
        results = execute(home, plan, room, report, image, seed)
    if junit:
        umask.write(junit, results_xml(f"verify {suite}", results))
    raise click.exceptions.Exit(
        _show_results(results, time.monotonic() - start, narrowed=adversary is not None, as_json=as_json)
    )


def _show_results(results: "list[Result]", seconds: float, *, narrowed: bool, as_json: bool) -> int:
    """Prints them; returns the command's exit code. narrowed: scripts were made of right ones, and may be none that run, which
    says nothing about the check."""
    from provisioner.verify.results import COULD_NOT

    not_tried = [r for r in results if narrowed and r.outcome == COULD_NOT]
    failures = [r for r in results if not r.good and r not in not_tried]
    if as_json:
        show_json([asdict(r) for r in results])
    else:
        _table(results)
        echo(_summarize(len(results), len(failures), len(not_tried), seconds))
    return EXIT_NOT_YET if failures else EXIT_OK


def _summarize(results: int, failures: int, not_tried: int, seconds: float) -> str:
    parts = [f"{results - failures - not_tried} passed", f"{failures} failed"]
    parts += [f"{not_tried} could not be tried"] if not_tried else []
    return f"\n{', '.join(parts)} in {seconds:.0f} s"


def _report_result(numbers: "Iterator[int]", planned: int, result: "Result") -> None:
    mark, number = "✓" if result.good else "✗", f"{next(numbers)}/{planned}"
    say(f"{mark} {number:>7}  {result.exercise}  {result.what}: {result.outcome}  {result.seconds:.0f} s")
    for line in () if result.good else result.lines:
        say(f"        {line}")


def _table(results: "list[Result]") -> None:
    from provisioner.verify.results import summarize

    width = max(len(r.what) for r in results)
    for r in results:
        mark = Coloured("✓", "green") if r.good else Coloured("✗", "red")
        echo(mark, f" {r.exercise:<5} {r.what:<{width}}  {r.outcome:<12} {r.seconds:5.0f} s")
        echo_lines([] if r.good else r.lines, 8)
    echo(f"\n{summarize(results)}")
