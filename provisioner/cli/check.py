"""The command check."""

import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from provisioner.cli.options import as_json, find_seat, find_target, require_free, require_running, seat_name, target
from provisioner.cli.output import Coloured, adapt_commands, echo, echo_lines, show_json
from provisioner.content.expectation import Family
from provisioner.content.lab import Exercise, Lab
from provisioner.core import text, umask
from provisioner.core.errors import EXIT_ERROR, EXIT_NOT_YET, EXIT_OK, LabError, UsageError
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.seats.seat import Seat

if TYPE_CHECKING:
    from provisioner.checks.run import DisruptionTarget

_FAMILIES: dict[str | None, tuple[Family, ...] | None] = {None: None, "4": (4,), "6": (6,)}
_SAME_REASON = 3  # checks in a row that fail for the same reason, after which a hint is offered
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
@click.option(
    "--disruptive", is_flag=True, help="Restart the machine itself, and make its containers anew, if it cannot be copied."
)
@click.option(
    "--submission",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Check this script (- for stdin) on a fresh machine instead of a seat. Earlier exercises are solved first.",
)
@click.option("--driver", "driver_name", metavar="NAME", help="With --submission: the driver of the fresh machine.")
@click.option(
    "--record",
    "record_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --submission: also write a file that lab verify --replay checks again.",
)
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write a JUnit XML report.")
@click.option("--unasked", is_flag=True, hidden=True, help="The page looks by itself: no attempt of the learner's.")
@as_json
def check(
    target: str, seat_name: str, watch: bool, quick: bool, seed: str, disruptive: bool, submission: Path | None,
    driver_name: str | None, record_file: Path | None, junit: Path | None, unasked: bool, as_json: bool,
) -> None:  # fmt: skip
    """Check which exercises are done, and explain the others.

    The explanation says what was observed, from where, and which rule decided.
    """
    from provisioner import lifecycle
    from provisioner.checks.draw import seed as new_seed

    seed = seed or new_seed()
    lab, exercise = find_target(target, seat_name)
    exercises = [exercise] if exercise else list(lab.exercises)
    if submission:
        if watch or disruptive:
            raise UsageError("--watch and --disruptive are for a seat's machine, --submission for a fresh one")
        if record_file and exercise is None:
            raise UsageError("--record is for one exercise", hint=f"lab check {lab.number}.1 --submission FILE --record FILE")
        if record_file:
            require_free(record_file, "--record")
        checked = _check_submission(
            lab, exercises, submission, driver_name, seat_name, quick=quick, seed=seed, record_file=record_file
        )
        _report(lab, *checked, junit, as_json=as_json)
    if driver_name:
        raise UsageError("--driver goes with --submission: a seat has its driver")
    if record_file:
        raise UsageError("--record goes with --submission", hint=f"lab dispute {target} writes a file about a seat's machine")
    seat = require_running(lab, seat_name)
    if watch:
        raise click.exceptions.Exit(exit_code(_watch(lab, seat, exercises, target)))
    with seat.lock(f"lab check {target}"):
        disruption_target = None if quick else lifecycle.disruption_target(lab, seat, itself=disruptive)
        start = time.monotonic()
        verdicts = _check(lab, seat, exercises, disruption_target, seed)
        new_names = _remember(seat, verdicts)
    _record(lab, seat, verdicts, time.monotonic() - start, draw=seed, quick=quick, **({"watch": True} if unasked else {}))
    notes = [f"`lab guide {name}` now explains why it works, and why other ways do not." for name in new_names]
    notes += [] if unasked else _offer_hints(lab, seat, [v for v in verdicts if v.outcome == "not yet"], target)
    notes += _offer_prediction(lab, seat, [v for v in verdicts if v.outcome == "not yet"])
    if any(v.outcome == "not yet" and "strangers in" in " ".join(v.lines) for v in verdicts):
        notes.append(f"The strangers were drawn: `lab check {target} --draw {seed}` asks the same ones again.")
    _report(lab, verdicts, {"seat": seat.name, "draw": seed}, notes, junit, as_json=as_json)


def _report(
    lab: Lab, verdicts: list[Verdict], fields: dict[str, object], notes: list[str], junit: Path | None, *, as_json: bool
) -> NoReturn:
    """Prints the verdicts and ends the command. fields: more keys of the JSON; notes: more lines of the text."""
    if junit:
        from provisioner.verify.junit import junit_xml

        umask.write(junit, junit_xml(f"lab {lab.number}", verdicts))
    if as_json:
        show_json(
            {"lab": lab.number, **fields, "exercises": [asdict(v) for v in verdicts], "notes": list(map(adapt_commands, notes))}
        )
    else:
        show(verdicts)
        for line in notes:
            echo(line)
    raise click.exceptions.Exit(exit_code(verdicts))


def _check_submission(
    lab: Lab,
    exercises: list[Exercise],
    file: Path,
    driver_name: str | None,
    seat_name: str,
    *,
    quick: bool,
    seed: str,
    record_file: Path | None,
) -> tuple[list[Verdict], dict[str, object], list[str]]:
    """Checks a script on a fresh machine. An existing seat only provides the driver and the values."""
    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.host.select_driver import AUTO, default
    from provisioner.verify import submission

    script, home, record = submission.read_script(file), Home.find(), find_seat(lab, seat_name).read()
    seat_driver = record.driver if record else ""
    driver = load(driver_name if driver_name and driver_name != AUTO else seat_driver or default(say))
    offer(driver.preflight(), yes=False)
    solved = lab.exercises[: exercises[0].number - 1]
    applied, verdicts = submission.judge(home, lab, driver, exercises, solved, script, quick=quick, seed=seed)
    if record_file:
        from provisioner.verify import dispute
        from provisioner.verify.dispute_file import dump

        text = dump(dispute.record(home, exercises[0], driver.info.name, script, verdicts[0], quick=quick, seed=seed))
        umask.write(record_file, text)
        say(f"✓ {record_file}: lab verify --replay checks it again")
    last_lines = applied.output.strip().splitlines()[-5:]
    notes = [f"The script failed (exit {applied.code}):", *(f"    {line}" for line in last_lines)] if applied.code else []
    return verdicts, {"draw": seed, "submission": {"file": str(file), "code": applied.code, "said": last_lines}}, notes


