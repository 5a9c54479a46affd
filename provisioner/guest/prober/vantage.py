"""Where probes start and where they go: network namespaces, containers, addresses. Runs as root in the machine."""

from __future__ import annotations

import os
import re
import socket
from threading import Lock

from provisioner.guest.prober.engine import Absent, Broken, docker, process_of
from provisioner.guest.prober.namespaces import enter
from provisioner.guest.prober.strangers import LINK_LOCAL, crowd_of, link_local_of, text

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any

Json = dict[str, "Any"]

EVERYWHERE = "everywhere"
ALONE = ("127.", "::1", "fe80")  # loopback, and what is reached by one card only

_known: dict[str, Json] = {}  # containers, for one batch
_asking = Lock()


def forget() -> None:
    """Before each batch: containers come and go."""
    _known.clear()


def container(name: str) -> Json:
    with _asking:
        known = _known.get(name) or _known.setdefault(name, docker(f"/containers/{name}/json"))
    if not known["State"]["Running"]:
        raise Absent(f"the container {name} does not run")
    return known


def namespace(zone: str) -> int | None:
    """An open namespace file: of a zone, of a container, of strangers, or None for the machine itself."""
    if zone == "machine":
        return None
    if zone.startswith("strangers@"):
        return crowd_of(zone)
    if zone.startswith("container:"):
        path = f"/proc/{process_of(container(zone.partition(':')[2]))}/ns/net"
    else:
        path = f"/run/netns/{zone}"
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise Broken(f"the zone {zone} is not there: {error.strerror}") from None


def open_socket(zone: str, family: socket.AddressFamily, kind: socket.SocketKind, proto: int = 0) -> socket.socket:
    """A socket belongs to the namespace that it was made in; the thread itself comes straight back."""
    there = namespace(zone)
    if there is None:
        return socket.socket(family, kind, proto)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)  # the first thread's, which never leaves it
    try:
        enter(there)
        return socket.socket(family, kind, proto)
    except OSError as error:
        raise Broken(f"the zone {zone} cannot be entered: {error.strerror}") from None
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def addresses(p: Json) -> list[str]:
    """An address as it is. container:NAME: all that it has, first those in a network that the source is in too.
    gateway: the machine's own in the networks of the container that asks. everywhere: all that the machine has, but those
    that only it reaches. link-local: the machine's on the card by which the probe comes. receiver: a stranger's."""
    if p.get("receiver"):
        return [p["receiver"]["address"]]
    if p["to"] == LINK_LOCAL:
        return [link_local_of(p["border"]["card"])]
    if p["to"] == EVERYWHERE:
        return [a for a in own_addresses(p["family"]) if not a.startswith(ALONE)]
    source = networks(p["from"]) if p["from"].startswith("container:") else {}
    key, length = ("IPAddress", "IPPrefixLen") if p["family"] == 4 else ("GlobalIPv6Address", "GlobalIPv6PrefixLen")
    if p["to"] == "gateway":
        near = [f"{network[key]}/{network[length]}" for network in source.values() if network[key]]
        found = within(near, own_addresses(p["family"]))
    elif p["to"].startswith("container:"):
        target = networks(p["to"])
        found = [target[name][key] for name in sorted(target, key=lambda name: name not in source) if target[name][key]]
    else:
        return [p["to"]]
    if not found:
        whose = f"the machine has none in the networks of {p['from']}" if p["to"] == "gateway" else f"{p['to']} has none"
        raise Absent(f"no IPv{p['family']} address: {whose}")
    return found


def networks(name: str) -> Json:
    """Of container:NAME, by their names."""
    found: Json = container(name.partition(":")[2])["NetworkSettings"]["Networks"]
    return found


def within(nets: list[str], candidates: list[str]) -> list[str]:
    from ipaddress import ip_address, ip_network

    near = [ip_network(net, strict=False) for net in nets]
    return [a for a in candidates if any(ip_address(a) in net for net in near)]


def own_addresses(family: int) -> list[str]:
    """The machine's own, as its kernel has them."""
    if family == 4:
        with open("/proc/net/fib_trie") as trie:  # noqa: PTH123
            return list(dict.fromkeys(re.findall(r"\|-- (\S+)\n +/32 host LOCAL", trie.read())))
    with open("/proc/net/if_inet6") as lines:  # noqa: PTH123
        return [text(line.split()[0]) for line in lines]


def inside(p: Json) -> bool:
    """Which routes the machine and its containers have is the learner's work (an internal network leads nowhere, a card is
    switched off); a zone's are ours."""
    return bool(p["from"] == "machine" or p["from"].startswith("container:"))
