"""Resolves sources and targets of probes: network namespaces, containers, addresses. Runs as root in the machine."""

from __future__ import annotations

import os
import re
import socket
from threading import Lock

from provisioner.guest.prober.engine import Absent, Broken, docker, find_process
from provisioner.guest.prober.namespaces import act_as, enter
from provisioner.guest.prober.strangers import LINK_LOCAL, crowd_of, link_local_of, text

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any

Json = dict[str, "Any"]

EVERYWHERE = "everywhere"
LISTENING, LOOPBACK = "0A", ("7F", "0" * 24 + "01000000")  # as the kernel's tables of sockets have them
ALONE = ("127.", "::1", "fe80")  # loopback, and what is reached by one card only

_containers: dict[str, Json] = {}  # containers, for one batch
_lock = Lock()


def forget() -> None:
    """Clears the cache before each batch: containers come and go."""
    _containers.clear()


def container(name: str) -> Json:
    with _lock:
        info = _containers.get(name) or _containers.setdefault(name, docker(f"/containers/{name}/json"))
    if not info["State"]["Running"]:
        raise Absent(f"the container {name} does not run")
    return info


def open_namespace(zone: str) -> int | None:
    """Opens the namespace of a zone, a container or strangers; None for the machine itself."""
    if zone == "machine":
        return None
    if zone.startswith("strangers@"):
        return crowd_of(zone)
    if zone.startswith("container:"):
        path = f"/proc/{find_process(container(zone.partition(':')[2]))}/ns/net"
    else:
        path = f"/run/netns/{zone}"
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise Broken(f"the zone {zone} is not there: {error.strerror}") from None


def open_socket(
    zone: str, family: socket.AddressFamily, kind: socket.SocketKind, proto: int = 0, user: int = 0
) -> socket.socket:  # fmt: skip
    """Opens a socket in the namespace of a zone; the thread returns to its own at once. user: whose it is, in the machine."""
    descriptor = open_namespace(zone)
    if descriptor is None:
        if not user:
            return socket.socket(family, kind, proto)
        act_as(user)
        try:
            return socket.socket(family, kind, proto)
        finally:
            act_as(0)
    own_descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)  # of the first thread, which never leaves it
    try:
        enter(descriptor)
        return socket.socket(family, kind, proto)
    except OSError as error:
        raise Broken(f"the zone {zone} cannot be entered: {error.strerror}") from None
    finally:
        enter(own_descriptor)
        os.close(own_descriptor)
        os.close(descriptor)


def share_port(s: socket.socket) -> None:
    """Before it is bound: strangers send from the ports at which others of theirs listen, and callers of the last batch may
    still be remembered."""
    if s.type != socket.SOCK_RAW:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if s.type == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def resolve(p: Json) -> list[str]:
    """The addresses of a probe's target. container:NAME: all that it has, first those in a network of the source too.
    gateway: the machine's own in the networks of the source container. everywhere: all that the machine has, but those that
    only it reaches. link-local: the machine's on the card by which the probe comes. receiver: a stranger's."""
    if p.get("receiver"):
        return [p["receiver"]["address"]]
    if p["to"] == LINK_LOCAL:
        return [link_local_of(p["border"]["card"])]
    if p["to"] == EVERYWHERE:
        candidates = [a for a in list_own_addresses(p["family"]) if not a.startswith(ALONE)]
        if p["family"] == 6 and p.get("closed") and p["from"].startswith("container:"):
            candidates += list_bridge_addresses(p["from"])
        if not candidates:
            raise Absent(f"the machine has no IPv{p['family']} address")
        return candidates
    source = find_networks(p["from"]) if p["from"].startswith("container:") else {}
    key, length = ("IPAddress", "IPPrefixLen") if p["family"] == 4 else ("GlobalIPv6Address", "GlobalIPv6PrefixLen")
    if p["to"] == "gateway":
        source_networks = [f"{network[key]}/{network[length]}" for network in source.values() if network[key]]
        candidates = select_within(source_networks, list_own_addresses(p["family"]))
    elif p["to"].startswith("container:"):
        target = find_networks(p["to"])
        candidates = [target[name][key] for name in sorted(target, key=lambda name: name not in source) if target[name][key]]
    else:
        return [p["to"]]
    if not candidates:
        reason = f"the machine has none in the networks of {p['from']}" if p["to"] == "gateway" else f"{p['to']} has none"
        raise Absent(f"no IPv{p['family']} address: {reason}")
    return candidates


def find_networks(name: str) -> Json:
    """The networks of container:NAME, by name."""
    networks_by_name: Json = container(name.partition(":")[2])["NetworkSettings"]["Networks"]
    return networks_by_name


def list_bridge_addresses(name: str) -> list[str]:
    """The link-local addresses of the machine's bridges that container:NAME is at, each with the number of its card there."""
    process, addresses = find_process(container(name.partition(":")[2])), []
    for network in find_networks(name).values():
        bridge = next((card for address, _, card in _list_ipv6("self") if address == network["IPv6Gateway"]), "")
        index = next((i for address, i, _ in _list_ipv6(process) if address == network["GlobalIPv6Address"]), 0)
        if bridge and index:
            addresses += [f"{a}%{index}" for a, _, card in _list_ipv6("self") if card == bridge and a.startswith("fe80")]
    return addresses


def _list_ipv6(process: object) -> list[tuple[str, int, str]]:
    """Addresses, numbers and names of cards in the namespace of a process."""
    with open(f"/proc/{process}/net/if_inet6") as lines:  # noqa: PTH123
        rows = [line.split() for line in lines]
    return [(text(row[0]), int(row[1], 16), row[5]) for row in rows]


def list_doors(lab_ports: list[int]) -> list[int]:
    """The TCP ports at which a program of the machine listens for others, without the lab's."""
    ports = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}") as lines:  # noqa: PTH123
            for _, local, _, state, *_ in map(str.split, lines):
                address, _, port = local.partition(":")
                if state == LISTENING and not address.endswith(LOOPBACK):
                    ports.add(int(port, 16))
    return sorted(ports.difference(lab_ports))


def select_within(nets: list[str], candidates: list[str]) -> list[str]:
    from ipaddress import ip_address, ip_network

    ranges = [ip_network(net, strict=False) for net in nets]
    return [a for a in candidates if any(ip_address(a) in net for net in ranges)]


def list_own_addresses(family: int) -> list[str]:
    """The machine's own addresses, from its kernel."""
    if family == 4:
        with open("/proc/net/fib_trie") as trie:  # noqa: PTH123
            return list(dict.fromkeys(re.findall(r"\|-- (\S+)\n +/32 host LOCAL", trie.read())))
    with open("/proc/net/if_inet6") as lines:  # noqa: PTH123
        return [text(line.split()[0]) for line in lines]


def is_inside(p: Json) -> bool:
    """Whether the learner controls the source's routes (an internal network leads nowhere, a card is down); those of zones are
    ours."""
    return bool(p["from"] == "machine" or p["from"].startswith("container:"))
