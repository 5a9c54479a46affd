"""Senders that nobody has thought of: a network namespace without a name, plugged into a network's switch while the prober
runs, with the addresses that a check has drawn. Runs as root in the machine.

Its card has an Ethernet address that is as new as it is, and it goes with the prober: what stays behind could be named by a
rule.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Lock

from provisioner.guest.prober.engine import Absent, Broken, Json
from provisioner.guest.prober.namespaces import unshared, within

IP = "/usr/bin/ip"  # by its path: what the learner put in PATH decides nothing here
CONNTRACK = "/usr/sbin/conntrack"
CARD = "eth0"
ROUTES = 187  # the number by which the machine's routes to strangers from elsewhere are known
LINK_LOCAL = "link-local"  # in an address's place: the one that the card has given itself


class Crowd:
    """The namespace of one network's strangers."""

    def __init__(self, network: str) -> None:
        """Raises Broken."""
        self.network = network
        self.addresses: set[str] = set()
        self.far: list[str] = []  # addresses of other networks, by which somebody comes from far away
        self.link_local, self.index = f"fe80::{os.urandom(2).hex()}:{os.urandom(2).hex()}:{os.urandom(2).hex()}", 0
        switch, end = f"switch-{network}", f"s{os.urandom(5).hex()}"
        self.namespace = unshared()
        plug = f"link add {CARD} type veth peer name {end} netns {switch}"
        own = f"addr add {self.link_local}/64 dev {CARD} nodad"  # the one that it gives itself may not be used for a second
        within(self.namespace, lambda: self._plug_in([plug, f"link set {CARD} addrgenmode none up", own]))
        entrance = _open(f"/run/netns/{switch}")
        try:
            within(entrance, lambda: batch([f"link set {end} master {network} up"]))
        finally:
            os.close(entrance)

    def take(self, senders: list[Json]) -> None:
        """Gives itself the addresses that it does not have yet, and a way to everywhere by the machine."""
        lines: list[str] = []
        new: list[str] = []
        routes: list[str] = []
        is_first = not self.far
        for sender in senders:
            if sender["address"] != LINK_LOCAL and sender["address"] not in self.addresses:
                self.addresses.add(sender["address"])
                new.append(sender["address"])
                lines.append(f"addr add {sender['address']}/{sender['length']} dev {CARD} nodad")
                lines.append(f"route replace default via {sender['gateway']} dev {CARD} onlink")
                if sender["length"] in (32, 128):  # the machine has no other way to somebody from elsewhere
                    self.far.append(sender["address"])
                    routes.append(f"route replace {sender['address']} dev {self.network}0 proto {ROUTES}")
        if routes and is_first:
            forget_routes(f"{self.network}0")
        if lines:
            within(self.namespace, lambda: batch(lines))
            with suppress(Broken):  # a card that the learner has removed: what comes by it is lost, and that is a verdict
                batch([f"neigh flush dev {self.network}0", *routes])  # whoever had these addresses before has another card
            forget([f"{which} {address}" for address in new for which in ("-s", "-d")])

    def leave(self) -> None:
        """At once: the kernel takes its time to clear away a namespace that nobody needs."""
        within(self.namespace, lambda: batch([f"link del {CARD}"]))
        os.close(self.namespace)
        for address in self.far:
            with suppress(Broken):  # it went with the machine's card
                batch([f"route del {address} dev {self.network}0 proto {ROUTES}"])

    def _plug_in(self, lines: list[str]) -> None:
        """Without router advertisements; calls ask for ECN, as those of many do: their first packet has more flags than SYN."""
        for setting, value in (("ipv6/conf/all/accept_ra", "0"), ("ipv6/conf/default/accept_ra", "0"), ("ipv4/tcp_ecn", "1")):
            try:
                with open(f"/proc/sys/net/{setting}", "w") as file:  # noqa: PTH123
                    file.write(value)
            except OSError:  # a kernel without IPv6
                pass
        batch(lines)
        self.index = socket.if_nametoindex(CARD)


class Lodgers:
    """Strangers who come by the card of a zone: its Ethernet address is no proof of who sends."""

    def __init__(self, zone: str) -> None:
        self.place = f"/run/netns/{zone}"
        self.addresses: dict[str, int] = {}

    def take(self, senders: list[Json]) -> None:
        """Gives the card their addresses, each time: a disturbance may have made the zone anew. The zone itself sends from its
        own, as before. Raises Broken."""
        new = {s["address"]: s["length"] for s in senders if s["address"] not in self.addresses}
        self.addresses.update(new)
        self._configure([f"addr replace {a}/{length} dev {CARD} nodad preferred_lft 0" for a, length in self.addresses.items()])
        if new:
            with suppress(Broken):
                batch([f"neigh flush dev {senders[0]['network']}0"])
            forget([f"{which} {address}" for address in new for which in ("-s", "-d")])

    def leave(self) -> None:
        with suppress(Broken):
            self._configure([f"addr del {address}/{length} dev {CARD}" for address, length in self.addresses.items()])

    def _configure(self, lines: list[str]) -> None:
        namespace = _open(self.place)
        try:
            within(namespace, lambda: batch(lines))
        finally:
            os.close(namespace)


