"""Commands that start a seat's machine, replace it, and open a shell in it: up, ssh, reset, goto."""

import os
import sys
import time
from collections.abc import Sequence
from typing import Literal

import click

from provisioner.cli.options import (
    as_json,
    assume_yes,
    find_seat,
    find_target,
    lab_number,
    plan_only,
    require_running,
    seat_name,
    target,
)
from provisioner.cli.output import echo, show_json
from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import MachineError, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.seats.seat import Record, Seat


def _driver(record: Record | None, option: str | None) -> str:
    """--driver, else the driver of the seat, else the default of this host."""
    from provisioner.host.select_driver import AUTO, default

    if option and option != AUTO:
        return option
    return (record.driver if record and not option else "") or default(say)


@click.command(epilog="\b\nExamples:\n  lab up 3\n  lab up 3 --seat alice --seed alice\n  lab up 3 --image debian-13 --yes")
@lab_number
@seat_name
@click.option("--driver", metavar="NAME", help="auto (default), qemu, vagrant[:PROVIDER], lxc or ssh:USER@HOST[:PORT].")
@click.option("--image", metavar="NAME", help="Use this image instead of the lab's default.")
@plan_only
@click.option("--seed", metavar="TEXT", help="Give this seat its own ports and addresses, derived from TEXT.")
@assume_yes
@as_json
def up(
    target: str, seat_name: str, driver: str | None, image: str | None, show_plan: bool, seed: str | None, yes: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Start a lab's machine in its initial state, or resume it."""
    from provisioner import lifecycle, recovery
    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.progress.event import make_event
    from provisioner.progress.store import record

    start = time.monotonic()
    lab, _ = find_target(target)
    home, seat = Home.find(), find_seat(lab, seat_name)
    if show_plan:
        _show_plan(home, lab, _driver(seat.read(), driver), image, (), as_json)
        return
    with seat.lock(f"lab up {target}"):
        if seat.corrupt:
            recovery.set_aside(seat)
        lab, _ = find_target(target, seat_name)
        if seed is not None:
            lab = _draw_variation(home, target, seat, seed)
        name = _driver(seat.read(), driver)
        if yes:
            os.environ["LAB_YES"] = "1"
        offer(load(name).preflight(), yes=yes)
        outcome = lifecycle.up(home, lab, seat, name, image, agreed=yes)
    record(make_event("up", lab, seat, outcome=outcome, seconds=time.monotonic() - start, driver=name))
    _report(lab, seat, outcome, time.monotonic() - start, as_json)


def _show_plan(home: Home, lab: Lab, driver: str, image: str | None, solved: Sequence[Exercise], as_json: bool) -> None:
    from dataclasses import asdict

    from provisioner.core.progress import reporter
    from provisioner.drivers.registry import load
    from provisioner.provision.cost import estimate
    from provisioner.provision.preparation_plan import plan

    tasks = plan(home, lab, load(driver), image, solved)
    if as_json:
        show_json([asdict(task) for task in tasks])
        return
    echo("\n".join(map(str, tasks)))
    echo(f"\n{estimate(tasks, lab, load(driver), reporter.usual)}")


def _draw_variation(home: Home, target: str, seat: Seat, seed: str) -> Lab:
    """The lab with the values of a seed. Raises UsageError for a seat that already has others."""
    from provisioner.content import variation

    plain_lab, _ = find_target(target)
    number, record = variation.draw(plain_lab, seed), seat.read()
    if record and record.phase == "ready" and record.variation != number:
        raise UsageError(
            f"seat {seat.name} already has other values", hint=f"lab destroy {target} removes it; then run this again"
        )
    return variation.of(home, plain_lab, number)


def _report(lab: Lab, seat: Seat, outcome: str, seconds: float, as_json: bool) -> None:
    from provisioner.drivers.registry import load

    record = seat.read()
    assert record is not None
    if as_json:
        show_json({"lab": lab.number, "seat": seat.name, "how": outcome, "seconds": round(seconds, 1),
                   "driver": record.driver, "image": record.image, "ssh_config": str(seat.ssh_config),
                   "forwards": record.forwards})  # fmt: skip
        return
    if outcome == "started" and load(record.driver).info.kernel == "host":
        say("· The machine shares this host's kernel and disk: whoever gets through the kernel is root on your host,")
        say("  and files written in the machine can fill your disk. --driver qemu keeps both apart.")
    n = lab.number
    seat_option = f" --seat {seat.name.partition('-')[2]}" if "-" in seat.name else ""
    phrase = {"started": "is ready", "continued": "is resumed", "already up": "is already up"}[outcome]
    echo(f"Lab {n}, {lab.manifest.title}, {phrase} ({seconds:.1f} s, {record.image} under {record.driver}).\n")
    rows = {
        f"lab guide {n}": "read the story and the tasks",
        f"lab ssh {n}{seat_option}": "open a shell in the machine",
        f"lab check {n}{seat_option}": "see what is done, and why the rest is not",
        f"lab hint {n}.1{seat_option}": "get a hint",
    }
    width = max(map(len, rows))
    for command, purpose in rows.items():
        echo(f"  {command:<{width}}  {purpose}")


@click.command("ssh", context_settings={"ignore_unknown_options": True},
               epilog="\b\nExamples:\n  lab ssh 3\n  lab ssh 3 -- docker ps")  # fmt: skip
@lab_number
@seat_name
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND]")
def shell(target: str, seat_name: str, words: tuple[str, ...]) -> None:
    """Open a shell in the machine, or run one command in it.

    The user is learner, who may use sudo.
    """
    from provisioner.seats import ssh

    seat = require_running(find_target(target, runs=False)[0], seat_name)
    options = ("-t",) if sys.stdin.isatty() and sys.stdout.isatty() else ()
    # The words are passed unquoted, so that `lab ssh 3 -- 'echo $HOME; id'` works as with ssh.
    command = [*ssh.command(seat, user=ssh.LEARNER, options=options), *(["--", " ".join(words)] if words else [])]
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - an argument list, and ssh takes over the terminal


