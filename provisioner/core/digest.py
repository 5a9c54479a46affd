"""What lies in a folder, as one digest: each name, each kind of file, each byte. For content of strangers, so within limits."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from provisioner.core.errors import UsageError

MOST_BYTES = 1 << 30
MOST_FILES = 20_000
_CHUNK = 1 << 20


def digest(root: Path, trusted_root: Path, names: Iterable[str] | None = None) -> str:
    """A SHA-256 of a folder, or of what has these names in it. Raises UsageError for what cannot be read or is no plain file,
    for more than the limits, and for links that lead out: what they lead to could change unseen. trusted_root: a folder
    that they may lead to."""
    return _Reader(root, trusted_root).digest(names)


class _Reader:
    def __init__(self, root: Path, trusted_root: Path) -> None:
        self.root, self.trusted_root = root.resolve(), trusted_root.resolve()
        self.bytes = self.files = 0
        self.current = root

    def digest(self, names: Iterable[str] | None) -> str:
        try:
            return self._digest(sorted(self.root.iterdir() if names is None else (self.root / name for name in names)))
        except OSError as error:
            self._refuse(error.strerror or str(error))

    def _digest(self, entries: list[Path]) -> str:
        total = hashlib.sha256()
        todo = [(path, os.fsencode(path.name)) for path in reversed(entries)]
        while todo:  # no recursion: folders may be nested deeper than a stack
            path, name = todo.pop()
            self.current = path
            self.files += 1
            if self.files > MOST_FILES:
                self._refuse(f"the folder has more than {MOST_FILES} files")
            kind, value = self._value(path)
            total.update(b"%s %d %s %s\n" % (kind.encode(), len(name), name, value))
            if kind == "folder":
                children = sorted(path.iterdir(), reverse=True)
                todo += [(child, name + b"/" + os.fsencode(child.name)) for child in children]
        return total.hexdigest()

    def _value(self, path: Path) -> tuple[str, bytes]:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return "folder", b""
        if stat.S_ISREG(mode):
            return "file", self._bytes(path)
        if not stat.S_ISLNK(mode):
            self._refuse("it is not a file, a folder or a link")
        target, end = path.readlink(), path.resolve(strict=True)
        on_the_way = Path(os.path.normpath(path.parent.resolve() / target))
        is_inside = on_the_way.is_relative_to(self.root) and end.is_relative_to(self.root)
        if not is_inside and not end.is_relative_to(self.trusted_root):
            self._refuse(f"it is a link that leads out of the folder, to {_short(target)}")
        return "link", hashlib.sha256(os.fsencode(target)).hexdigest().encode()

    def _bytes(self, path: Path) -> bytes:
        checksum = hashlib.sha256()
        # It may be another file by now: one that is no link, and that does not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                self._refuse("it is not a file any more")
            if self.bytes + os.fstat(descriptor).st_size > MOST_BYTES:
                self._refuse(f"the folder has more than {MOST_BYTES >> 20} MiB")
            while chunk := file.read(_CHUNK):
                self.bytes += len(chunk)
                if self.bytes > MOST_BYTES:
                    self._refuse("it grew while it was read")
                checksum.update(chunk)
        return checksum.hexdigest().encode()

    def _refuse(self, why: str) -> NoReturn:
        raise UsageError(
            f"the folder {self.root} cannot be read completely", evidence=f"{_short(self.current)}: {why}",
            hint="a lab consists of plain files that you can read: replace this file, or remove it",
        ) from None  # fmt: skip


def _short(path: Path) -> str:
    text = os.fsencode(path).decode("utf-8", "replace")
    return text if len(text) < 300 else f"{text[:150]} ... {text[-100:]}"


def may_others_write(root: Path) -> bool:
    """Whether a user other than this one and root can change what is in a folder, or put another in its place."""
    if sys.platform == "win32":
        return False
    if any(_open_to_others(folder, shared=bool(folder.stat().st_mode & stat.S_ISVTX)) for folder in root.resolve().parents):
        return True
    todo, files = [root.resolve()], 0
    while todo and files <= MOST_FILES:
        path = todo.pop()
        files += 1
        if _open_to_others(path):
            return True
        if stat.S_ISDIR(path.lstat().st_mode):
            todo += path.iterdir()
    return bool(todo)  # too many to tell


def _open_to_others(path: Path, *, shared: bool = False) -> bool:
    """shared: a folder such as /tmp, where nobody removes what is another's."""
    if sys.platform == "win32":
        raise NotImplementedError
    status = path.lstat()
    if status.st_uid not in (0, os.geteuid()):
        return True
    if shared or stat.S_ISLNK(status.st_mode):
        return False
    by_group = status.st_mode & stat.S_IWGRP and not _is_own_group(status.st_gid)
    return bool(by_group or status.st_mode & stat.S_IWOTH)


def _is_own_group(number: int) -> bool:
    """A group of this user alone, which many distributions make for each user, with a umask that lets it write."""
    if sys.platform == "win32":
        raise NotImplementedError
    import grp
    import pwd

    user = pwd.getpwuid(os.geteuid())
    try:
        group = grp.getgrgid(number)
    except KeyError:
        return False
    return number == user.pw_gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
