"""`lab verify --replay`: recorded verdicts are checked again, and what differs is told."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.cli.options import find_target
from provisioner.cli.output import Coloured, echo, echo_lines, show_json
from provisioner.core.errors import EXIT_ERROR, EXIT_NOT_YET, EXIT_OK, LabError, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say

if TYPE_CHECKING:
    from provisioner.content.lab import Exercise
    from provisioner.verify.dispute import Dispute
    from provisioner.verify.replay import Replay

Failure = tuple[Path, LabError]


def replay_files(paths: Sequence[Path], driver_name: str, *, yes: bool, as_json: bool) -> int:
    """Replays files, and those of folders; returns the command's exit code. All are read before anything runs. Raises
    UsageError."""
    from provisioner.verify.dispute_file import read
    from provisioner.verify.replay import find_exercise, list_files

    if not paths:
        raise UsageError("which files?", hint="lab verify --replay FILE...")
    home = Home.find()
    files = [(file, read(file)) for file in list_files(list(paths))]
    work = []
    for file, content in files:
        lab, _ = find_target(content.lab.slug)
        work.append((file, content, find_exercise(home, lab, content)))
    replays: list[Replay] = []
    failures: list[Failure] = []
    for number, (file, content, exercise) in enumerate(work, start=1):
        say(f"· {number}/{len(work)}  {file}: {content.name}, {content.verdict.outcome} on {content.date[:10]}")
        try:
            replays.append(_replay(home, exercise, content, driver_name, str(file), yes=yes))
        except LabError as error:
            failures.append((file, error))
    if as_json:
        errors = [{"file": str(file), **error.as_dict()} for file, error in failures]
        show_json({"replays": [replay.as_dict() for replay in replays], "errors": errors})
    else:
        _show(replays, failures)
    if failures or any(replay.outcome == "cannot tell" and not replay.is_same for replay in replays):
        return EXIT_ERROR
    return EXIT_OK if all(replay.is_same for replay in replays) else EXIT_NOT_YET


def _replay(home: Home, exercise: "Exercise", content: "Dispute", driver_name: str, file: str, *, yes: bool) -> "Replay":
    from provisioner.host.install import offer
    from provisioner.host.select_driver import AUTO, default
    from provisioner.verify.replay import replay, select_driver

    wanted_name = "" if driver_name == AUTO else driver_name
    driver = select_driver(content, wanted_name, default, say)
    offer(driver.preflight(), yes=yes)
    return replay(home, exercise, content, driver, file)


def _show(replays: "Sequence[Replay]", failures: Sequence[Failure]) -> None:
    width = max((len(replay.file) for replay in replays), default=0)
    for replay in replays:
        recorded = replay.dispute.verdict
        mark = Coloured("✓", "green") if replay.is_same else Coloured("✗", "red")
        verdicts = f"then {recorded.outcome:<11}  now {replay.outcome:<11}  {'same' if replay.is_same else 'different'}"
        echo(mark, f" {replay.dispute.name:<5} {replay.file:<{width}}  {verdicts}")
        if not replay.is_same:
            _show_reasons("then", recorded.lines)
            _show_reasons("now", replay.lines)
        echo_lines([f"· {note}" for note in replay.notes], 8)
        if replay.dispute.comment:
            echo_lines([f"the learner: {replay.dispute.comment}"], 8)
    for file, error in failures:
        echo(Coloured("!", "yellow"), f" {file}: {error.what}")
        echo_lines(error.evidence.splitlines()[-5:], 8)
        echo_lines([f"next: {error.hint}"] if error.hint else [], 8)
    different = [replay for replay in replays if not replay.is_same]
    counts = [f"{len(replays) - len(different)} the same", f"{len(different)} different"]
    counts += [f"{len(failures)} could not be replayed"] if failures else []
    echo(f"\n{', '.join(counts)}.")
    if different:
        echo(f"next: read {shlex.quote(different[0].file)}, and the check of {different[0].dispute.name}")


def _show_reasons(moment: str, lines: Sequence[str]) -> None:
    echo_lines([f"{moment}: {line}" for line in lines], 8)
