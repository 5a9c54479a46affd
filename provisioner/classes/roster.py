"""Who is in a class: a CSV file, as a spreadsheet or a school's system writes it."""

import csv
import hashlib
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from provisioner.core.errors import UsageError

MOST_LEARNERS, _MOST_BYTES = 1000, 1 << 20
_NAMES = ("name", "learner", "student", "full name")  # of the column with names; else it is the first one
_SEAT = "seat"  # of the column that says how a learner's seat is called, where the name does not do
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_LONGEST = 200  # characters of a cell


@dataclass(frozen=True)
class Learner:
    """name: as the roster has it. slug: part of the seat's name. columns: what else the roster says."""

    name: str
    slug: str
    columns: tuple[tuple[str, str], ...] = ()


def read(file: Path, room: int) -> list[Learner]:
    """room: how many characters a slug may have. Raises UsageError with the line that is wrong."""
    rows = _rows(file)
    header = [cell.strip().lower() for cell in rows[0]]
    name_column = next((i for i, cell in enumerate(header) if cell in _NAMES), 0)
    seat_column = header.index(_SEAT) if _SEAT in header else None
    learners: dict[str, Learner] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = [cell.strip()[:_LONGEST] for cell in row] + [""] * (len(header) - len(row))
        if not any(cells):
            continue
        name, wanted = cells[name_column], cells[seat_column] if seat_column is not None else ""
        if not name:
            raise _refusal(file, number, "it has no name")
        slug = _slug(wanted or name, room)
        if slug in learners:
            raise _refusal(file, number, f"{name} and {learners[slug].name} would have the same seat, {slug}",
                           hint="add a column `seat` with a name of its own for one of them")  # fmt: skip
        columns = tuple((rows[0][i].strip(), cells[i]) for i in range(len(header)) if i not in (name_column, seat_column))
        learners[slug] = Learner(name, slug, columns)
    if not 0 < len(learners) <= MOST_LEARNERS:
        raise UsageError(f"{file} has {len(learners)} learners", hint=f"a line each below `name`, 1 to {MOST_LEARNERS}")
    return list(learners.values())


def _rows(file: Path) -> list[list[str]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="a CSV file whose first line is `name`") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{file} has more than {_MOST_BYTES >> 10} KiB", hint="a roster has a line a learner")
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8: {error.reason}", hint="save it once more as CSV UTF-8") from None
    first_line = content.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    try:
        rows = list(csv.reader(io.StringIO(content), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UsageError(f"{file} is no CSV: {error}", hint="save it once more as CSV UTF-8") from None
    if not rows or not any(map(str.strip, rows[0])):
        raise UsageError(f"{file} is empty", hint="its first line names the columns: `name`, and what else there is")
    return rows


def _slug(name: str, room: int) -> str:
    """A name that a folder and a host may have. Where no Latin letter is in it, a digest of it."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:room].strip("-")
    return slug or f"x{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _refusal(file: Path, line: int, reason: str, hint: str = "every line names a learner") -> UsageError:
    return UsageError(f"{file}, line {line}: {reason}", hint=hint)
