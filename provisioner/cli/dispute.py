"""The command dispute."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import as_json, find_target, require_free, require_running, seat_name, target
from provisioner.cli.output import echo, echo_lines, show_json
from provisioner.core import umask
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import step

if TYPE_CHECKING:
    from provisioner.content.lab import Exercise
    from provisioner.seats.seat import Seat
    from provisioner.verify.dispute import Dispute


@click.command(
    epilog="\b\nExamples:\n  lab dispute 3.2\n  lab dispute 3.2 --submission mine.sh --comment 'ufw denies the port'\n"
    "  lab dispute 3.2 --no-history -o disputed.json"
)
@target
@seat_name
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write (default: dispute-LAB.EXERCISE-DATE.json here).")  # fmt: skip
@click.option("--submission", type=click.Path(path_type=Path, allow_dash=True), metavar="SCRIPT",
              help="Your solution as a script (- for stdin): this is what is replayed.")  # fmt: skip
@click.option("--comment", default="", metavar="TEXT", help="What you think is wrong with the verdict.")
@click.option("--no-history", is_flag=True, help="Leave out the commands that were typed in the machine.")
@as_json
def dispute(
    target: str, seat_name: str, output: Path | None, submission: Path | None, comment: str, no_history: bool, as_json: bool
) -> None:  # fmt: skip
    """Write a file with which an author can repeat a verdict.

    The exercise is checked once more, without restarts. The file has the verdict, the packets that were sent, and the state of
    the machine: rules, addresses, containers, listening programs, configuration files, and the commands that were typed. Keys
    are left out, and so are names, paths and addresses of this computer. `lab verify --replay FILE` checks it again.

    Without --submission, the replay restores files and rules as far as they were captured: it may differ from this machine.
    """
    from provisioner.verify.dispute import require_harmless
    from provisioner.verify.dispute_file import MAX_COMMENT, dump
    from provisioner.verify.submission import read_script

    if len(comment) > MAX_COMMENT:
        raise UsageError(f"a comment has at most {MAX_COMMENT} characters")
    lab, exercise = find_target(target, seat_name)
    if exercise is None:
        raise UsageError("a dispute is about one exercise", hint=f"lab dispute {lab.number}.1")
    file = output or Path(f"dispute-{lab.number}.{exercise.number}-{time.strftime('%Y-%m-%d')}.json")
    require_free(file, "-o")
    script = read_script(submission) if submission else None
    require_harmless(script or "")
    seat = require_running(lab, seat_name)
    content = _collect(exercise, seat, script, comment, history=not no_history)
    text = dump(content)
    umask.write(file, text)
    if as_json:
        show_json(_summarize(file, content, len(text)))
    else:
        _show(file, content, len(text))


def _collect(exercise: "Exercise", seat: "Seat", script: str | None, comment: str, *, history: bool) -> "Dispute":
    from provisioner.checks.draw import seed as new_seed
    from provisioner.checks.recorder import check_recorded, collect
    from provisioner.verify.dispute import make_dispute

    lab, seed = exercise.lab, new_seed()
    with seat.lock(f"lab dispute {lab.number}.{exercise.number}"):
        with step(f"Checking {lab.number}.{exercise.number}", key=f"check {lab.slug} quick") as progress:
            recording = check_recorded(exercise, seat, seed, progress.detail)
        with step("Reading rules, files and versions of the machine", key=f"evidence {lab.slug}"):
            evidence = collect(seat, history=history)
    return make_dispute(Home.find(), exercise, seat, seed, recording, evidence, script, comment)


def _summarize(file: Path, content: "Dispute", size: int) -> dict[str, object]:
    verdict, machine = content.verdict, content.machine
    return {
        "file": str(file), "bytes": size, "exercise": content.name, "outcome": verdict.outcome, "lines": verdict.lines,
        "script": content.script.kind, "draw": content.draw, "history": bool(machine and machine.history),
    }  # fmt: skip


def _show(file: Path, content: "Dispute", size: int) -> None:
    machine = content.machine
    assert machine is not None
    echo(f"{content.name}  {content.verdict.outcome}")
    echo_lines(content.verdict.lines, 6)
    echo(f"\n{file} ({size >> 10} KiB) has:")
    parts = [
        f"the verdict, {len(content.connections)} connections with what was wanted and observed, and the packets' traces",
        "the machine's rules, addresses, routes, containers and listening programs, and versions",
        f"{len(machine.files)} configuration files and scripts of the machine",
        "the commands that were typed in the machine (leave them out: --no-history)" if machine.history else "",
        "your script, which is what is replayed"
        if content.script.kind == "submitted"
        else "a script that restores files and rules",
    ]
    echo_lines([f"· {part}" for part in parts if part], 2)
    echo(
        "It has no keys, and no names, paths or addresses of this computer. Passwords that you have written into a file of the"
    )
    echo("machine, or typed there, are in it: read it first.")
    if content.script.kind == "restored":
        echo("A script of yours can be replayed exactly: --submission SCRIPT.")
    echo("next: send it to the lab's author, who runs `lab verify --replay FILE`")