@click.command(epilog="\b\nExample:\n  lab reset 3")
@lab_number
@seat_name
@as_json
def reset(target: str, seat_name: str, as_json: bool) -> None:
    """Replace the machine by a fresh one in the initial state.

    The disk of the old machine is removed.
    """
    _replace_machine(target, seat_name, as_json, "reset")


@click.command(epilog="\b\nExample:\n  lab goto 3.4    a machine with exercises 1 to 3 solved")
@target
@seat_name
@plan_only
@as_json
def goto(target: str, seat_name: str, show_plan: bool, as_json: bool) -> None:
    """Start a fresh machine with the earlier exercises solved.

    For a learner who joins later. The disk of the old machine is removed.
    """
    if not show_plan:
        _replace_machine(target, seat_name, as_json, "goto")
        return
    lab, exercise = find_target(target, seat_name)
    record = find_seat(lab, seat_name).read()
    solved = lab.exercises[: exercise.number - 1] if exercise else ()
    _show_plan(Home.find(), lab, _driver(record, None), record.image if record else None, solved, as_json)


def _replace_machine(target: str, seat_name: str, as_json: bool, command: Literal["reset", "goto"]) -> None:
    from provisioner import lifecycle
    from provisioner.core import signals
    from provisioner.drivers.registry import load
    from provisioner.progress.event import make_event
    from provisioner.progress.store import record as note

    start = time.monotonic()
    lab, exercise = find_target(target, seat_name)
    home, seat = Home.find(), require_running(lab, seat_name) if command == "reset" else find_seat(lab, seat_name)
    with seat.lock(f"lab {command} {target}"):
        record = seat.read()
        solved = lab.exercises[: exercise.number - 1] if exercise else ()
        driver = load(_driver(record, None))
        lifecycle.start(home, lab, seat, driver, record.image if record else None, solved)
        if driver.info.layers == "none":
            signals.restore_signal_handlers()
            _require_beginning(lab, seat, solved)
    ids = [e.entry.id for e in solved]
    note(make_event(command, lab, seat, exercise.entry.id if exercise else "", seconds=time.monotonic() - start, solved=ids))
    _report(lab, seat, "started", time.monotonic() - start, as_json)


def _require_beginning(lab: Lab, seat: Seat, solved: Sequence[Exercise]) -> None:
    """Runs the checks after a machine was restored step by step, which may be incomplete. Raises MachineError."""
    from provisioner.checks.run import check

    unsolved_exercises = [e for e in lab.exercises if e not in solved]
    with step("Verifying the initial state", key=f"beginning {lab.slug}"):
        verdicts = check(lab, seat, unsolved_exercises, disruption_target=None, explain=False)
    if wrong_verdicts := [v for v in verdicts if v.outcome != "not yet"]:
        raise MachineError(
            "the machine is not in the lab's initial state",
            evidence="\n".join(f"{v.name}: {v.outcome}" for v in wrong_verdicts),
            hint=f"lab destroy {lab.number} restores the machine; then lab up {lab.number}",
        )  # fmt: skip
