"""Asks the checks on a machine, in a process of their own: pytest knows no threads."""

import multiprocessing
from collections.abc import Sequence
from functools import cache
from typing import Any

from provisioner.content.lab import Exercise
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.seats.seat import Seat

PATIENCE = 900.0  # seconds for one run of checks


def ask(seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True, seed: str = "") -> list[Verdict]:
    """The verdicts on a machine, from a process of its own: pytest knows no threads. disturbing: what must be survived is
    done to this very machine once all is done, else what must survive something is reported as not checked. seed: of what is
    drawn.

    Raises LabError.
    """
    from provisioner.checks.run import answer as answer_by

    lab, context = exercises[0].lab, _processes()
    receiver, sender = context.Pipe(duplex=False)
    arguments = (sender, lab.folder.parent, seat.folder, lab.number, [e.number for e in exercises], disturbing, seed)
    child = context.Process(target=answer_by, args=arguments, daemon=True)
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
    """Where it can be, all come from one that has imported what checks need: most of a second of work for each."""
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(kind)
    context.set_forkserver_preload(["provisioner.checks.preload"])
    return context
