"""Back to where a running machine stood, without a boot: its files and the rules of its firewall are put back.

Only these are. All else that a script may have changed (processes, Docker's containers and images, units, mounts, addresses,
routes, the network's settings, connections that the kernel knew) is compared, and a machine in which any of it differs is
not as it was: its owner makes another one. So is one whose rules, put back, do not read as before.
"""

import os
import re
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from .. import process
from ..errors import LabError, MachineError
from ..seat import Seat
from . import machine
from .rules import LISTED, READ, Rules

SETTLED = 0.5  # seconds in which a command that has returned may still have processes that end
_LOGS = "var/log/"
# Empty files, made by whoever is the first to use a tool; notes of the network's manager on what _CARDS tells.
_OF_NO_MATTER = ("run/ufw.lock", "run/xtables.lock", "run/systemd/netif/")
_AND = "=== of another kind ==="
_CARDS = r"""printf '%s\n' 'link show' 'address show' 'rule show' 'route show table all' | ip -oneline -batch -
printf '%s\n' 'rule show' 'route show table all' | ip -6 -batch -"""
_SETTINGS = """tc qdisc show
grep --recursive --no-messages . /proc/sys/net --exclude-dir=neigh --exclude-dir='veth*' --exclude=nf_conntrack_count
if command -v ipset >/dev/null; then ipset save; fi"""
_FLOWS = "if command -v conntrack >/dev/null; then conntrack --dump --proto tcp --state ESTABLISHED 2>/dev/null; fi"
_FLOW = re.compile(r"src=\S+ dst=\S+ sport=\S+ dport=\S+")
_FADING = re.compile(r" (valid_lft|preferred_lft|expires) \S+| tentative| \[\d+:\d+\]$|^#.*")
# The kernel completes these while a card is new; no script does.
_BY_ITSELF = re.compile(r"\bfe80:|\bff00:|^anycast |^local \S*:")

Files = dict[str, object]  # of each file when it was last changed in any way, in ns; of a folder which one it is, and whose
Rest = tuple[Files, frozenset[tuple[int, float]], str]  # files of Docker and in memory, processes, mounts


@dataclass(frozen=True)
class _Network:
    """Of the machine's own namespace the rules, and which connections it knew; of each one, all else as text."""

    rules: Rules
    flows: frozenset[str]
    texts: tuple[str, ...]

    def as_in(self, before: "_Network") -> bool:
        return self.rules.same(before.rules) and self.flows >= before.flows and self.texts == before.texts


@dataclass
class Mark:
    """Where a machine stood."""

    files: Files
    rest: Rest
    network: _Network


def mark(seat: Seat) -> Mark:
    """Notes where the machine stands. Raises LabError."""
    place, (seen, there) = machine.of(seat), _view(seat)
    if os.path.ismount(seen):
        process.run([*there, "umount", str(place.view)])
    shutil.rmtree(place.before, ignore_errors=True)
    process.run(["cp", "--archive", "--reflink=auto", str(place.upper), str(place.before)])
    try:
        return Mark(_files(place.upper), _rest(seat), _network(seat))
    except (OSError, psutil.Error) as error:
        raise MachineError("the machine changes while one looks at it", evidence=repr(error)) from None


def back(seat: Seat, to: Mark) -> bool:
    """Whether the machine stands there again, in all that is compared; if not, it is of no use any more."""
    try:
        if not _settled(seat, to.rest):
            return False
        _put_files_back(seat, to.files)
        if script := _rules(seat).script_to(to.network.rules):
            machine.errand(seat, script)
        to.files = _files(machine.of(seat).upper)
        return _rest(seat) == to.rest and _network(seat).as_in(to.network)
    except (LabError, OSError, psutil.Error):
        return False


def _settled(seat: Seat, before: Rest) -> bool:
    """Whether all is there that was, and nothing else but a command that is about to end."""
    deadline = time.monotonic() + SETTLED
    while (now := _rest(seat)) != before:
        if now[0] != before[0] or not now[1] > before[1] or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _files(top: Path, name: str = "") -> Files:
    found: Files = {}
    with os.scandir(top / name) as entries:
        for entry in entries:
            its, path = entry.stat(follow_symlinks=False), f"{name}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                found[path] = (its.st_ino, its.st_mode, its.st_uid, its.st_gid)
                found |= _files(top, f"{path}/")
            else:
                found[path] = its.st_ctime_ns
    return found


