"""The command that tries a lab's solutions: verify."""

import secrets
import time
from dataclasses import asdict
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from provisioner.cli.options import as_json, assume_yes, find_target, plan_only
from provisioner.cli.output import Coloured, echo, echo_lines, show_json
from provisioner.content.lab import lab_folders
from provisioner.core import umask
from provisioner.core.errors import EXIT_NOT_YET, EXIT_OK, UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.core.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.content.lab import Exercise
    from provisioner.verify.results import Result

_WITH_REPLAY = ("targets", "replay", "driver_name", "yes", "as_json")


def _read_share(_: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """`1/4` as two numbers."""
    if value is None:
        return None
    part, _slash, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r} is no share: 1/4 is the first of four", param=parameter)
    return int(part), int(parts)


@click.command(
    epilog="\b\nExamples:\n  lab verify 3\n  lab verify 3.2 5 --jobs 1\n  lab verify --all --repeat 5 --junit report.xml\n"
    "  lab verify 5 --image debian-sid    with a newer Docker\n"
    "  lab verify --all --driver qemu     in virtual machines, even if they are emulated\n"
    "  lab verify --replay dispute-3.2-2025-03-14.json\n  lab verify --replay spring/submissions/"
)
@click.argument("targets", metavar="LAB[.EXERCISE]...|FILE...", nargs=-1)
@click.option("--all", "select_all", is_flag=True, help="Verify all labs.")
@click.option("--repeat", type=click.IntRange(1, 99), metavar="N", default=1, show_default=True,
              help="Repeat each trial N times, to find flaky checks.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N",
              help="Run N trials at the same time (default: what this host has room for).")  # fmt: skip
@click.option(
    "--driver",
    "driver_name",
    metavar="NAME",
    help="The driver of the machines (default: LAB_DRIVER; else qemu, or lxc where machines are emulated and lxc works). "
    "With lxc, what needs a kernel of its own still uses qemu.",
)
@click.option("--image", metavar="NAME", help="Use this image instead of the labs' default.")
@plan_only
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Repeat the random choices of the run that printed N.")
@click.option("--adversary", type=click.IntRange(1), metavar="N", help="Instead, try N narrowed right solutions an exercise.")
@click.option(
    "--replay", is_flag=True, help="Instead, check again what files of lab dispute, or folders of them, have recorded."
)
@click.option("--shard", callback=_read_share, metavar="K/N", help="Verify the K-th of N equal parts only.")
@click.option("--changed-since", metavar="REVISION", help="Verify only labs that differ from this revision of git.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write a JUnit XML report.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also append a summary.")
@assume_yes
@as_json
def verify(
    targets: tuple[str, ...], select_all: bool, repeat: int, jobs: int | None, driver_name: str | None, image: str | None,
    show_plan: bool, seed: int | None, adversary: int | None, replay: bool, shard: tuple[int, int] | None,
    changed_since: str | None, junit: Path | None, markdown: Path | None, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Test a lab's checks with its right and wrong solutions.

    Each exercise must fail before it is solved, pass with each right solution, and fail with each wrong one.

    With --adversary, wrong solutions are made of the right ones: a line is left out, one address stands in place of all, TCP
    in place of all protocols. What is accepted of them is a blind spot of the check, or right after all.

    With --replay, each file's script is applied to a fresh machine with the same values, and checked with the same draws. The
    exit code is 0 if each verdict is the same as then, and 1 if one differs.
    """
    if replay:
        from provisioner.cli.replay import replay_files

        _require_fit(click.get_current_context())
        raise click.exceptions.Exit(replay_files([*map(Path, targets)], driver_name or "", yes=yes, as_json=as_json))
    import tempfile

    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.host.select_driver import configured, quickest
    from provisioner.seats.seat import hold_lock
    from provisioner.verify.adversary import write_scripts
    from provisioner.verify.plan import Build, as_data, as_lines, list_cases
    from provisioner.verify.verification import choose_parallelism, execute, make_plan

    if bool(targets) == select_all:
        raise UsageError("which lab?", hint="lab verify 3, or lab verify --all")
    start, suite, home = time.monotonic(), " ".join(targets) or "all labs", Home.find()
    exercises = _select_exercises(targets, changed_since, shard)
    if not exercises:
        say("· nothing to verify: no lab has changed, or this part is empty")
        show_json([]) if as_json else None
        return
    driver_name = driver_name or configured()
    driver = load(driver_name) if driver_name else quickest(home, exercises[0].lab, image, yes=yes)
    room = choose_parallelism(driver, jobs)
    seed = secrets.randbelow(1 << 20) if seed is None else seed
    scripts = None
    if adversary:
        folder = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="lab-adversary-"))
        scripts = write_scripts(exercises, Path(folder), seed, adversary)
    plan = make_plan(exercises, driver, seed=seed, repeat=repeat, scripts=scripts)
    say(f"· --seed {seed} repeats the random choices of this run")
    if show_plan:
        show_json(as_data(plan)) if as_json else echo_lines(as_lines(plan), 0)
        return
    for name in {task.state.driver: None for task in plan if isinstance(task, Build)}:
        offer(load(name).preflight(), yes=yes)
    report = partial(_report_result, count(1), len(list_cases(plan)))
    with hold_lock(home.state / ".verify.lock", f"lab verify {suite}"):
        results = execute(home, plan, room, report, image, seed)
    seconds = time.monotonic() - start
    _write_reports(suite, results, seconds, junit, markdown)
    raise click.exceptions.Exit(_show_results(results, seconds, narrowed=adversary is not None, as_json=as_json))


def _require_fit(context: click.Context) -> None:
    """Raises UsageError for an option that is given beside --replay, and has no meaning there."""
    for parameter in context.command.params:
        is_default = context.get_parameter_source(str(parameter.name)) is ParameterSource.DEFAULT
        if not is_default and parameter.name not in _WITH_REPLAY:
            raise UsageError(f"--replay does not go with {parameter.opts[0]}")


def _select_exercises(
    targets: tuple[str, ...], changed_since: str | None, shard: tuple[int, int] | None
) -> "list[Exercise]":  # fmt: skip
    """targets: all labs if there are none. Raises UsageError."""
    from provisioner.verify.selection import take_changed, take_share

    selection = [find_target(target) for target in targets or map(str, lab_folders(labs_folders()))]
    exercises = [e for lab, single_exercise in selection for e in ([single_exercise] if single_exercise else lab.exercises)]
    if changed_since:
        exercises = take_changed(exercises, changed_since)
    return take_share(exercises, *shard) if shard else exercises


def _write_reports(suite: str, results: "list[Result]", seconds: float, junit: Path | None, markdown: Path | None) -> None:
    from provisioner.verify.junit import results_xml
    from provisioner.verify.markdown import results_markdown

    if junit:
        umask.write(junit, results_xml(f"verify {suite}", results))
    if markdown:
        with markdown.open("a", encoding="utf-8") as page:
            page.write(results_markdown(results, seconds))


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
