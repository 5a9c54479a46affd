"""Events: what a learner did at a seat, and what came of it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from provisioner.content.lab import Lab
from provisioner.core.digest import digest
from provisioner.core.errors import LabError
from provisioner.seats.seat import Seat

Kind = Literal["up", "check", "hint", "solve", "reset", "goto", "restore", "predict", "review"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# A seat's machine begins anew with these: what was solved in it is no more.
BEGINNINGS: tuple[Kind, ...] = ("reset", "goto")
_REVIEW = "review"


@dataclass(frozen=True)
class Event:
    """One event.

    time: seconds since 1970, UTC. seat: the name after --seat, empty for the default one. lab: its slug. lab_version: of its
    files. exercise: its id, empty for the lab as a whole. outcome: of a check, an Outcome; of an up, whether it was started,
    continued or already up. seconds: that it took. details: more that depends on the kind, as JSON has it.
    """

    kind: Kind
    lab: str
    seat: str = ""
    exercise: str = ""
    outcome: str = ""
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)
    lab_version: str = ""
    time: float = field(default_factory=time.time)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and CSV; the time as ISO 8601 has it."""
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"), "seat": self.seat,
            "lab": self.lab, "lab_version": self.lab_version, "exercise": self.exercise, "kind": self.kind,
            "outcome": self.outcome, "seconds": round(self.seconds, 3), "details": self.details,
        }  # fmt: skip


def review_seat(name: str) -> str:
    """The name of the seat in which somebody repeats an exercise. name: of the usual one."""
    return f"{name}-{_REVIEW}" if name else _REVIEW


def is_review(seat: Seat) -> bool:
    return seat.name.rpartition("-")[2] == _REVIEW


def label(seat: Seat) -> str:
    """Whose events these are: the name of a seat without the lab's number, and of a review's without that."""
    name = seat.name.partition("-")[2]
    return name.removesuffix(_REVIEW).removesuffix("-") if is_review(seat) else name


def make_event(
    kind: Kind, lab: Lab, seat: Seat, exercise: str = "", *, outcome: str = "", seconds: float = 0.0, **details: object
) -> Event:
    """An event of now. exercise: its id. A check of a review's machine is a review."""
    if is_review(seat):
        details["review"], kind = True, "review" if kind == "check" else kind
    return Event(kind, lab.slug, label(seat), exercise, outcome, seconds, details, _version(lab))


def _version(lab: Lab) -> str:
    """Twelve digits of the digest of the files that it was written in; empty where they cannot be read."""
    try:
        return digest(lab.written_in or lab.folder, lab.root)[:12]
    except LabError:
        return ""
