"""A bundle as one file or as several: course.lab, or course.lab.001, course.lab.002 and so on, which are copied one by one."""

import errno
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from provisioner.core import umask
from provisioner.core.errors import LabError, UsageError
from provisioner.core.files import remove_tree
from provisioner.core.paths import sync_folder, sync_tree

_PART = re.compile(r"(.+)\.([0-9]{3})")
MOST_PARTS = 999


def base_of(file: Path) -> Path:
    """The name of the whole bundle: of course.lab.001, course.lab."""
    match = _PART.fullmatch(file.name)
    return file.with_name(match[1]) if match else file


def part_name(base: Path, number: int) -> Path:
    return base.with_name(f"{base.name}.{number:03}")


def signature_of(base: Path) -> Path:
    return base.with_name(f"{base.name}.sig")


def find(file: Path) -> list[Path]:
    """The files that a bundle consists of, in order. Raises UsageError where there is none, or the first or one between is
    missing, and for parts of unequal size."""
    base = base_of(file)
    if file.is_file() and base == file:
        return [file]
    numbers = sorted(
        int(match[2]) for p in base.parent.glob("*") if (match := _PART.fullmatch(p.name)) and match[1] == base.name
    )
    if not numbers:
        raise UsageError(f"there is no bundle {file}", hint=f"name it, or its first part: {part_name(base, 1)}")
    parts = [part_name(base, number) for number in range(1, numbers[-1] + 1)]
    if lacking := [part for part in parts if not part.is_file()]:
        raise _lack(lacking[0], "is missing")
    size = max(part.stat().st_size for part in parts)
    for part in parts[:-1]:
        if part.stat().st_size != size:
            raise _lack(part, f"is short: it has {part.stat().st_size} of {size} bytes")
    return parts


def cut_off(files: Sequence[Path], part_size: int) -> LabError:
    """The error for a bundle that ends too early. part_size: bytes of each part but the last, 0 for a bundle of one file."""
    last = files[-1]
    if part_size and last.stat().st_size >= part_size:
        return _lack(part_name(base_of(last), len(files) + 1), "is missing")
    return _lack(last, f"is cut off: it ends after {last.stat().st_size} bytes, in the middle of something")


def _lack(file: Path, what: str) -> UsageError:
    return UsageError(
        f"the bundle is not complete: {file.name} {what}",
        evidence=str(file), hint=f"copy {file.name} again (rsync --append goes on where a copy stopped), then run this again",
    )  # fmt: skip


class Reader:
    """All parts, one after the other."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._waiting = list(files)
        self._file: IO[bytes] | None = None
        self.place = 0  # bytes that were read

    def read(self, size: int = -1) -> bytes:
        while True:
            if self._file and (data := self._file.read(size)):
                self.place += len(data)
                return data
            self.close()
            if not self._waiting:
                return b""
            self._file = self._waiting.pop(0).open("rb")

    def seek(self, place: int) -> int:
        """For gzip, which goes back only where it is asked to."""
        raise OSError(errno.ESPIPE, f"a bundle is read once (place {place})")

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


class Writer:
    """Writes beside the place, in a folder of its own; finish() renames. As a context it leaves nothing that is half."""

    def __init__(self, base: Path, part_size: int) -> None:
        """part_size in bytes; 0: one file."""
        self.base, self.part_size = base, part_size
        self.folder = base.with_name(f".{base.name}.new")
        self.files: list[Path] = []
        self.size = 0  # bytes of all parts
        self._file: IO[bytes] | None = None
        self._room = 0

    def __enter__(self) -> "Writer":
        remove_tree(self.folder)
        self.folder.mkdir(mode=0o700)
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        remove_tree(self.folder)

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            if self._file is None or (self.part_size and not self._room):
                self._open_next()
            assert self._file
            piece = view[: self._room] if self.part_size else view
            self._file.write(piece)
            self._room -= len(piece)
            self.size += len(piece)
            view = view[len(piece) :]
        return len(data)

    def flush(self) -> None:
        if self._file:
            self._file.flush()

    def _open_next(self) -> None:
        self._close()
        number = len(self.files) + 1
        if number > MOST_PARTS:
            raise UsageError(f"more than {MOST_PARTS} parts of {self.part_size} bytes", hint="--part-size 2G")
        name = part_name(self.base, number).name if self.part_size else self.base.name
        self.files.append(self.folder / name)
        self._file, self._room = self.files[-1].open("wb"), self.part_size

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def finish(self, extra: dict[str, str]) -> list[Path]:
        """Puts all into place, the first part last. extra: more files, by name. Returns the parts."""
        self._close()
        for name, text in extra.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        sync_tree(self.folder)
        for path in self.folder.iterdir():
            path.chmod(0o666 & ~umask.usual())  # it is written for others
        for name in (*extra, *(file.name for file in reversed(self.files))):
            (self.folder / name).replace(self.base.with_name(name))
        sync_folder(self.base.parent)
        return [self.base.with_name(file.name) for file in self.files]
