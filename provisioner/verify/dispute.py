"""A verdict that is disputed, or kept to be repeated: what was checked, what came of it, and what to replay.

What is replayed is its script: the learner's own, or one that restores what was captured of the machine (restoration.py); it
says which of them it has. It has no keys, and no names, paths or addresses of the host (redaction.py).
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from provisioner import __version__
from provisioner.checks.evidence import Connection, Evidence
from provisioner.checks.recorder import Recording
from provisioner.content.lab import Exercise, Lab
from provisioner.core.digest import digest
from provisioner.core.errors import LabError, UsageError
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat
from provisioner.verify.redaction import PRIVATE_KEY, Redactor, make_host_redactor, make_redactor
from provisioner.verify.restoration import make_script
from provisioner.verify.submission import LIMIT

_DRIVER = re.compile(r"[a-z]{1,20}(:[a-z_]{1,30})?")


@dataclass(frozen=True)
class LabNote:
    """digest: of its files; values: those of the lab as it is written, each with the one that this seat has in its place."""

    number: int
    slug: str
    digest: str
    variation: int
    values: dict[str, str]


@dataclass(frozen=True)
class VerdictNote:
    """disturbed: whether what must survive was checked, too."""

    outcome: Outcome
    lines: tuple[str, ...]
    disturbed: bool


@dataclass(frozen=True)
class Script:
    kind: Literal["submitted", "restored"]
    text: str


@dataclass(frozen=True)
class Dispute:
    """exercise: its id; number: the one that it had. solved: ids of the exercises that are solved before. draw: the seed of the
    check's draws. driver: its kind. versions: of lab, and of programs of the machine."""

    lab: LabNote
    exercise: str
    number: int
    title: str
    solved: tuple[str, ...]
    draw: str
    driver: str
    date: str
    verdict: VerdictNote
    versions: dict[str, str]
    script: Script
    connections: tuple[Connection, ...] = ()
    machine: Evidence | None = None
    comment: str = ""

    @property
    def name(self) -> str:
        return f"{self.lab.number}.{self.number}"


def describe_lab(lab: Lab) -> LabNote:
    from provisioner.content.variation import values_of

    return LabNote(lab.number, lab.slug, digest_of(lab), lab.variation, values_of(lab))


def digest_of(lab: Lab) -> str:
    """Of the files that it was written in; empty where they cannot be read."""
    try:
        return digest(lab.written_in or lab.folder, lab.root)
    except LabError:
        return ""


def list_earlier(exercise: Exercise) -> tuple[str, ...]:
    """As for `lab check --submission`: those before it are solved."""
    return tuple(e.entry.id for e in exercise.lab.exercises[: exercise.number - 1])


def kind_of(driver_name: str) -> str:
    """Without the address of somebody's own machine: `ssh:USER@HOST` is `ssh`."""
    kind = driver_name.partition(":")[0]
    return kind if kind == "ssh" or not _DRIVER.fullmatch(driver_name) else driver_name


def make_dispute(
    home: Home, exercise: Exercise, seat: Seat, seed: str, recording: Recording, evidence: Evidence, script: str | None,
    comment: str,
) -> Dispute:  # fmt: skip
    """The verdict on a seat's machine. script: the learner's; without it one that restores what was captured. Raises
    UsageError."""
    record, lab = seat.read(), exercise.lab
    redactor = make_redactor(home, seat, lab.manifest, evidence)
    machine = redactor.clean_evidence(evidence)
    replayed_script = Script("restored", make_script(machine)) if script is None else Script("submitted", script)
    if len(replayed_script.text) > LIMIT:
        raise UsageError("the machine has too many files to restore them", hint="--submission SCRIPT")
    return Dispute(
        describe_lab(lab), exercise.entry.id, exercise.number, exercise.entry.title, list_earlier(exercise), seed,
        kind_of(record.driver) if record else "", format_date(), note_verdict(recording.verdict, redactor, disturbed=False),
        {"lab": __version__, **machine.versions}, replayed_script,
        tuple(_clean_connection(connection, redactor) for connection in recording.connections), machine, comment,
    )  # fmt: skip


def _clean_connection(connection: Connection, redactor: Redactor) -> Connection:
    trace = tuple(map(redactor.clean, connection.trace))
    return replace(connection, observed=redactor.clean_own(connection.observed), trace=trace)


def record(
    home: Home, exercise: Exercise, driver_name: str, script: str, verdict: Verdict, *, quick: bool, seed: str
) -> Dispute:  # fmt: skip
    """A submission that was judged on a fresh machine (`lab check --submission`). Raises UsageError."""
    require_harmless(script)
    redactor = make_host_redactor(home, exercise.lab.manifest)
    return Dispute(
        describe_lab(exercise.lab), exercise.entry.id, exercise.number, exercise.entry.title, list_earlier(exercise), seed,
        kind_of(driver_name), format_date(), note_verdict(verdict, redactor, disturbed=not quick), {"lab": __version__},
        Script("submitted", script),
    )  # fmt: skip


def note_verdict(verdict: Verdict, redactor: Redactor, *, disturbed: bool) -> VerdictNote:
    return VerdictNote(verdict.outcome, tuple(map(redactor.clean_own, verdict.lines)), disturbed)


def require_harmless(script: str) -> None:
    """Raises UsageError where somebody's private key would leave with the file."""
    if PRIVATE_KEY.search(script):
        raise UsageError("the script has a private key in it", hint="take the key out of the script")


def format_date() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
