"""Back to where a running machine stood, without a boot: its files and the rules of its firewall are put back.

Only these are, with the few settings of the kernel that ufw writes, and of files only such as no running program has read.
All else that a script may have changed (processes, Docker's containers and images, units, mounts, addresses, routes, the
network's settings, connections that the kernel knew) is compared, and a machine in which any of it differs is not as it
was: its owner makes another one. So is one whose rules, put back, do not read as before.
"""

import re
import shlex
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from provisioner.backends.lxc import container, file_rollback
from provisioner.backends.lxc.firewall_rules import LISTED, READ, Rules
from provisioner.core.errors import LabError, MachineError
from provisioner.seats.seat import Seat

SETTLE_SECONDS = 0.5  # seconds in which a command that has returned may still have processes that end
# Empty files, made by whoever is the first to use a tool; notes of the network's manager on what _CARDS tells.
_OF_NO_MATTER = ("run/ufw.lock", "run/xtables.lock", "run/systemd/netif/")
_AND = "=== of another kind ==="
_CARDS = r"""printf '%s\n' 'link show' 'address show' 'rule show' 'route show table all' | ip -oneline -batch -
printf '%s\n' 'rule show' 'route show table all' | ip -6 -batch -"""
_SETTINGS = """hostname; tc qdisc show; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null
grep --recursive --no-messages . /proc/sys/net --exclude-dir=neigh --exclude-dir='veth*' --exclude=nf_conntrack_count
if command -v ipset >/dev/null; then ipset save; fi"""
_FLOWS = "if command -v conntrack >/dev/null; then conntrack --dump --proto tcp --state ESTABLISHED 2>/dev/null; fi"
_FLOW = re.compile(r"src=\S+ dst=\S+ sport=\S+ dport=\S+")
_FADING = re.compile(r" (valid_lft|preferred_lft|expires) \S+| tentative| \[\d+:\d+\]$|^#.*")
# The kernel completes these while a card is new; no script does.
_BY_ITSELF = re.compile(r"\bfe80:|\bff00:|^anycast |^local \S*:")

# Settings of the kernel that ufw writes, and that change no others.
_SETTING = re.compile(
    r"^(/proc/sys/net/ipv[46]/(?:conf/(?:all|default)/(?:accept_redirects|accept_source_route|log_martians)|icmp_\w+)):(\d+)$",
    re.MULTILINE,
)

_CHANGING = (OSError, ValueError, LookupError, psutil.Error)  # what is read ends meanwhile, or says half

Processes = dict[int, str]  # by their numbers among those of the process that holds the machine: when each began
Rest = tuple[file_rollback.Files, Processes, str]  # files of Docker and in memory, processes, mounts


@dataclass(frozen=True)
class _Network:
    """Of the machine's own namespace the rules, and which connections it knew; of each one, all else as text."""

    rules: Rules
    flows: frozenset[str]
    texts: tuple[str, ...]

    def settings_to(self, earlier: "_Network") -> str:
        """A script for sh that makes settings what they were: of those that can be put back."""
        current = set(_SETTING.findall(self.texts[0]))
        wanted = [setting for setting in _SETTING.findall(earlier.texts[0]) if setting not in current]
        return "\n".join(f"echo {value} >{file}" for file, value in wanted)

    def as_in(self, earlier: "_Network") -> bool:
        return self.rules.same(earlier.rules) and self.flows >= earlier.flows and self.texts == earlier.texts


@dataclass
class Mark:
    """Where a machine stood."""

    files: file_rollback.Files
    rest: Rest
    network: _Network


def mark(seat: Seat) -> Mark:
    """Notes where the machine stands. Raises LabError."""
    try:
        return Mark(file_rollback.keep(seat), _rest(seat), _network(seat))
    except _CHANGING as error:
        raise MachineError("machine state changed during capture", evidence=repr(error)) from None