def forget_routes(card: str) -> None:
    """By a card, of a prober that was ended before it could clear up."""
    for family in (["-4"], ["-6"]):
        with suppress(OSError, Broken):
            _feed([IP, *family, "-batch", "-"], [f"route flush dev {card} proto {ROUTES}"])


_crowds: dict[str, Crowd] = {}
_lodgers: dict[str, Lodgers] = {}
_making = Lock()


def prepare(probes: list[Json]) -> None:
    """Before a batch is sent: its strangers are there. Their link-local addresses become known to the probes. Raises Broken."""
    by_network: dict[str, list[Json]] = {}
    by_host: dict[str, list[Json]] = {}
    for p in probes:
        for role in ("sender", "receiver"):
            if person := p.get(role):
                groups = by_host if person.get("host") else by_network
                groups.setdefault(person.get("host") or person["network"], []).append(person)
    for host, lodgers in by_host.items():
        with _making:
            (_lodgers.get(host) or _lodgers.setdefault(host, Lodgers(host))).take(lodgers)
    for network, people in by_network.items():
        with _making:
            crowd = _crowds.get(network) or _crowds.setdefault(network, Crowd(network))
            crowd.take(people)
        for person in people:
            person["scope"] = crowd.index
            if person["address"] == LINK_LOCAL:
                person["address"] = crowd.link_local
    for p in probes:
        if p.get("sender") and p.get("border"):
            p["border"]["sender"] = p["sender"]["address"]
    forget([f"-p {number}" for number in {p["port"] for p in probes if p["proto"] == "other"}])


def leave() -> None:
    """All of them."""
    while _crowds:
        with suppress(OSError, Broken):
            _crowds.popitem()[1].leave()
    while _lodgers:
        with suppress(OSError, Broken):
            _lodgers.popitem()[1].leave()


def crowd_of(zone: str) -> int:
    """The open namespace of `strangers@NETWORK`. Raises Broken."""
    crowd = _crowds.get(zone.partition("@")[2])
    if crowd is None:
        raise Broken(f"there are no {zone}")
    return os.dup(crowd.namespace)


def text(address: str) -> str:
    """An IPv6 address of the kernel's 32 digits."""
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address))


def link_local_of(card: str) -> str:
    """The machine's own on one of its cards. Raises Absent: a card that is down has none, and nobody is asked there."""
    with open("/proc/net/if_inet6") as lines:  # noqa: PTH123
        for line in lines:
            address, *_, name = line.split()
            if name == card and address.startswith("fe80"):
                return text(address)
    raise Absent(f"the card {card} has no link-local address")


def forget(flows: list[str]) -> None:
    """Connection tracking's memory of what an earlier check sent, by UDP or less: it would be a conversation that goes on, and
    pass as one. flows: as conntrack selects them."""
    if flows:
        with suppress(OSError, Broken):
            _feed([CONNTRACK, "-R", "-"], [f"-D {flow}" for flow in flows])


def batch(lines: list[str]) -> None:
    """Commands for `ip`, in the namespace of the thread that calls. Raises Broken."""
    _feed([IP, "-batch", "-"], lines)


def _feed(command: list[str], lines: list[str]) -> None:
    """Raises Broken."""
    written = os.memfd_create("batch")
    errors = os.memfd_create("errors")
    try:
        os.write(written, "\n".join(lines).encode())
        os.lseek(written, 0, os.SEEK_SET)
        actions = [(os.POSIX_SPAWN_DUP2, written, 0), (os.POSIX_SPAWN_DUP2, errors, 1), (os.POSIX_SPAWN_DUP2, errors, 2)]
        child = os.posix_spawn(command[0], command, {"LC_ALL": "C"}, file_actions=actions)
        if os.waitpid(child, 0)[1]:
            os.lseek(errors, 0, os.SEEK_SET)
            raise Broken(f"a stranger cannot be made: {os.read(errors, 500).decode(errors='replace').strip()}")
    finally:
        os.close(written)
        os.close(errors)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise Broken(f"{path} is not there: {error.strerror}") from None
