"""Hints: those that fit the current state of the machine, as probes and commands show it, and the next one of an exercise."""

from dataclasses import dataclass

from provisioner.checks.net import Net
from provisioner.checks.probe_client import Prober
from provisioner.content.expectation import parse_expectation
from provisioner.content.lab import Exercise
from provisioner.content.manifest import When
from provisioner.core.errors import LabError
from provisioner.core.outcome import CannotTell
from provisioner.core.progress import step
from provisioner.progress.event import make_event
from provisioner.progress.store import record
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PATIENCE = 30.0  # seconds for a command


@dataclass(frozen=True)
class Hints:
    """situation_hints: those that fit what was tried. hints: the exercise's own, up to the newest. is_last: of all."""

    situation_hints: list[str]
    hints: list[str]
    is_last: bool


def give_hints(exercise: Exercise, seat: Seat, purpose: str, *, repeat: bool = False) -> Hints:
    """One hint more than before, unless repeat. It is noted in the seat's record, and in what the learner did."""
    situation_hints: list[str] = []
    if exercise.entry.hint_when:
        with step("Checking what you have tried", key=f"hint {exercise.lab.slug}"):
            situation_hints = select_hints(exercise, seat)
    hints = exercise.entry.hints
    with seat.lock(purpose):
        seat_record = seat.read()
        assert seat_record is not None
        count = seat_record.hints.get(exercise.entry.id, 0)
        if not repeat and count < len(hints):
            count += 1
            seat.update(hints={**seat_record.hints, exercise.entry.id: count})
    if not repeat:
        record(make_event("hint", exercise.lab, seat, exercise.entry.id, number=count, fitting=situation_hints))
    return Hints(situation_hints, list(hints[:count]), is_last=count == len(hints))


def offer_hint(exercise: Exercise, seat: Seat, purpose: str) -> str:
    """The hint that fits what was tried, else the exercise's next one; empty if all were shown."""
    situation_hints = select_hints(exercise, seat)
    if situation_hints:
        record(make_event("hint", exercise.lab, seat, exercise.entry.id, offered=True, fitting=situation_hints[:1]))
        return situation_hints[0]
    seat_record = seat.read()
    if seat_record is None or seat_record.hints.get(exercise.entry.id, 0) >= len(exercise.entry.hints):
        return ""
    return give_hints(exercise, seat, purpose).hints[-1]


def select_hints(exercise: Exercise, seat: Seat) -> list[str]:
    """The hints of the situations that hold now. None if the machine does not answer."""
    if not exercise.entry.hint_when:
        return []
    with Prober(seat) as prober:
        net = Net(exercise.lab.manifest, seat.nonce, prober)
        return [situation.hint for situation in exercise.entry.hint_when if _holds(situation, net, seat)]


def _holds(situation: When, net: Net, seat: Seat) -> bool:
    try:
        if situation.command and ssh.run(seat, "sh", "-c", situation.command, timeout=PATIENCE, check=False).code:
            return False
        expectations = [e for sentence in situation.probes if (e := parse_expectation(sentence))]
        return all(o.good for o in net.observe(*expectations)) if expectations else True
    except (LabError, CannotTell):
        return False