def back(seat: Seat, to: Mark) -> bool:
    """Whether the machine stands there again, in all that is compared; if not, it is of no use any more."""
    try:
        if not _has_settled(seat, to.rest):
            return False
        if not file_rollback.put_back(seat, to.files):
            return False
        container.guest_command(seat, "ip -4 neigh flush all; ip -6 neigh flush all")
        if script := _rules(seat).script_to(to.network.rules):
            container.guest_command(seat, script)
        to.files = file_rollback.files(container.of(seat).upper)
        network = _network(seat)
        if script := network.settings_to(to.network):
            container.guest_command(seat, script)
            network = _network(seat)
        return _rest(seat) == to.rest and network.as_in(to.network)
    except (LabError, *_CHANGING):
        return False


def _has_settled(seat: Seat, earlier: Rest) -> bool:
    """Whether all is there that was, and nothing else but a command that is about to end."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (current := _rest(seat)) != earlier:
        if current[0] != earlier[0] or not current[1].items() > earlier[1].items() or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _rest(seat: Seat) -> Rest:
    place, first, outer = container.of(seat), container.first(seat), container.find(seat)
    if first is None or outer is None:
        raise MachineError("the machine does not run")
    files = {f"docker/{name}": stat for name, stat in file_rollback.files(place.docker).items()}
    for top in ("run", "tmp", "dev/shm"):
        files |= {f"{top}/{name}": stat for name, stat in file_rollback.files(Path(f"/proc/{first}/root/{top}")).items()}
    files = {name: stat for name, stat in files.items() if not name.startswith(_OF_NO_MATTER)}
    return files, _alive(outer), Path(f"/proc/{first}/mountinfo").read_text()


def _alive(outer: psutil.Process) -> Processes:
    """What runs in the machine, and what holds it; not what has ended and waits for its parent.

    From the list that the machine's holder has of its own: psutil reads of all processes of the host who their parent is.
    """
    processes = {}
    for folder in _processes(outer).iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):  # it has ended
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    processes[int(folder.name)] = fields[19]
    return processes


def _processes(outer: psutil.Process) -> Path:
    return Path(f"/proc/{outer.pid}/root/proc")


def _rules(seat: Seat) -> Rules:
    return Rules.read(container.guest_command(seat, READ).out)


def _network(seat: Seat) -> _Network:
    first, outer = container.first(seat), container.find(seat)
    if first is None or outer is None:
        raise MachineError("the machine does not run")
    machine_spaces = {Path(f"/proc/{pid}/ns/net").readlink() for pid in (first, outer.pid)}
    processes = [_processes(outer) / str(number) for number in _alive(outer)]
    spaces = {(process / "ns/net").readlink(): process for process in processes}
    named = sorted(Path(f"/proc/{first}/root/run/netns").glob("*"))  # zones and switches: most of them have no process
    machine_spaces |= {Path(f"net:[{name.stat().st_ino}]") for name in named}
    networks = [f"/run/netns/{name.name}" for name in named]
    networks += [f"/proc/{_find_inner_pid(spaces[space])}/ns/net" for space in sorted(spaces.keys() - machine_spaces)]
    looks = [READ, _FLOWS, f"{_CARDS}\n{_SETTINGS}"]
    looks += [f"nsenter --net={shlex.quote(name)} sh <<'THERE'\n{LISTED}\n{_CARDS}\ntc qdisc show\nTHERE" for name in networks]
    rules, flows, *texts = container.guest_command(seat, f"\necho '{_AND}'\n".join(looks)).out.split(f"{_AND}\n")
    return _Network(Rules.read(rules), frozenset(_FLOW.findall(flows)), tuple(_drop_volatile(text) for text in texts))


def _find_inner_pid(process: Path) -> int:
    """Its number in the machine: the second, after that for the process which holds the machine."""
    return int((process / "status").read_text().split("NSpid:", 1)[1].splitlines()[0].split()[1])


def _drop_volatile(text: str) -> str:
    return "\n".join(_FADING.sub("", line) for line in text.splitlines() if not _BY_ITSELF.search(line))
