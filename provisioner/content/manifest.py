"""What a lab's lab.yaml says: its shape, and what must hold between its parts.

That the files of the exercises are there is checked where their names are known: provisioner/content/lab.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # importing it costs YAML
    from provisioner.content.strict_yaml import Place

PORT = {"minimum": 1, "maximum": 65535}
# The machine's interface is called <name>0, and the kernel gives a name 15 characters.
NETWORK_NAME = r"^[a-z][a-z0-9]{0,9}$"
ZONE_NAME = r"^[a-z][a-z0-9-]{0,14}$"
SLUG = r"^[a-z][a-z0-9-]*$"
MACHINE = "machine"  # the zone that the machine itself is
TAKEN_NETWORKS = ("docker", "eth")  # docker0 and eth0 exist already


@dataclass(frozen=True)
class Hardware:
    cpus: int = field(default=1, metadata={"doc": "Virtual processors.", "minimum": 1})
    memory: int = field(default=1024, metadata={"doc": "Memory in MiB.", "minimum": 256})
    disk: int = field(default=8, metadata={"doc": "Disk in GiB; it grows as it is filled.", "minimum": 2})


@dataclass(frozen=True)
class Zone:
    about: str = field(metadata={"doc": "Who sits there: `the administrator's laptop`."})
    v4: str = field(metadata={"doc": "The zone's IPv4 address, within the network's prefix."})
    v6: str | None = field(default=None, metadata={"doc": "The zone's IPv6 address, if the network has one."})
    serves: tuple[int, ...] = field(default=(), metadata={"doc": "TCP ports on which the zone itself answers.", "items": PORT})


@dataclass(frozen=True)
class Network:
    v4: str = field(metadata={"doc": "The machine's own address with its prefix length: `198.51.100.1/24`."})
    zones: dict[str, Zone] = field(metadata={"doc": "Vantage points that packets come from, by name.", "pattern": ZONE_NAME})
    v6: str | None = field(default=None, metadata={"doc": "The same for IPv6: `2001:db8:51::1/64`."})
    wide: bool = field(
        default=False, metadata={"doc": "It is the internet: strangers come from all over the world, not only from its range."}
    )


@dataclass(frozen=True)
class Service:
    port: int = field(metadata={"doc": "The port on the machine.", **PORT})
    about: str = field(metadata={"doc": "What answers there: `the shop`."})
    container: int | None = field(
        default=None,
        metadata={"doc": "The port inside the container, if one serves it.", **PORT},
    )
    proto: Literal["tcp", "udp"] = field(
        default="tcp", metadata={"doc": "Over UDP it answers any datagram with its name and the seat's nonce."}
    )


@dataclass(frozen=True)
class When:
    """A hint for a learner who has done a certain thing: shown first, while all that it names is so."""

    hint: str = field(metadata={"doc": "What to say to who is there."})
    probes: tuple[str, ...] = field(
        default=(),
        metadata={"doc": "What packets show: `outside reaches stats over IPv6`, `outside must not reach shop`."},
    )
    command: str | None = field(default=None, metadata={"doc": "A shell command that succeeds in the machine, as root."})


@dataclass(frozen=True)
class Entry:
    """One item of `exercises`: what stands in lab.yaml of an exercise; the rest is in its folder."""

    id: str = field(metadata={"doc": "The name of its folder below exercises/.", "pattern": SLUG})
    title: str = field(metadata={"doc": "What the learner achieves, as an order."})
    points: int = field(metadata={"doc": "What it is worth.", "minimum": 1})
    hints: tuple[str, ...] = field(metadata={"doc": "From vague to near, at least two.", "minimum": 2})
    after: tuple[str, ...] = field(
        default=(), metadata={"doc": "Exercises that must be solved first: this one builds on them. All others: in any order."}
    )
    timed: bool = field(
        default=False, metadata={"doc": "Its check compares times: `lab verify` gives each machine a processor meanwhile."}
    )
    own_kernel: bool = field(
        default=False,
        metadata={"doc": "Is it about the machine's own kernel? No system container will do then."},
    )
    hint_when: tuple[When, ...] = field(default=(), metadata={"doc": "Hints for those who have tried a known wrong way."})


@dataclass(frozen=True)
class Manifest:
    version: Literal[1] = field(metadata={"doc": "The version of this format."})
    title: str = field(metadata={"doc": "The lab's name, for people."})
    summary: str = field(metadata={"doc": "One line for `lab list`."})
    images: tuple[str, ...] = field(metadata={"doc": "What the machine may boot from, in order of preference.", "minimum": 1})
    exercises: tuple[Entry, ...] = field(metadata={"doc": "In the order of solving.", "minimum": 1})
    claims: tuple[str, ...] = field(
        default=(), metadata={"doc": "Sentences of the article that the lab lets the learner test."}
    )
    machine: Hardware = field(default=Hardware(), metadata={"doc": "The size of the machine."})
    internet: bool = field(
        default=False,
        metadata={"doc": "May the machine call out through the host once the lab is set up?"},
    )
    containers: tuple[str, ...] = field(
        default=(), metadata={"doc": "Container images that the lab needs: folders of labs/images/."}
    )
    networks: dict[str, Network] = field(
        default_factory=dict,
        metadata={"doc": "By name; the machine's interface is called <name>0.", "pattern": NETWORK_NAME},
    )
    services: dict[str, Service] = field(
        default_factory=dict, metadata={"doc": "What the machine serves, by name.", "pattern": SLUG}
    )
    vary: dict[str, tuple[str, ...]] = field(
        default_factory=dict,
        metadata={"doc": "Values of this lab (a port, an address, a name) and what other seats have in their place."},
    )


def problems(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    """What is wrong between the parts of a manifest, each of which may be right by itself."""
    yield from _zone_names(manifest)
    yield from _repeated(manifest)
    yield from _after(manifest)
    yield from _situations(manifest)
    yield from _variations(manifest)
    owners: dict[object, str] = {}
    for name, network in manifest.networks.items():
        yield from _addresses(name, network, "v4", owners)
        yield from _addresses(name, network, "v6", owners)


def _zone_names(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    from provisioner.content.expectation import GATEWAY

    owners = {MACHINE: "the machine itself"} | dict.fromkeys(manifest.services, "a service")
    for network, subnet in manifest.networks.items():
        if network in TAKEN_NETWORKS:
            yield ("networks", network), f"the machine has an interface {network}0 already"
        if network == GATEWAY:
            yield ("networks", network), f"`machine@{GATEWAY}` is the machine as the asking container sees it"
        for zone in subnet.zones:
            if zone in owners:
                yield ("networks", network, "zones", zone), f"the name is that of {owners[zone]} already"
            owners[zone] = f"a zone of {network}"


def _repeated(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    ports: dict[tuple[int, str], str] = {}
    for name, service in manifest.services.items():
        if (owner := ports.setdefault((service.port, service.proto), name)) != name:
            yield ("services", name, "port"), f"{service.port} is the port of {owner} already"
    ids = [entry.id for entry in manifest.exercises]
    for number, name in enumerate(ids):
        if name in ids[:number]:
            yield ("exercises", number, "id"), f"exercises[{ids.index(name)}] has the id `{name}` already"


def _after(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    ids = [entry.id for entry in manifest.exercises]
    for number, entry in enumerate(manifest.exercises):
        for index, name in enumerate(entry.after):
            if name not in ids[:number]:
                yield ("exercises", number, "after", index), f"no exercise before this one has the id `{name}`"


def _situations(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    from provisioner.content.expectation import parse_expectation

    for number, entry in enumerate(manifest.exercises):
        for index, condition in enumerate(entry.hint_when):
            place = ("exercises", number, "hint_when", index)
            if not condition.probes and not condition.command:
                yield place, "needs `probes` or a `command`: when is it to be shown?"
            for sentence in condition.probes:
                if parse_expectation(sentence) is None:
                    yield place, f"`{sentence}` is not `A reaches B` or `A must not reach B`, with or without `over IPv6`"


def _variations(manifest: Manifest) -> "Iterator[tuple[Place, str]]":
    owners: dict[str, str] = {}
    length = len(next(iter(manifest.vary.values()), ()))
    for written, alternatives in manifest.vary.items():
        if len(alternatives) != length or not alternatives:
            yield ("vary", written), f"needs as many other values as the first has, {length}: a variation takes one of each"
        for value in (written, *alternatives):
            if value in owners:
                yield ("vary", written), f"{value} stands below {owners[value]} already"
            owners[value] = written


def _addresses(name: str, network: Network, family: str, owners: dict[object, str]) -> "Iterator[tuple[Place, str]]":
    """One family's addresses in one network; owners: of the addresses so far."""
    at: Place = ("networks", name)
    text: str | None = getattr(network, family)
    interface = _parsed(text, family, prefix=True)
    if text is not None and interface is None:
        yield (*at, family), f"`{text}` is not an IP{family} address with its prefix length (/24, /64)"
    elif interface and owners.setdefault(interface.ip, f"the machine in {name}") != f"the machine in {name}":
        yield (*at, family), f"{interface.ip} is the address of {owners[interface.ip]} already"
    for zone, endpoint in network.zones.items():
        value: str | None = getattr(endpoint, family)
        address = _parsed(value, family, prefix=False)
        place = (*at, "zones", zone, family)
        if value is not None and text is None:
            yield place, f"the network has no {family}"
        elif value is not None and address is None:
            yield place, f"`{value}` is not an IP{family} address"
        elif address and interface and address.ip not in interface.network:
            yield place, f"{value} is not in {interface.network}"
        elif address and owners.setdefault(address.ip, zone) != zone:
            yield place, f"{value} is the address of {owners[address.ip]} already"


def _parsed(text: str | None, family: str, *, prefix: bool) -> IPv4Interface | IPv6Interface | None:
    try:
        interface = ip_interface(text or "")
    except ValueError:
        return None
    return interface if f"v{interface.version}" == family and ("/" in (text or "")) is prefix else None
