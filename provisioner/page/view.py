"""What the page shows of a lab and a seat, as JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.content.lab import Exercise, Lab
from provisioner.core import text
from provisioner.core.errors import LabError
from provisioner.drivers.base import Forks, Snapshots
from provisioner.drivers.registry import attach
from provisioner.page import markup, picture
from provisioner.progress.event import label
from provisioner.progress.store import read_events
from provisioner.progress.summary import ExerciseProgress, summarize
from provisioner.seats.seat import Record, Seat


@dataclass(frozen=True)
class Subject:
    """A lab on a seat. adapt: makes commands in texts such as work here. predictable: exercises that are about connections.
    class_name: of the class that the seat belongs to."""

    lab: Lab
    seat: Seat
    adapt: Callable[[str], str]
    predictable: frozenset[str]
    class_name: str = ""

    def render(self, file: Path) -> str:
        return markup.render(self.adapt(text.block(file.read_text(encoding="utf-8"))))


def describe(subject: Subject) -> dict[str, Any]:
    """All of it: text, tasks with what was done, and the machine. Asks the back end, so it may take a second."""
    lab, seat, problem = subject.lab, subject.seat, ""
    try:
        record = seat.read()
    except LabError as error:
        record, problem = None, error.what
    rows = summarize(lab, read_events(lab.slug, label(seat)))
    networks = lab.manifest.networks
    return {
        "number": lab.number, "title": lab.manifest.title, "seat": label(seat), "class": subject.class_name or None,
        "story": subject.render(lab.readme), "diagram": picture.draw(lab.manifest),
        "zones": [
            {"name": name, "about": zone.about, "network": network}
            for network, net in networks.items() for name, zone in net.zones.items()
        ],
        "exercises": [_exercise(subject, e, row, record) for e, row in zip(lab.exercises, rows, strict=True)],
        "machine": _machine(seat, record, problem), "saves": sorted(record.saves) if record else [], **_abilities(seat),
    }  # fmt: skip


def _exercise(subject: Subject, exercise: Exercise, row: ExerciseProgress, record: Record | None) -> dict[str, Any]:
    is_solved = record is not None and row.id in record.solved
    numbers = {e.entry.id: e.number for e in exercise.lab.exercises}
    return {
        "number": exercise.number, "name": row.name, "id": row.id, "title": row.title, "points": row.points,
        "task": subject.render(exercise.task), "why": subject.render(exercise.why) if is_solved else None,
        "state": row.state, "attempts": row.attempts, "reasons": list(row.reasons),
        "hints": list(exercise.entry.hints[: record.hints.get(row.id, 0)]) if record else [],
        "predictable": row.id in subject.predictable,
        "after": [f"{exercise.lab.number}.{numbers[id_]}" for id_ in exercise.entry.after],
    }  # fmt: skip


def _machine(seat: Seat, record: Record | None, problem: str) -> dict[str, Any]:
    """Whatever is wrong with it is its state, so that the page is there to start it again. problem: of its record."""
    if record is None:
        state = "broken" if problem else "missing"
        return {"state": state, "detail": problem, "memory": 0, "disk": 0, "emulated": False, "driver": "", "image": ""}
    facts = {"driver": record.driver, "image": record.image, "emulated": False, "memory": 0, "disk": 0, "detail": ""}
    try:
        machine = attach(seat)
        status = machine.status() if machine else None
    except LabError as error:
        return {**facts, "state": "broken", "detail": error.what}
    if status is None:
        return {**facts, "state": "missing"}
    state = "starting" if record.phase != "ready" else status.state
    return {**facts, "state": state, "detail": status.detail, "memory": status.memory, "disk": status.disk,
            "emulated": status.emulated}  # fmt: skip


def _abilities(seat: Seat) -> dict[str, bool]:
    """can_copy: whether a check that restarts things has a copy of the machine for that."""
    try:
        machine = attach(seat)
    except LabError:
        machine = None
    return {"can_save": isinstance(machine, Snapshots), "can_copy": isinstance(machine, Forks)}
