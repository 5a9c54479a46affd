"""Checks a recorded script again: a fresh machine with the same values, the same draws and the same exercises solved."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provisioner.content import variation
from provisioner.content.lab import Exercise, Lab
from provisioner.content.variation import values_of
from provisioner.core.errors import LabError, UsageError
from provisioner.core.outcome import Outcome, Verdict
from provisioner.core.paths import Home
from provisioner.drivers import registry
from provisioner.drivers.base import Driver, LayerStore
from provisioner.verify import submission
from provisioner.verify.dispute import Dispute, digest_of, kind_of

SUFFIX = ".json"


@dataclass(frozen=True)
class Replay:
    """What came of one file. outcome: of the verdict now; lab_changed: whether the lab's files are others than those of the
    recorded verdict; code: of the script."""

    file: str
    dispute: Dispute
    outcome: Outcome
    lines: tuple[str, ...]
    lab_changed: bool
    driver: str
    code: int

    @property
    def is_same(self) -> bool:
        """A verdict for which nothing was disturbed is the same if it holds with disturbances, too."""
        recorded = self.dispute.verdict
        return self.outcome == recorded.outcome or (recorded.outcome == "not checked" and self.outcome == "done")

    @property
    def is_doubtful(self) -> bool:
        """The lab has not changed, so that what differs may be the copy of the machine."""
        return not self.is_same and not self.lab_changed and self.dispute.script.kind == "restored"

    @property
    def notes(self) -> list[str]:
        """What somebody must know who compares the verdicts."""
        dispute = self.dispute
        notes = ["the lab has changed since" if self.lab_changed else "the lab's files are the same as then"]
        if dispute.script.kind == "restored":
            notes.append(
                "no script of the learner's: files and rules of the machine were restored as far as they were captured"
            )
        if not dispute.verdict.disturbed:
            notes.append("then nothing was disturbed, now everything that must survive was tried")
        if self.driver != dispute.driver:
            notes.append(f"then on {dispute.driver}, now on {self.driver}")
        if self.code:
            notes.append(f"the script ended with code {self.code}")
        if self.is_doubtful:
            notes.append(
                "so the restored machine is not as the learner's was: ask for a script (lab dispute --submission SCRIPT)"
            )
        return notes

    def as_dict(self) -> dict[str, object]:
        recorded = self.dispute.verdict
        return {
            "file": self.file, "exercise": self.dispute.name, "id": self.dispute.exercise, "same": self.is_same,
            "recorded": {"outcome": recorded.outcome, "lines": recorded.lines, "date": self.dispute.date},
            "replayed": {"outcome": self.outcome, "lines": self.lines}, "lab_changed": self.lab_changed,
            "script": self.dispute.script.kind, "driver": self.driver, "notes": self.notes,
        }  # fmt: skip


def list_files(paths: list[Path]) -> list[Path]:
    """The files, and those of folders, in order. Raises UsageError."""
    files: list[Path] = []
    for path in paths:
        content = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not content:
            raise UsageError(f"the folder {path} has no files *{SUFFIX}")
        files += content
    return list(dict.fromkeys(files))


def find_exercise(home: Home, lab: Lab, dispute: Dispute) -> Exercise:
    """The exercise of the lab as it is now, with the recorded values. Raises UsageError."""
    lab = variation.of(home, lab, dispute.lab.variation)
    if values_of(lab) != dispute.lab.values:
        raise UsageError(
            f"lab {lab.number} has other values in variation {lab.variation} than then: the script does not fit it",
            evidence="\n".join(f"{value}: {own} then" for value, own in dispute.lab.values.items()),
            hint="replay it with the version of the lab that it was made with",
        )
    exercise = next((e for e in lab.exercises if e.entry.id == dispute.exercise), None)
    if exercise is None:
        raise UsageError(f"lab {lab.number} has no exercise `{dispute.exercise}` any more")
    return exercise


def select_driver(dispute: Dispute, wanted_name: str, default: Callable[[], str], say: Callable[[str], None]) -> Driver:
    """The driver that is wanted; else one of the recorded kind if it works here and makes fresh machines, else the default,
    which is told. Raises UsageError."""
    if wanted_name:
        return registry.load(wanted_name)
    fallback = default()
    if dispute.driver == kind_of(fallback):
        return registry.load(fallback)
    if dispute.driver.partition(":")[0] in registry.names():
        try:
            driver = registry.load(dispute.driver)
            if isinstance(driver, LayerStore) and all(finding.is_present for finding in driver.preflight()):
                return driver
        except LabError:
            pass
    say(f"· driver {fallback}: {dispute.driver}, of the recorded verdict, makes no fresh machines here")
    return registry.load(fallback)


def replay(home: Home, exercise: Exercise, dispute: Dispute, driver: Driver, file: str) -> Replay:
    """Raises LabError."""
    solved = [e for e in exercise.lab.exercises if e.entry.id in dispute.solved and e.number != exercise.number]
    applied, verdicts = submission.judge(
        home, exercise.lab, driver, [exercise], solved, dispute.script.text, quick=False, seed=dispute.draw
    )  # fmt: skip
    verdict: Verdict = verdicts[0]
    has_changed = not dispute.lab.digest or digest_of(exercise.lab) != dispute.lab.digest
    return Replay(
        file, dispute, verdict.outcome, verdict.lines, has_changed, kind_of(driver.info.name), applied.code
    )  # fmt: skip
