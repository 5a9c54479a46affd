"""Runs checks on a machine in a separate process: pytest is not thread-safe."""

import multiprocessing
from collections.abc import Sequence
from functools import cache
from typing import Any

from provisioner.content.lab import Exercise
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.seats.seat import Seat

PATIENCE = 900.0  # seconds for one run of checks


def ask(seat: Seat, exercises: Sequence[Exercise], *, disruptive: bool = True, seed: str = "") -> list[Verdict]:
    """The verdicts on a machine. disruptive: the machine itself is disturbed once all is done, to check what must survive;
    else that is reported as not checked. seed: for draws.

    Raises LabError.
    """
    from provisioner.checks.run import answer as answer_checks

    lab, context = exercises[0].lab, _processes()
    receiver, sender = context.Pipe(duplex=False)
    arguments = (sender, lab.folder.parent, seat.folder, lab.number, [e.number for e in exercises], disruptive, seed)
    child = context.Process(target=answer_checks, args=arguments, daemon=True)
    child.start()
    sender.close()
    try:
        answer = receiver.recv() if receiver.poll(PATIENCE) else {"error": f"the checks took longer than {PATIENCE:.0f} s"}
    except EOFError:
        answer = {"error": "the checks ended without a verdict"}
    finally:
        child.kill()
        child.join()
        receiver.close()
    if isinstance(answer, dict):
        raise LabError(answer["error"], evidence=answer.get("evidence", ""))
    verdicts: list[Verdict] = answer
    return verdicts


@cache
def _processes() -> Any:  # noqa: ANN401 - one of multiprocessing's contexts, which its stubs give no common class
    """Processes are forked, if possible, from one that has imported what checks need, which saves almost a second each."""
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(kind)
    context.set_forkserver_preload(["provisioner.checks.preload"])
    return context
