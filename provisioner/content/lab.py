"""A lab and its exercises as folders: finding them, reading them, and the names of their files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.content.manifest import Entry, Manifest, problems
from provisioner.core.errors import UsageError
from provisioner.core.paths import project_labs

if TYPE_CHECKING:  # importing it costs YAML
    from provisioner.content.strict_yaml import Place

Roots = Path | Sequence[Path]  # one folder of labs, or several
_FOLDER = re.compile(r"([0-9]{2})-([a-z][a-z0-9-]*)")
_WRONG_AT_LEAST = 4  # an exercise with fewer known wrong solutions is not worth trusting


@dataclass(frozen=True)
class Lab:
    number: int
    slug: str
    folder: Path
    manifest: Manifest = field(hash=False, repr=False)
    variation: int = 0  # see provisioner/content/variation.py
    written_in: Path | None = None  # a variation's: the folder of the lab that it is written from

    @property
    def root(self) -> Path:
        """The folder of labs that it is in."""
        return (self.written_in or self.folder).parent

    def shared(self, name: str) -> Path:
        """What labs of a folder have in common (base.yml, roles, images): its own, else the project's."""
        path = self.root / name
        return path if path.exists() else project_labs() / name

    @property
    def exercises(self) -> "tuple[Exercise, ...]":
        folder = self.folder / "exercises"
        return tuple(
            Exercise(self, number, entry, folder / entry.id) for number, entry in enumerate(self.manifest.exercises, start=1)
        )

    @property
    def own_kernel(self) -> bool:
        """Whether it is, in part, about the machine's own kernel."""
        return any(entry.own_kernel for entry in self.manifest.exercises)

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"

    @property
    def playbook(self) -> Path:
        return self.folder / "setup.yml"


@dataclass(frozen=True)
class Exercise:
    lab: Lab
    number: int  # from 1, as in `3.2`
    entry: Entry
    folder: Path

    @property
    def task(self) -> Path:
        return self.folder / "task.md"

    @property
    def why(self) -> Path:
        return self.folder / "why.md"

    @property
    def test(self) -> Path:
        return self.folder / f"test_{self.entry.id.replace('-', '_')}.py"

    @property
    def solutions(self) -> list[Path]:
        """The reference solution, then other right ways."""
        return [self.folder / "solution.sh", *sorted(self.folder.glob("solution-*.sh"))]

    @property
    def wrong(self) -> list[Path]:
        return sorted((self.folder / "wrong").glob("*.sh"))


@dataclass(frozen=True)
class Glance:
    """A lab as `lab list` shows it."""

    number: int
    slug: str
    folder: Path
    title: str
    summary: str
    exercises: int


def folder_number(name: str) -> int:
    """Of NN-slug. Raises UsageError."""
    if not (match := _FOLDER.fullmatch(name)):
        raise UsageError(f"{name!r} cannot be the folder of a lab", hint="two digits, a hyphen, a name: 15-my-lab")
    return int(match[1])


def lab_folders(roots: Roots) -> dict[int, Path]:
    """The folders NN-slug, by number and in its order; other folders (roles, images) are not labs. Raises UsageError."""
    labs: dict[int, Path] = {}
    slugs: dict[str, Path] = {}
    for folder in _entries(roots):
        if not (match := _FOLDER.fullmatch(folder.name)) or not folder.is_dir():
            continue
        other = labs.setdefault(int(match[1]), folder), slugs.setdefault(match[2], folder)
        if other != (folder, folder):
            raise UsageError(
                "two labs have the same number or name",
                evidence="\n".join(sorted({str(path) for path in (*other, folder)})),
                hint="Rename one of the folders.",
            )
    return dict(sorted(labs.items()))


def _folders(roots: Roots) -> Sequence[Path]:
    return [roots] if isinstance(roots, Path) else roots


def _entries(roots: Roots) -> Iterator[Path]:
    for root in _folders(roots):
        yield from sorted(root.iterdir()) if root.is_dir() else ()


def load_labs(roots: Roots) -> list[Glance]:
    return [title_of(folder) for folder in lab_folders(roots).values()]