def _rest(seat: Seat) -> Rest:
    place, first, outer = machine.of(seat), machine.first(seat), machine.find(seat)
    if first is None or outer is None:
        raise MachineError("the machine does not run")
    files = {f"docker/{name}": its for name, its in _files(place.docker).items()}
    for top in ("run", "tmp", "dev/shm"):
        files |= {f"{top}/{name}": its for name, its in _files(Path(f"/proc/{first}/root/{top}")).items()}
    alive = frozenset((p.pid, p.create_time()) for p in _alive(outer))
    files = {name: its for name, its in files.items() if not name.startswith(_OF_NO_MATTER)}
    return files, alive, Path(f"/proc/{first}/mountinfo").read_text()


def _alive(outer: psutil.Process) -> list[psutil.Process]:
    """What runs in the machine, and what holds it; not what has ended and waits for its parent."""
    return [p for p in outer.children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]


def _rules(seat: Seat) -> Rules:
    return Rules.read(machine.errand(seat, READ).out)


def _network(seat: Seat) -> _Network:
    first, outer = machine.first(seat), machine.find(seat)
    if first is None or outer is None:
        raise MachineError("the machine does not run")
    own = {Path(f"/proc/{pid}/ns/net").readlink() for pid in (first, outer.pid)}
    spaces = {Path(f"/proc/{p.pid}/ns/net").readlink(): p.pid for p in _alive(outer)}
    others = [_inside(pid) for space, pid in sorted(spaces.items()) if space not in own]
    looks = [READ, _FLOWS, f"{_CARDS}\n{_SETTINGS}"]
    looks += [f"nsenter --net=/proc/{pid}/ns/net sh <<'THERE'\n{LISTED}\n{_CARDS}\nTHERE" for pid in others]
    rules, flows, *texts = machine.errand(seat, f"\necho '{_AND}'\n".join(looks)).out.split(f"{_AND}\n")
    return _Network(Rules.read(rules), frozenset(_FLOW.findall(flows)), tuple(_lasting(text) for text in texts))


def _inside(pid: int) -> int:
    """A process's number in the machine: the third, after the host's and that of the process which holds the machine."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("NSpid:", 1)[1].splitlines()[0].split()[2])


def _lasting(text: str) -> str:
    return "\n".join(_FADING.sub("", line) for line in text.splitlines() if not _BY_ITSELF.search(line))


def _hidden(upper: Path) -> bool:
    """Whether nothing is seen any more of what the layers below have there: it was removed, if another one was made or not."""
    if upper.is_dir() and not upper.is_symlink():
        return "trusted.overlay.opaque" in os.listxattr(upper)
    return True


def _view(seat: Seat) -> tuple[Path, list[str]]:
    """The folder in which what was before is seen, and the start of a command where it is mounted."""
    outer = machine.find(seat)
    if outer is None:
        raise MachineError("the machine does not run")
    (shell,) = machine.children(outer.pid)
    return Path(f"/proc/{shell}/root{machine.of(seat).view}"), ["nsenter", "--target", str(shell), "--mount", "--pid", "--"]


def _put_files_back(seat: Seat, before: Files) -> None:
    """From a read-only view of what the machine's root was: the copy made at the mark, on the layers below."""
    place, (seen, there) = machine.of(seat), _view(seat)
    now = _files(place.upper)
    changed = sorted(n for n in before.keys() | now.keys() if before.get(n) != now.get(n) and not n.startswith(_LOGS))
    if not changed:
        return
    if not os.path.ismount(seen):
        place.view.mkdir(exist_ok=True)
        parts = ":".join(str(p).replace(":", "\\:") for p in (place.before, *place.folders_below, place.folder / "image"))
        process.run([*there, "mount", "-t", "overlay", "-o", f"ro,lowerdir={parts}", "overlay", str(place.view)])
    old = [name for name in changed if os.path.lexists(seen / name)]
    whole = [n for n in old if (seen / n).is_dir() and not (seen / n).is_symlink() and _hidden(place.upper / n)]
    old += [f"{name}/{of_it}" for name in whole for of_it in _files(seen / name)]
    if new := [f"/{name}" for name in changed if name not in old]:
        machine.errand(seat, f"rm -rf -- {shlex.join(new)}")
    give = [*there, "tar", "--create", "--no-recursion", "--xattrs", "--numeric-owner", "-C", str(place.view), "--", *old]
    take = [*machine.entering(seat), "tar", "--extract", "--xattrs", "--numeric-owner", "--same-permissions", "-C", "/"]
    if old:
        process.run(["bash", "-o", "pipefail", "-c", f"{shlex.join(give)} | {shlex.join(take)}"])
