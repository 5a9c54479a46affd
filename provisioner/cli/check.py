"""The command that judges: check."""

import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from provisioner.cli.options import as_json, running, seat_name, seat_of, target, wanted
from provisioner.cli.output import Coloured, echo, echo_lines, show_json
from provisioner.content.expectation import Family
from provisioner.content.lab import Exercise, Lab
from provisioner.core import text, umask
from provisioner.core.errors import EXIT_ERROR, EXIT_NOT_YET, EXIT_OK, UsageError
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.seats.seat import Seat

if TYPE_CHECKING:
    from provisioner.checks.run import DisruptionTarget

_FAMILIES: dict[str | None, tuple[Family, ...] | None] = {None: None, "4": (4,), "6": (6,)}
_MARKS = {"done": ("✓", "green"), "not yet": ("✗", "red"), "cannot tell": ("?", "yellow"), "not checked": ("·", "yellow")}


@click.command(
    epilog="\b\nExamples:\n  lab check 3\n  lab check 3.2\n  lab check 3 --watch\n  lab check 3 --quick --junit report.xml\n"
    "  lab check 3.2 --submission alice.sh --json"
)
@target
@seat_name
@click.option("--watch", is_flag=True, help="Check repeatedly, without restarts, until all is done.")
@click.option("--quick", is_flag=True, help="Skip the checks that need a restart.")
@click.option("--draw", "seed", default="", metavar="SEED", help="Send from the same strangers as the check that printed SEED.")
@click.option("--disruptive", is_flag=True, help="Allow restarts of the machine itself if it cannot be copied.")
@click.option(
    "--submission",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Check this script (- for stdin) on a fresh machine instead of a seat. Earlier exercises are solved first.",
)
@click.option("--driver", "driver_name", metavar="NAME", help="With --submission: the driver of the fresh machine.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write a JUnit XML report.")
@as_json
def check(
    target: str, seat_name: str, watch: bool, quick: bool, seed: str, disruptive: bool, submission: Path | None,
    driver_name: str | None, junit: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Check which exercises are done, and explain the others.

    The explanation says what was observed, from where, and which rule decided.
    """
    from provisioner import lifecycle
    from provisioner.checks.draw import seed as new_seed

    seed = seed or new_seed()
    lab, exercise = wanted(target, seat_name)
    chosen = [exercise] if exercise else list(lab.exercises)
    if submission:
        if watch or disruptive:
            raise UsageError("--watch and --disruptive are for a seat's machine, --submission for a fresh one")
        submitted = _submitted(lab, chosen, submission, driver_name, seat_name, quick=quick, seed=seed)
        _report(lab, *submitted, junit, as_json=as_json)
    if driver_name:
        raise UsageError("--driver goes with --submission: a seat has its driver")
    seat = running(lab, seat_name)
    if watch:
        raise click.exceptions.Exit(exit_code(_watch(lab, seat, chosen, target)))
    with seat.lock(f"lab check {target}"):
        disruption_target = None if quick else lifecycle.disruption_target(lab, seat, itself=disruptive)
        verdicts = _check(lab, seat, chosen, disruption_target, seed)
        fresh = _remember(seat, verdicts)
    told = [f"`lab guide {name}` now explains why it works, and why other ways do not." for name in fresh]
    if any(v.outcome == "not yet" and "strangers in" in " ".join(v.lines) for v in verdicts):
        told.append(f"The strangers were drawn: `lab check {target} --draw {seed}` asks the same ones again.")
    _report(lab, verdicts, {"seat": seat.name, "draw": seed}, told, junit, as_json=as_json)


def _report(
    lab: Lab, verdicts: list[Verdict], about: dict[str, object], told: list[str], junit: Path | None, *, as_json: bool
) -> NoReturn:
    """And the end of the command. about: what is said with the verdicts as JSON, and told as text."""
    if junit:
        from provisioner.verify.junit import junit_xml

        umask.write(junit, junit_xml(f"lab {lab.number}", verdicts))
    if as_json:
        show_json({"lab": lab.number, **about, "exercises": [asdict(v) for v in verdicts]})
    else:
        show(verdicts)
        for line in told:
            echo(line)
    raise click.exceptions.Exit(exit_code(verdicts))


def _submitted(
    lab: Lab, chosen: list[Exercise], file: Path, driver_name: str | None, seat_name: str, *, quick: bool, seed: str
) -> tuple[list[Verdict], dict[str, object], list[str]]:
    """The verdicts on a script. The learner's own seat, if there is one, only says which driver and which values."""
    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.host.select_driver import AUTO, default
    from provisioner.verify import submission

    script, home, record = submission.read(file), Home.find(), seat_of(lab, seat_name).read()
    known = record.driver if record else ""
    driver = load(driver_name if driver_name and driver_name != AUTO else known or default(say))
    offer(driver.preflight(), yes=False)
    solved = lab.exercises[: chosen[0].number - 1]
    with submission.machine(home, lab, driver, solved) as seat:
        done = submission.apply(seat, script)
        if done.code:
            say(f"! the script failed (exit {done.code}); its result is checked anyway")
        verdicts = _check(lab, seat, chosen, None if quick else lambda: nullcontext(seat), seed)
    said = done.said.strip().splitlines()[-5:]
    told = [f"The script failed (exit {done.code}):", *(f"    {line}" for line in said)] if done.code else []
    return verdicts, {"draw": seed, "submission": {"file": str(file), "code": done.code, "said": said}}, told


def _check(
    lab: Lab, seat: Seat, chosen: list[Exercise], disruption_target: "DisruptionTarget | None", seed: str = ""
) -> list[Verdict]:  # fmt: skip
    from provisioner.checks import run

    with step(f"Checking lab {lab.number}", key=f"check {lab.slug}{'' if disruption_target else ' quick'}") as now:
        return run.check(lab, seat, chosen, disruption_target=disruption_target, tell=now.detail, seed=seed)


def _remember(seat: Seat, verdicts: list[Verdict]) -> list[str]:
    """Notes what is solved, which opens its explanation; returns what was not noted before."""
    record = seat.read()
    fresh = [v for v in verdicts if record and v.outcome == "done" and v.id not in record.solved]
    if record and fresh:
        record.solved += [v.id for v in fresh]
        seat.write(record)
    return [v.name for v in fresh]


def exit_code(verdicts: list[Verdict]) -> int:
    outcomes = {v.outcome for v in verdicts}
    if "cannot tell" in outcomes:
        return EXIT_ERROR
    return EXIT_OK if outcomes == {"done"} else EXIT_NOT_YET


def show(verdicts: list[Verdict]) -> None:
    """A line an exercise, and below it what was observed."""
    for v in verdicts:
        mark, colour = _MARKS[v.outcome]
        echo(Coloured(f"{mark} {v.name}  {v.outcome:<11} ", colour), text.line(v.title))
        echo_lines(v.lines, 6)
    done = [v for v in verdicts if v.outcome == "done"]
    points = f"{sum(v.points for v in done)} of {sum(v.points for v in verdicts)} points"
    echo(f"\n{len(done)} of {len(verdicts)} done, {points}.")


def _watch(lab: Lab, seat: Seat, chosen: list[Exercise], target: str) -> list[Verdict]:
    """The last verdicts: all are done, but for what only a restart can tell."""
    previous: list[tuple[Outcome, tuple[str, ...]]] = []
    while True:
        with seat.lock("lab check --watch"):
            verdicts = _check(lab, seat, chosen, None)
        current = [(v.outcome, v.lines) for v in verdicts]
        if current != previous:
            echo(f"— {time.strftime('%H:%M:%S')}")
            show(verdicts)
        if all(v.outcome in ("done", "not checked") for v in verdicts):
            break
        previous = current
        time.sleep(2)
    if any(v.outcome == "not checked" for v in verdicts):
        echo(f"`lab check {target}` also checks what must survive a restart.")
    return verdicts
