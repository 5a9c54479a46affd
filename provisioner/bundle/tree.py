"""A folder as one entry of a bundle: a line of JSON for each file in it, and the file's bytes after its line.

A plain folder (labs, the page's parts) holds files and folders. A system's folder (what a system container's layer is) also
holds links, owners, attributes and whiteouts. Unpacked, nothing of it is followed: each parent is a folder that was made here.
"""

import base64
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from provisioner.bundle.manifest import check_path, refuse
from provisioner.core import guest_input
from provisioner.core.errors import LabError, UsageError
from provisioner.core.files import CHUNK
from provisioner.core.users import is_root

MOST_NODES = 200_000
LONGEST_LINE = 256 << 10
_ATTRIBUTES = ("user.", "trusted.overlay.", "security.capability", "system.posix_acl_")
# They name files of the host that the layer was made on.
_LOCAL = ("trusted.overlay.origin", "trusted.overlay.uuid", "user.overlay.origin", "user.overlay.uuid")


@dataclass(frozen=True)
class Node:
    """hard: another name of the file target; whiteout: overlayfs's mark of a file that is gone. size in bytes; time in
    microseconds; attributes in base64."""

    path: str
    kind: Literal["file", "folder", "link", "hard", "whiteout"]
    mode: int = 0
    size: int = 0
    target: str = ""
    owner: int = 0
    group: int = 0
    time: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Of one entry, whose end is never passed."""

    def pieces(self, size: int) -> Iterable[bytes]: ...
    def line(self, most: int) -> bytes: ...


def pack(folder: Path, *, plain: bool, names: Iterable[str] | None = None) -> Iterator[bytes]:
    """The folder, or what has these names in it. Raises UsageError for what cannot be packed."""
    inodes: dict[tuple[int, int], str] = {}
    if not plain:
        yield _line(_node(folder, ".", inodes))
    tops = sorted(folder.iterdir()) if names is None else sorted(folder / name for name in names)
    todo = tops[::-1]
    while todo:
        path = todo.pop()
        if path.name == "__pycache__":
            continue
        node = _plain_node(path, folder) if plain else _node(path, path.relative_to(folder).as_posix(), inodes)
        yield _line(node)
        if node.kind == "folder":
            todo += sorted(path.iterdir(), reverse=True)
        elif node.kind == "file":
            yield from _bytes(path, node.size)


def _line(node: Node) -> bytes:
    return json.dumps({name: value for name, value in asdict(node).items() if value}).encode() + b"\n"


def _bytes(file: Path, size: int) -> Iterator[bytes]:
    with file.open("rb") as reader:
        while size:
            if not (data := reader.read(min(CHUNK, size))):
                raise LabError(f"{file} became shorter while it was packed", hint="run the command again")
            size -= len(data)
            yield data


def _plain_node(path: Path, top: Path) -> Node:
    name = path.relative_to(top).as_posix()
    if path.is_symlink() and not path.resolve().is_relative_to(top.resolve()):
        raise UsageError(f"{path} is a link that leads out of its folder", hint="put the file itself in its place")
    if path.is_dir() and not path.is_symlink():
        return Node(name, "folder")
    if not path.is_file():
        raise UsageError(f"{path} is not a plain file", hint="put the file itself in its place, or remove it")
    status = path.stat()
    return Node(name, "file", 0o700 if status.st_mode & stat.S_IXUSR else 0o600, status.st_size)


def _node(path: Path, name: str, inodes: dict[tuple[int, int], str]) -> Node:
    status = path.lstat()
    kind, target, size = _kind(path, status), "", 0
    if kind == "link":
        target = os.fspath(path.readlink())
    elif kind == "file":
        if other := inodes.get((status.st_dev, status.st_ino)):
            return Node(name, "hard", target=other)
        inodes[status.st_dev, status.st_ino] = name
        size = status.st_size
    return Node(
        name, kind, stat.S_IMODE(status.st_mode), size, target, status.st_uid, status.st_gid, status.st_mtime_ns // 1000,
        _read_attributes(path),
    )  # fmt: skip


def _kind(path: Path, status: os.stat_result) -> Literal["file", "folder", "link", "whiteout"]:
    if stat.S_ISREG(status.st_mode):
        return "file"
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    if stat.S_ISLNK(status.st_mode):
        return "link"
    if sys.platform != "win32" and stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
        return "whiteout"
    raise UsageError(f"{path} cannot be packed: it is a device, a pipe or a socket", hint="lab cache --prune, then again")


def _read_attributes(path: Path) -> dict[str, str]:
    if sys.platform != "linux":
        return {}
    try:
        names = [n for n in os.listxattr(path, follow_symlinks=False) if n.startswith(_ATTRIBUTES) and n not in _LOCAL]
    except OSError:  # a file system without attributes
        return {}
    return {name: base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode() for name in names}


def unpack(source: Source, target: Path, *, plain: bool) -> None:
    """Makes the folder of an entry. Raises LabError for what would leave it, for what a plain folder has not, and for more
    than the limits."""
    target.mkdir(mode=0o700)
    folders, files, nodes = {"."}, set[str](), list[Node]()
    count = 0
    while line := source.line(LONGEST_LINE):
        count += 1
        node = _read_node(line, target.name)
        if count > MOST_NODES:
            refuse(target.name, f"more than {MOST_NODES} files")
        _check(node, folders, files, target.name, plain=plain)
        place = target / node.path
        _make(node, place, target, source)
        if node.kind == "folder":
            folders.add(node.path)
        else:
            files.add(node.path)
        if node.kind == "folder" and not plain:
            nodes.append(node)
        elif node.kind != "hard" and not plain and os.path.lexists(place):
            _dress(node, place)
    for node in reversed(nodes):  # last, as a folder may be closed to its owner, and its time changes with what comes in
        _dress(node, target / node.path)


def _read_node(line: bytes, where: str) -> Node:
    try:
        return guest_input.decode(line, Node)
    except guest_input.BadAnswer as error:
        refuse(where, error.evidence)


def _check(node: Node, folders: set[str], files: set[str], where: str, *, plain: bool) -> None:
    name = f"{where}/{node.path}"
    check_path(node.path)
    segments = node.path.split("/")
    if node.path == ".":
        if plain or node.kind != "folder" or files or len(folders) > 1:
            refuse(name, "the folder itself does not come first")
        return
    if not node.path.isprintable() and plain or "\0" in node.path or any(s in ("", ".") for s in segments):
        refuse(name, "a name that no file has")
    if node.path in folders or node.path in files:
        refuse(name, "it comes twice")
    if ("/".join(segments[:-1]) or ".") not in folders:
        refuse(name, "it is in no folder of its own (a link, or none)")
    if plain and node.kind not in ("file", "folder"):
        refuse(name, f"it is no file and no folder, but a link or a device ({node.kind})")
    if node.kind == "hard" and node.target not in files:
        refuse(name, f"a hard link to what is not in the folder: {node.target}")
    if node.size < 0 or not 0 <= node.mode <= 0o7777 or min(node.owner, node.group) < 0:  # noqa: PLR2004
        refuse(name, "its size, mode or owner cannot be one")


def _make(node: Node, place: Path, target: Path, source: Source) -> None:
    if node.kind == "folder":
        if node.path != ".":
            place.mkdir(mode=0o700)
    elif node.kind == "file":
        _make_file(place, node, source.pieces)
    elif node.kind == "link":
        place.symlink_to(node.target)
    elif node.kind == "hard":
        place.hardlink_to(target / node.target)
    elif sys.platform != "win32":
        with _tolerant():
            os.mknod(place, stat.S_IFCHR, 0)


def _tolerant() -> AbstractContextManager[None]:
    """Only root makes all of a system; fake machines, which others have as well, do without."""
    return nullcontext() if is_root() else suppress(PermissionError)


def _make_file(place: Path, node: Node, pieces: Callable[[int], Iterable[bytes]]) -> None:
    mode = 0o700 if node.mode & stat.S_IXUSR else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(place, flags, mode), "wb") as writer:
        for data in pieces(node.size):
            writer.write(data)


def _dress(node: Node, place: Path) -> None:
    """Gives owner, mode, attributes and time to what was made: owners by root only."""
    if sys.platform == "win32":
        return
    if is_root():
        os.chown(place, node.owner, node.group, follow_symlinks=False)
    if node.kind != "link":
        place.chmod(node.mode)
    if sys.platform == "linux":
        for name, value in node.attributes.items():
            if not name.startswith(_ATTRIBUTES):
                refuse(node.path, f"an attribute that is not packed: {name}")
            with _tolerant():
                os.setxattr(place, name, base64.b64decode(value), follow_symlinks=False)
    os.utime(place, ns=(node.time * 1000, node.time * 1000), follow_symlinks=False)