def _check(
    lab: Lab, seat: Seat, exercises: list[Exercise], disruption_target: "DisruptionTarget | None", seed: str = ""
) -> list[Verdict]:  # fmt: skip
    from provisioner.checks import run

    with step(f"Checking lab {lab.number}", key=f"check {lab.slug}{'' if disruption_target else ' quick'}") as progress:
        return run.check(lab, seat, exercises, disruption_target=disruption_target, tell=progress.detail, seed=seed)


def _remember(seat: Seat, verdicts: list[Verdict]) -> list[str]:
    """Records solved exercises, which unlocks their explanations; returns the names of those that are new."""
    record = seat.read()
    new_verdicts = [v for v in verdicts if record and v.outcome == "done" and v.id not in record.solved]
    if record and new_verdicts:
        record.solved += [v.id for v in new_verdicts]
        seat.write(record)
    return [v.name for v in new_verdicts]


def _record(lab: Lab, seat: Seat, verdicts: list[Verdict], seconds: float, **details: object) -> None:
    """Appends a check to the learner's events, one for each exercise. seconds: of the whole check; an event has its share."""
    from provisioner.progress.event import make_event
    from provisioner.progress.store import record

    total = sum(v.seconds for v in verdicts) or 1.0
    record(
        *(
            make_event(
                "check", lab, seat, v.id, outcome=v.outcome, seconds=seconds * v.seconds / total, reasons=v.lines, **details
            )
            for v in verdicts
        )
    )


def _offer_hints(lab: Lab, seat: Seat, failed: list[Verdict], target: str) -> list[str]:
    """A hint for each exercise that has failed for the same reason every third time."""
    from provisioner.progress.event import label
    from provisioner.progress.store import read_events
    from provisioner.progress.summary import summarize

    rows = {row.id: row for row in summarize(lab, read_events(lab.slug, label(seat)))}
    notes = []
    for verdict in failed:
        if (repeats := rows[verdict.id].repeats) and repeats % _SAME_REASON == 0:
            from provisioner.checks.hints import offer_hint

            with suppress(LabError):  # the verdict is what was asked for
                if hint := offer_hint(lab.exercises[verdict.number - 1], seat, f"lab check {target}"):
                    notes.append(f"{verdict.name} has failed for the same reason {repeats} times. A hint: {hint}")
    return notes


def _offer_prediction(lab: Lab, seat: Seat, failed: list[Verdict]) -> list[str]:
    """Once an exercise, to somebody who sits at a terminal."""
    from provisioner.checks.reachability import ways_of
    from provisioner.core.settings import setting
    from provisioner.progress.event import label, make_event
    from provisioner.progress.prediction import has_been_offered
    from provisioner.progress.store import read_events, record

    if not failed or not sys.stdout.isatty() or os.environ.get("CI") or setting(Home.find().config, "predict") == "off":
        return []
    verdict = failed[0]
    if has_been_offered(read_events(lab.slug, label(seat)), verdict.id) or not ways_of(lab.exercises[verdict.number - 1]):
        return []
    record(make_event("predict", lab, seat, verdict.id, outcome="offered"))
    return [f"Before you change anything: `lab predict {verdict.name}` asks what gets through, and `lab map` who was right."]


def exit_code(verdicts: list[Verdict]) -> int:
    outcomes = {v.outcome for v in verdicts}
    if "cannot tell" in outcomes:
        return EXIT_ERROR
    return EXIT_OK if outcomes == {"done"} else EXIT_NOT_YET


def show(verdicts: list[Verdict]) -> None:
    """Prints a line for each exercise, and below it what was observed."""
    for v in verdicts:
        mark, colour = _MARKS[v.outcome]
        echo(Coloured(f"{mark} {v.name}  {v.outcome:<11} ", colour), text.line(v.title))
        echo_lines(v.lines, 6)
    done = [v for v in verdicts if v.outcome == "done"]
    points = f"{sum(v.points for v in done)} of {sum(v.points for v in verdicts)} points"
    echo(f"\n{len(done)} of {len(verdicts)} done, {points}.")


def _watch(lab: Lab, seat: Seat, exercises: list[Exercise], target: str) -> list[Verdict]:
    """Checks until all is done, except for what needs a restart. Returns the last verdicts."""
    previous: list[tuple[Outcome, tuple[str, ...]]] = []
    while True:
        with seat.lock("lab check --watch"):
            verdicts = _check(lab, seat, exercises, None)
        current = [(v.outcome, v.lines) for v in verdicts]
        if current != previous:
            changed = [v for v, state in zip(verdicts, current, strict=True) if state not in previous]
            _record(lab, seat, changed, sum(v.seconds for v in changed), watch=True)
            echo(f"— {time.strftime('%H:%M:%S')}")
            show(verdicts)
        if all(v.outcome in ("done", "not checked") for v in verdicts):
            break
        previous = current
        time.sleep(2)
    if any(v.outcome == "not checked" for v in verdicts):
        echo(f"`lab check {target}` also checks what must survive a restart.")
    return verdicts
