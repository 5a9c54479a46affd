"""A class as its trainer writes it: a folder with class.yaml and a roster, which may be kept in git."""

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.classes import roster
from provisioner.classes.roster import Learner
from provisioner.content.lab import Lab, load
from provisioner.content.strict_yaml import Place, decode
from provisioner.core.errors import LabError, UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.core.umask import write
from provisioner.seats.seat import Seat

FILE, ROSTER = "class.yaml", "roster.csv"
_NAME = r"^[a-z][a-z0-9-]{0,11}$"
_LONGEST_SEAT = 24  # characters, as everywhere


@dataclass(frozen=True)
class CourseFile:
    name: str = field(metadata={"doc": "Part of the names of its seats.", "pattern": _NAME})
    labs: tuple[int, ...] = field(metadata={"doc": "The labs, in the order in which they are done.", "minimum": 1})
    roster: str = field(default=ROSTER, metadata={"doc": "A CSV file beside this one: `name`, and what else there is."})
    driver: str | None = field(default=None, metadata={"doc": "As `lab up --driver`; else that of this host."})
    seeds: bool = field(default=True, metadata={"doc": "Whether each learner gets ports and addresses of their own."})
    listen: str | None = field(default=None, metadata={"doc": "Where `lab class board` serves: `192.0.2.10:8443`."})
    idle: int | None = field(
        default=None, metadata={"doc": "Suspend machines in whose page nobody has typed for so many minutes.", "minimum": 1}
    )
    version: int = field(default=1, metadata={"doc": "Of this format.", "minimum": 1, "maximum": 1})


@dataclass(frozen=True)
class Course:
    """A class with its learners."""

    file: CourseFile
    folder: Path
    learners: tuple[Learner, ...]

    @property
    def name(self) -> str:
        return self.file.name

    def labs(self) -> list[Lab]:
        """Raises UsageError for a lab that is not there."""
        return [load(labs_folders(), str(number)) for number in self.file.labs]

    def lab_number(self, number: int | None) -> int:
        """The lab that is meant: the first one where none is named. Raises UsageError for one that the class does not do."""
        if number is None:
            return self.file.labs[0]
        if number not in self.file.labs:
            raise UsageError(f"class {self.name} does not do lab {number}", hint=f"add it to {self.folder / FILE}")
        return number

    def seat_name(self, learner: Learner) -> str:
        """As --seat takes it."""
        return f"{self.name}-{learner.slug}"

    def seat(self, lab: int, learner: Learner) -> Seat:
        return Seat.locate(Home.find(), lab, self.seat_name(learner))

    def select(self, names: Sequence[str]) -> list[Learner]:
        """Learners by name or by seat; all of them where none is named. Raises UsageError."""
        selection = []
        for name in names:
            matches = [x for x in self.learners if name.lower() in (x.slug, x.name.lower(), self.seat_name(x))]
            if not matches:
                examples = ", ".join(x.slug for x in self.learners[:8])
                raise UsageError(f"nobody in class {self.name} is called {name!r}", hint=f"one of: {examples} ...")
            selection += matches
        return list(dict.fromkeys(selection)) if names else list(self.learners)


def has_machine(seat: Seat) -> bool:
    """Whether it has one that was handed to somebody. Where its record cannot be read, `lab up` will say so."""
    try:
        record = seat.read()
    except LabError:
        return True
    return record is not None and record.phase == "ready"


def find(text: str) -> Course:
    """By the path of its folder or file. Raises UsageError."""
    path = Path(text)
    file = path if path.suffix in (".yaml", ".yml") else path / FILE
    if not file.is_file():
        raise UsageError(f"there is no class in {path.absolute()}", hint=f"lab class new {path.name or 'spring'} --labs 3")
    course_file = decode(file, CourseFile, _check)
    learners = roster.read(file.parent / course_file.roster, _LONGEST_SEAT - len(course_file.name) - 1)
    return Course(course_file, file.parent, tuple(learners))


def _check(file: CourseFile) -> Iterable[tuple[Place, str]]:
    if len(set(file.labs)) < len(file.labs):
        yield ("labs",), "a lab is named twice"
    if Path(file.roster).is_absolute() or ".." in Path(file.roster).parts:
        yield ("roster",), "the roster lies beside this file"


def create(folder: Path, labs: Sequence[int], names: Path | None, driver: str | None) -> Course:
    """Writes class.yaml and the roster to a new folder. names: a CSV that is copied; else one is there to be filled in.

    Raises UsageError.
    """
    if not re.match(_NAME, folder.name):
        raise UsageError(f"{folder.name!r} is no name for a class", hint="a letter, then letters, digits, hyphens; at most 12")
    if (folder / FILE).exists():
        raise UsageError(f"{folder / FILE} is there already", hint="edit it, or take another name")
    for number in labs:
        load(labs_folders(), str(number))
    if names:
        roster.read(names, _LONGEST_SEAT - len(folder.name) - 1)
    folder.mkdir(parents=True, exist_ok=True)
    if names:
        shutil.copyfile(names, folder / ROSTER)
    elif not (folder / ROSTER).exists():
        write(folder / ROSTER, "name,email\nAnna Example,anna@example.org\n")
    lines = [f"name: {folder.name}", f"labs: [{', '.join(map(str, labs))}]", *([f"driver: {driver}"] if driver else [])]
    write(folder / FILE, "\n".join([*lines, f"roster: {ROSTER}  # a line a learner", ""]))
    return find(str(folder))
