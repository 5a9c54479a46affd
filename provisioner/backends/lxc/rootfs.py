"""A machine's root: a stack of folders, in which the machine's users are ordinary users of the host.

Run as a program with nothing but the standard library: root.py FOLDER, in the mount namespace that the machine's process
holds. FOLDER/root.json says what the root is made of. On the disk the files belong to whom the machine says; the mounts
show them to the kernel as others' (idmapped mounts), so that no file of the host belongs to anybody in the machine.
Nothing that a guest has written is run here, and no link of a guest's leads out of its root.
"""

import ctypes
import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

USERS = 65536  # of a machine
# Where the root is mounted: LXC goes there as the machine's root, who may not pass through folders of the host's user.
HALL = Path("/run/lab")
ROOT = HALL / "root"
# Of system calls that Python has no names for: these are the same for all processors.
_OPEN_TREE, _MOVE_MOUNT, _OPENAT2, _MOUNT_SETATTR = 428, 429, 437, 442
_CLONE, _RECURSIVE, _EMPTY_PATH, _MOVED_EMPTY, _ONTO_EMPTY = 1, 0x8000, 0x1000, 4, 0x40
_IDMAP = 0x100000
_IN_ROOT, _NO_MAGIC = 0x10, 0x02
_NEW_USERS = 0x10000000


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *words: Any) -> int:  # noqa: ANN401 - what ctypes takes
    result = int(_libc().syscall(number, *(ctypes.c_long(w) if isinstance(w, int) else w for w in words)))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def main(folder: Path) -> None:
    if sys.platform != "linux":
        raise NotImplementedError
    os.umask(0o022)
    settings = json.loads((folder / "root.json").read_text())
    base, users, image = settings["base"], _users(settings["base"]), folder / "image"
    HALL.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", "mode=755,size=1m", "lab", HALL)
    for place in (ROOT, HALL / settings["name"]):
        place.mkdir()
    for file in (folder / "boot_id", HALL / "boot_id"):  # written anew at each boot, by hook.py
        file.touch()
    _mount("--bind", folder / "boot_id", HALL / "boot_id")
    _mount("-o", "loop,ro,noload,nodev", settings["disk"], image)
    parts = [_show(Path(part), users, HALL / str(number)) for number, part in enumerate((*settings["below"], image))]
    seat = _show(folder, users, HALL / "seat")
    stack = f"lowerdir={':'.join(parts)},upperdir={seat}/upper,workdir={seat}/work"
    options = "nodev" if settings["durable"] else "nodev,volatile"
    _mount("-t", "overlay", "-o", f"{options},{stack}", "overlay", ROOT)
    root = os.open(ROOT, os.O_PATH | os.O_DIRECTORY)
    top, nonce = settings["pages"], settings["nonce"]
    pages = [[f"{top}/{name}/index.html", 0o644, f"{name} {nonce}\n"] for name in _names(root, top)]
    for name, mode, text in settings["files"] + pages:
        _write(root, Path(name), mode, text, base)
    _move(_clone_tree(folder / "docker", users), _folder(root, Path("var/lib/docker"), base))


def _mount(*words: str | Path) -> None:
    command = ["mount", *(str(word) for word in words)]
    subprocess.run(command, check=True)


def _users(base: int) -> int:
    """A user namespace: 0 is `base`, and so on. Who is root on the host has a number, too, for the stack's own work."""
    if sys.platform != "linux":
        raise NotImplementedError
    ready, finished = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        failed = _libc().unshare(_NEW_USERS)
        os.write(ready[1], b"0" if failed else b"1")
        os.close(finished[1])
        os.read(finished[0], 1)
        os._exit(0)
    try:
        if os.read(ready[0], 1) != b"1":
            raise SystemExit("no user namespace can be made: see /proc/sys/user/max_user_namespaces")
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{kind}").write_text(f"0 {base} {USERS}\n{USERS} 0 1\n")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    finally:
        os.close(finished[1])
        os.waitpid(child, 0)


class _Attributes(ctypes.Structure):
    _fields_ = (("set", ctypes.c_uint64), ("clear", ctypes.c_uint64), ("spread", ctypes.c_uint64), ("users", ctypes.c_uint64))


def _clone_tree(source: Path, users: int) -> int:
    """The folder as these users have it, mounted nowhere yet."""
    if sys.platform != "linux":
        raise NotImplementedError
    tree = _call(_OPEN_TREE, -100, os.fsencode(source), _CLONE | os.O_CLOEXEC)
    attributes = _Attributes(_IDMAP, 0, 0, users)
    try:
        _call(_MOUNT_SETATTR, tree, b"", _EMPTY_PATH, ctypes.byref(attributes), ctypes.sizeof(attributes))
    except OSError as error:
        raise SystemExit(f"the users of {source} cannot be mapped (Linux 5.19, and a file system that can): {error}") from None
    return tree


def _show(source: Path, users: int, target: Path) -> str:
    if sys.platform != "linux":
        raise NotImplementedError
    target.mkdir()
    place = os.open(target, os.O_PATH | os.O_DIRECTORY)
    _move(_clone_tree(source, users), place)
    os.close(place)
    return str(target)


def _move(tree: int, place: int) -> None:
    _call(_MOVE_MOUNT, tree, b"", place, b"", _MOVED_EMPTY | _ONTO_EMPTY)
    os.close(tree)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _open(root: int, name: str, *, readable: bool = False) -> int:
    if sys.platform != "linux":
        raise NotImplementedError
    flags = os.O_RDONLY if readable else os.O_PATH
    options = _How(flags | os.O_DIRECTORY | os.O_CLOEXEC, 0, _IN_ROOT | _NO_MAGIC)
    return _call(_OPENAT2, root, os.fsencode(name), ctypes.byref(options), ctypes.sizeof(options))


def _names(root: int, folder: str) -> list[str]:
    """The folders in a folder, where that is one."""
    try:
        parent = _open(root, folder, readable=True)
    except OSError:
        return []
    names = [entry.name for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False)]
    os.close(parent)
    return names


def _folder(root: int, path: Path, owner: int) -> int:
    """Opens a folder of the root, as the root's own programs find it; makes it where there is none, or something else."""
    if sys.platform != "linux":
        raise NotImplementedError
    try:
        return _open(root, str(path))
    except OSError:
        parent = _folder(root, path.parent, owner)
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=parent)
        os.mkdir(path.name, 0o755, dir_fd=parent)
        os.chown(path.name, owner, owner, dir_fd=parent, follow_symlinks=False)
        os.close(parent)
        return _open(root, str(path))


def _write(root: int, path: Path, mode: int, text: str, owner: int) -> None:
    """A new file in the place of what is there."""
    if sys.platform != "linux":
        raise NotImplementedError
    folder = _folder(root, path.parent, owner)
    with suppress(FileNotFoundError):
        os.unlink(path.name, dir_fd=folder)
    file = os.open(path.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=folder)
    os.close(folder)
    with os.fdopen(file, "w") as out:
        os.fchown(file, owner, owner)
        out.write(text)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"the machine's root cannot be made: {error}") from None
