"""Which exercises a run verifies: one share of several that run side by side, or those of labs that have changed."""

from collections.abc import Sequence
from pathlib import Path

from provisioner.content.lab import Exercise, Lab
from provisioner.core import process
from provisioner.core.errors import UsageError
from provisioner.core.paths import PACKAGE
from provisioner.core.process import Completed

_PATIENCE = 60  # seconds


def take_share(exercises: Sequence[Exercise], part: int, parts: int) -> list[Exercise]:
    """The part-th of so many, from 1. Neighbours stay together, because those of a lab need the same layers; each part has
    about as many trials as another. Every exercise is in exactly one part."""
    total, so_far, selection = sum(map(_weigh, exercises)), 0, []
    for exercise in exercises:
        middle = so_far + _weigh(exercise) / 2
        if min(parts - 1, int(middle * parts / total)) == part - 1:
            selection.append(exercise)
        so_far += _weigh(exercise)
    return selection


def _weigh(exercise: Exercise) -> int:
    return 1 + len(exercise.wrong) + len(exercise.solutions)


def take_changed(exercises: Sequence[Exercise], revision: str) -> list[Exercise]:
    """Those of labs of which a file is another than in that revision of git, or new; all of them where the engine is, or what
    all labs are made with. Raises UsageError."""
    changed = {lab: _has_changed(lab, revision) for lab in {exercise.lab for exercise in exercises}}
    return [exercise for exercise in exercises if changed[exercise.lab]]


def _has_changed(lab: Lab, revision: str) -> bool:
    repository = _find_repository(lab.folder)
    engine = [PACKAGE] if _find_repository(PACKAGE) == repository else []  # another one knows nothing of this revision
    names = ("base.yml", "roles", "images")
    shared = [path for name in names if (path := lab.shared(name)).exists() and _find_repository(path) == repository]
    return any(_differs(path, revision) for path in [lab.folder, *shared, *engine])


def _find_repository(path: Path) -> str:
    """Its folder, empty where git knows none."""
    return _git(path, "rev-parse", "--show-toplevel").out.strip()


def _differs(path: Path, revision: str) -> bool:
    diff = _git(path, "diff", "--name-only", revision, "--", str(path))
    if diff.code:
        raise UsageError(
            f"git cannot compare {path} with {revision}", evidence=diff.err,
            hint="--changed-since names a revision that this clone has (a shallow one has few: fetch-depth: 0)",
        )  # fmt: skip
    return bool(diff.out or _git(path, "ls-files", "--others", "--exclude-standard", "--", str(path)).out)


def _git(path: Path, *words: str) -> Completed:
    return process.run(["git", "-C", str(path if path.is_dir() else path.parent), *words], check=False, timeout=_PATIENCE)
