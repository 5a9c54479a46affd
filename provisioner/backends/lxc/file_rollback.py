"""The files of a running machine as they were: a copy of the uppermost part of its root, seen on the layers below."""

import os
import re
import shlex
import sys
from pathlib import Path

from provisioner.backends.lxc import config, container
from provisioner.core import process
from provisioner.core.errors import MachineError
from provisioner.core.files import remove_tree
from provisioner.seats.seat import Seat

_LOGS = "var/log/"
# What firewalls load, and what no program reads that is not asked to. Of other files a running one may have been told.
_PUT_BACK = re.compile(r"(etc/(ufw|iptables|default/ufw|nftables\.conf)|home/\w+|root|opt|usr/local)(/|$)")

# Of each file when it was last changed in any way, in ns; of a folder which one it is, whose, and what it hides.
Files = dict[str, object]


def files(top: Path, name: str = "") -> Files:
    result: Files = {}
    with os.scandir(top / name) as entries:
        for entry in entries:
            stat, path = entry.stat(follow_symlinks=False), f"{name}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                # One that is made after another was removed may get its number.
                result[path] = (stat.st_ino, stat.st_mode, stat.st_uid, stat.st_gid, _opaque(entry.path))
                result |= files(top, f"{path}/")
            else:
                result[path] = stat.st_ctime_ns
    return result


def keep(seat: Seat) -> Files:
    """Takes the copy, in the place of an earlier one."""
    place, (root, inner) = container.of(seat), _view(seat)
    if os.path.ismount(root):
        process.run([*inner, "umount", str(place.view)])
    remove_tree(place.snapshot)
    process.run(["cp", "--archive", "--reflink=auto", str(place.upper), str(place.snapshot)])
    return files(place.upper)


def put_back(seat: Seat, earlier: Files) -> bool:
    """Whether all is as it was, in content, rights and owner. Nothing is done where others have changed than may be."""
    place, (root, inner) = container.of(seat), _view(seat)
    current = files(place.upper)
    changed = sorted(n for n in earlier.keys() | current.keys() if earlier.get(n) != current.get(n) and not n.startswith(_LOGS))
    if not changed:
        return True
    if not os.path.ismount(root):
        place.view.mkdir(exist_ok=True)
        parts = config.lowerdir([place.snapshot, *place.folders_below, place.folder / "image"], place.folder)
        script = f"cd {shlex.quote(str(place.folder))} && mount -t overlay -o {shlex.quote(f'ro,{parts}')} overlay view"
        process.run([*inner, "sh", "-c", script])
    if not all(_straight(root, name) for name in changed):
        return False
    old = [name for name in changed if os.path.lexists(root / name)]
    replaced = [n for n in old if _folder(root / n) and _is_hidden(place.upper / n)]
    parents = {n for n in old if n not in replaced and _folder(place.upper / n)}  # in which something has changed
    if not all(_PUT_BACK.match(name) or name in parents for name in changed):
        return False
    old += [f"{name}/{of_it}" for name in replaced for of_it in files(root / name)]
    if new := [f"/{name}" for name in changed if name not in old]:
        container.guest_command(seat, f"rm -rf -- {shlex.join(new)}")
    give = [*inner, "tar", "--create", "--no-recursion", "--xattrs", "--numeric-owner", "-C", str(place.view), "--", *old]
    take = [*container.entering(seat), "tar", "--extract", "--xattrs", "--numeric-owner", "--same-permissions", "-C", "/"]
    if old:
        process.run(["bash", "-o", "pipefail", "-c", f"{shlex.join(give)} | {shlex.join(take)}"])
    return True


def _straight(top: Path, name: str) -> bool:
    """Whether no link leads there: one in a machine's files would lead to the host's."""
    return not any((top / parent).is_symlink() for parent in Path(name).parents)


def _folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_hidden(upper: Path) -> bool:
    """Whether nothing is seen any more of what the layers below have there: it was removed, if another one was made or not."""
    return _opaque(upper) if _folder(upper) else True


def _opaque(folder: str | Path) -> bool:
    if sys.platform != "linux":
        raise NotImplementedError
    return "trusted.overlay.opaque" in os.listxattr(folder)


def _view(seat: Seat) -> tuple[Path, list[str]]:
    """The folder in which what was before is seen, and the start of a command where it is mounted."""
    outer = container.find(seat)
    if outer is None:
        raise MachineError("the machine does not run")
    (shell,) = container.children(outer.pid)
    return Path(f"/proc/{shell}/root{container.of(seat).view}"), ["nsenter", "--target", str(shell), "--mount", "--pid", "--"]