def title_of(folder: Path) -> Glance:
    """What `lab list` needs, unchecked and fast; a lab that cannot be read is listed as such, not hidden."""
    from provisioner.content.strict_yaml import ManifestError, parse

    number, slug = folder.name.split("-", 1)
    try:
        top = {(key.value, value.id): value.value for key, value in parse(folder / "lab.yaml").value}
        nodes = top["title", "scalar"], top["summary", "scalar"], len(top["exercises", "sequence"])
    except (ManifestError, KeyError, TypeError, ValueError):  # not YAML, or not of this shape
        nodes = slug, "(its lab.yaml cannot be read)", 0
    return Glance(int(number), slug, folder, *nodes)


def load(roots: Roots, number_or_name: str, variation: int = 0, written_in: Path | None = None) -> Lab:
    """The lab `3`, `03`, `03-vm-and-docker` or `vm-and-docker`, fully checked."""
    folders = lab_folders(roots)
    for number, folder in folders.items():
        slug = folder.name.split("-", 1)[1]
        if number_or_name in (str(number), f"{number:02}", folder.name, slug):
            return _read(number, slug, folder, variation, written_in)
    raise UsageError(
        f"there is no lab `{number_or_name}`",
        evidence="\n".join(folder.name for folder in folders.values()) or f"no labs in {', '.join(map(str, _folders(roots)))}",
        hint="Name a lab by its number or its name: `lab list` shows them.",
    )


def parse_target(roots: Roots, target: str) -> tuple[Lab, Exercise | None]:
    """`3` is a lab, `3.2` and `3.firewall-on` are an exercise of it."""
    name, dot, selector = target.partition(".")
    lab = load(roots, name)
    if not dot:
        return lab, None
    for exercise in lab.exercises:
        if selector in (str(exercise.number), exercise.entry.id):
            return lab, exercise
    raise UsageError(
        f"lab {lab.number} has no exercise `{selector}`",
        evidence="\n".join(f"{lab.number}.{e.number}  {e.entry.id}: {e.entry.title}" for e in lab.exercises),
        hint=f"Name an exercise by its number or its name: `{lab.number}.1`.",
    )


def _read(number: int, slug: str, folder: Path, variation: int, written_in: Path | None) -> Lab:
    from provisioner.content.strict_yaml import decode

    def check(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
        yield from problems(manifest)
        yield from _files(Lab(number, slug, folder, manifest))

    return Lab(number, slug, folder, decode(folder / "lab.yaml", Manifest, check), variation, written_in)


def _files(lab: Lab) -> "Iterator[tuple[Place, str]]":
    for path in (lab.readme, lab.playbook):
        if not path.is_file():
            yield (), f"{path.name} is missing beside it"
    for index, exercise in enumerate(lab.exercises):
        for why in _of_exercise(exercise):
            yield ("exercises", index, "id"), why
    folder = lab.folder / "exercises"
    named = {exercise.folder for exercise in lab.exercises}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and path not in named and not path.name.startswith((".", "__")):
            yield ("exercises",), f"no entry names the folder exercises/{path.name}"


def _of_exercise(exercise: Exercise) -> Iterator[str]:
    place = f"exercises/{exercise.entry.id}"
    try:
        missing = not exercise.folder.is_dir()
    except OSError as error:  # longer than a name may be
        yield f"the folder of an exercise: {error.strerror}"
        return
    if missing:
        yield f"the folder {place} is missing"
        return
    for path in (exercise.task, exercise.test, exercise.solutions[0], exercise.why):
        if not path.is_file():
            yield f"{place}/{path.name} is missing"
    wrong = exercise.wrong
    if len(wrong) < _WRONG_AT_LEAST:
        yield f"{place}/wrong/ needs at least {_WRONG_AT_LEAST} wrong solutions (*.sh), it has {len(wrong)}"
    for path in wrong:
        if not _says_what_is_wrong(path):
            yield f"{place}/wrong/{path.name}: the line after `#!` must be a comment: what it gets wrong"


def _says_what_is_wrong(script: Path) -> bool:
    return script.is_file() and re.match(r"#!.*\n\s*#.*\w", script.read_text(encoding="utf-8", errors="replace")) is not None
