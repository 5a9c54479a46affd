"""Files and ports of the host that the standard library leaves to us."""

import errno
import os
import re
import secrets
import shutil
import socket
import stat
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from provisioner.core import process
from provisioner.core.errors import HostError

CHUNK = 1 << 20
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{8}\.old")
# Linux, as in linux/fs.h: of a file, that it cannot be changed, or only be appended to.
_GET_FLAGS, _SET_FLAGS, _LOCKED = 0x80086601, 0x40086602, 0x10 | 0x20
_Result = TypeVar("_Result")


def sparse_copy(source: Path, target: Path) -> None:
    """Copies only what is there: holes stay holes. (shutil would write a gigabyte of zeros for a guest's memory.)"""
    if sys.platform == "win32" or not hasattr(os, "SEEK_DATA"):
        shutil.copyfile(source, target)
        return
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        size = os.fstat(reader.fileno()).st_size
        writer.truncate(size)
        place = 0
        while place < size:
            try:
                start = os.lseek(reader.fileno(), place, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole from here on
                return
            place = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            _copy_range(reader.fileno(), writer.fileno(), start, place)


def _copy_range(reader: int, writer: int, start: int, end: int) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    while start < end:
        data = os.pread(reader, min(CHUNK, end - start), start)
        os.pwrite(writer, data, start)
        start += len(data)


def checksum(file: Path) -> int:
    """Of what a file holds; parts that are zeros count as little as holes, which a copy of it may have filled. Against damage,
    not against malice."""
    value, zeros = 0, bytes(CHUNK)
    with file.open("rb", buffering=0) as reader:
        size = os.fstat(reader.fileno()).st_size
        place = 0
        while place < size:
            if (place := _next_data(reader.fileno(), place, size)) < size:
                place -= place % CHUNK
                reader.seek(place)
                data = reader.read(CHUNK)
                if data != zeros[: len(data)]:
                    value = zlib.crc32(data, zlib.crc32(place.to_bytes(8), value))
                place += CHUNK
    return value


def _next_data(descriptor: int, place: int, size: int) -> int:
    """Where a file has something at or after a place that is no hole; its size where there is nothing more."""
    if sys.platform == "win32" or not hasattr(os, "SEEK_DATA"):
        return place
    try:
        return os.lseek(descriptor, place, os.SEEK_DATA)
    except OSError:  # ENXIO: nothing but a hole from here on
        return size


def room(file: Path) -> int:
    """Bytes that a file takes on the disk, where the host can tell; else those that it has."""
    size = file.stat()
    if sys.platform == "win32":
        return size.st_size
    return size.st_blocks * 512


def dig_holes(file: Path) -> None:
    """Gives the room of a file's zeros back to the disk, where the host can (Linux)."""
    if shutil.which("fallocate"):
        process.run(["fallocate", "--dig-holes", str(file)], check=False)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now. QEMU binds it a moment later and says so if somebody was quicker."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def remove_tree(path: Path) -> None:
    """Removes a folder with all in it, and follows no link. The name is free at once, also where something stays.

    Missing is as good as removed. Raises HostError with what stays, set aside for remove_leftovers().
    """
    trash = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
    try:
        _insist(lambda: path.rename(trash), path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise HostError(f"{path} cannot be removed", evidence=str(error)) from None
    _remove(trash, path)


def remove_leftovers(folder: Path) -> None:
    """Tries again what remove_tree() could not remove in this folder. It was told; what stays is not told again."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if _LEFTOVER.fullmatch(entry.name):
            with suppress(HostError):
                _remove(entry, entry)


def _remove(top: Path, name: Path) -> None:
    """name: what it was called. Folders are moved up first: they may be nested deeper than a path or a stack is long."""
    stay: list[tuple[Path, OSError]] = []
    todo = [(top, name)]
    while todo:
        path, name = todo.pop()
        try:
            if stat.S_ISDIR(path.lstat().st_mode):
                todo += _emptied(top, path, name, stay)
                if path != top and not any(path.iterdir()):
                    _insist(path.rmdir, path, path.parent)
            else:
                _insist(path.unlink, path, path.parent)
        except FileNotFoundError:
            pass  # another command removes it, too
        except OSError as error:
            stay.append((name, error))
    try:
        if stat.S_ISDIR(top.lstat().st_mode) and not stay:
            top.rmdir()
    except FileNotFoundError:
        pass
    except OSError as error:  # another command removes it, too, and has just moved something up: it goes on
        if error.errno != errno.ENOTEMPTY:
            raise
    if stay:
        raise HostError(
            f"{stay[0][0]} cannot be removed", evidence="\n".join(str(error) for _, error in stay[:5]),
            hint=f"find what holds it, then remove {top}",
        )  # fmt: skip


def _emptied(top: Path, folder: Path, name: Path, stay: list[tuple[Path, OSError]]) -> list[tuple[Path, Path]]:
    """Removes the files of a folder and moves its folders to the top. Returns these, each with what it was called."""
    moved = []
    for entry in _insist(lambda: list(os.scandir(folder)), folder):
        path = Path(entry.path)
        try:
            if not entry.is_dir(follow_symlinks=False):
                _insist(path.unlink, path, folder)
            elif path.lstat().st_dev != top.lstat().st_dev:
                stay.append((name / entry.name, OSError(f"another file system is mounted at {path}")))
            else:
                place = top / secrets.token_hex(8)
                _insist(lambda path=path, place=place: path.rename(place), path, folder)  # type: ignore[misc]
                moved.append((place, name / entry.name))
        except FileNotFoundError:
            pass
        except OSError as error:
            stay.append((name / entry.name, error))
    return moved


def _insist(act: Callable[[], _Result], *paths: Path) -> _Result:
    """Does it; where it is not permitted, once more after taking away what keeps an owner from it."""
    try:
        return act()
    except PermissionError:
        for path in paths:
            with suppress(OSError):
                _unlock(path)
        return act()


def _unlock(path: Path) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        return
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # there are file systems without flags
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                (flags,) = struct.unpack("l", fcntl.ioctl(file, _GET_FLAGS, bytes(struct.calcsize("l"))))
                fcntl.ioctl(file, _SET_FLAGS, struct.pack("l", flags & ~_LOCKED))
            finally:
                os.close(file)
    path.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)


TAIL, LONGEST = 64 << 10, 4000  # bytes that are read, characters that are shown


def tail(file: Path, lines: int = 12) -> str:
    """The last lines of a file that may have grown without end; empty where there is none."""
    with suppress(OSError), file.open("rb") as source:
        source.seek(max(0, source.seek(0, os.SEEK_END) - TAIL))
        return "\n".join(source.read(TAIL).decode(errors="replace").splitlines()[-lines:])[-LONGEST:]
    return ""
