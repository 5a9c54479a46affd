"""What a check draws: senders, their ports, and ports that nobody has thought of. The same for the same seed."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface, ip_network

from provisioner.checks.probe import LINK_LOCAL, Sender
from provisioner.content.expectation import Family, Strangers
from provisioner.content.manifest import MACHINE, Manifest
from provisioner.core.outcome import CannotTell

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network
TRIES = 1000  # for an address that nobody has
_END = 0xFFFF
_PRIVATE = IPv4Network("10.128.0.0/9")  # of which neither a machine's own networks nor Docker's first ones are
# For what nobody has thought of: below the ports that a kernel takes by itself, and among them.
PORTS = (range(10_000, 30_000), range(33_000, 60_000))
SSH = 22  # of a machine
ROOT, ORDINARY_USERS = 0, (1000, 65534)  # of a machine: the learner and nobody
OFTEN_OPEN = (123, 443, 500, 993)  # at which nothing listens on a machine of ours
PROTOCOLS = range(147, 253)  # that nobody has assigned; half of them for the machine, half for all others


def seed() -> str:
    """A new one."""
    return secrets.token_hex(4)


@dataclass(frozen=True)
class Draw:
    """seed: what is drawn depends on it, on the sentence's words, and on nothing else."""

    manifest: Manifest
    seed: str

    def strangers(self, people: Strangers, family: Family, *, called: bool = False) -> list[tuple[Sender, int]]:
        """Senders, each with the port that it sends from; called: they are whom somebody calls. Raises CannotTell where the
        network has no such family."""
        network = self.manifest.networks.get(people.network)
        machine = None if network is None else network.v4 if family == 4 else network.v6
        if machine is None:
            raise CannotTell(f"the check asks for {people}, and the lab has no such network with IPv{family}")
        interface, chance = ip_interface(machine), random.Random(f"{self.seed} {people} {family}")  # noqa: S311 - for no secret
        wide = network is not None and network.wide
        halves = 2 if family == 4 and not wide else 1
        addresses = [a for a in self._addresses(people, interface.network, chance, halves) if self._free(a, interface.network)]
        length, gateway = interface.network.prefixlen, str(interface.ip)
        senders = [Sender(people.network, str(address), length, gateway) for address in dict.fromkeys(addresses)]
        for name in people.beside:  # a rule about a card's number, or about the end of an address, does not mean one alone
            if network and (zone := network.zones.get(name)) and (model := zone.v4 if family == 4 else zone.v6):
                address = self._alike(ip_address(model), interface.network, chance)
                senders.append(Sender(people.network, str(address), length, gateway, name))
        if wide and not people.inside:
            senders.append(
                Sender(
                    people.network,
                    str(self._far(family, chance, called=called)),
                    interface.network.max_prefixlen,
                    gateway,
                )
            )
        return [(sender, self._port(chance, low=number % 2 == 0)) for number, sender in enumerate(senders)]

    def link_local(self, people: Strangers) -> tuple[Sender, int]:
        return Sender(people.network, LINK_LOCAL, 64, ""), random.Random(f"{self.seed} {people} fe80").randrange(61_000, 65_500)  # noqa: S311

    def low_port(self, words: str, family: Family) -> int:
        """From which a zone asks what it must not reach, over one family or the other; 0 for the other one. Only root takes
        such a port, and a rule may mean the high ones."""
        chance = random.Random(f"{self.seed} {words} low port")  # noqa: S311
        return 0 if family == chance.choice((4, 6)) else chance.randrange(600, 1000)

    def other_port(self, port: int, words: str) -> int:
        """That of another service, or of this one where there is none."""
        ports = sorted({s.port for s in self.manifest.services.values() if s.port > 1023} - {port})
        return random.Random(f"{self.seed} {words} port").choice(ports or [port])  # noqa: S311

    def protocol(self, target: str) -> int:
        """Of one that is neither TCP nor UDP. Without ports, connection tracking knows an exchange by its number and addresses
        only: one the other way round would count as its beginning, so the machine has numbers of its own. (What is left of an
        earlier check the prober makes the kernel forget.)"""
        return random.Random(f"{self.seed} {target}/other").choice(PROTOCOLS[target == MACHINE :: 2])  # noqa: S311

    def user(self, words: str, family: Family) -> int:
        """Whose program on the machine it is: an ordinary user's over IPv4, so that root's alone do not suffice; over IPv6 the
        other one's, or root's."""
        chance = random.Random(f"{self.seed} {words} user")  # noqa: S311
        first, second = chance.sample(ORDINARY_USERS, 2)
        return first if family == 4 else chance.choice((second, ROOT))

    def port(self, target: str, source: str = "") -> int:
        """One that nobody has thought of, for a target's text: if TCP's is a low one, UDP's is a high one. source: somebody who
        must not get through; a third of those ask at one that is often left open."""
        services = {service.port for service in self.manifest.services.values()}
        private = random.Random(f"{self.seed} {source} {target}")  # noqa: S311
        if source and private.randrange(3) == 0:
            ports = (*OFTEN_OPEN, SSH) if target.startswith("container:") else OFTEN_OPEN
            return private.choice([port for port in ports if port not in services])
        name, _, proto = target.rpartition("/")
        side = random.Random(f"{self.seed} {name}").randrange(2) ^ (proto == "udp")  # noqa: S311
        chance = random.Random(f"{self.seed} {target}")  # noqa: S311
        while (port := chance.choice(PORTS[side])) in services:
            pass
        return port

    def _addresses(self, people: Strangers, network: Range, chance: random.Random, halves: int) -> Iterator[Address]:
        """halves: of the network, from each of which somebody comes: a rule for one half of it is not one for all."""
        ranges = [r for name in (*people.inside, *people.beside) for r in self._ranges(name) if r.version == network.version]
        if people.inside:
            for span in ranges:
                yield from (span[0], span[-1], span[chance.randrange(span.num_addresses)])
            return
        for span in ranges:  # the nearest on both sides, and one of those with whom it would be a range twice as wide
            first, last, size = int(span[0]), int(span[-1]), span.num_addresses
            sibling = (first ^ size) + chance.randrange(size)
            near = [span[0] + (number - first) for number in (first - 1, last + 1, sibling)]
            yield from (address for address in near if not _in(address, ranges))
        size = network.num_addresses // halves
        for half in range(halves):
            for _ in range(TRIES):
                anywhere = network[half * size + chance.randrange(size)]
                if not _in(anywhere, ranges) and self._free(anywhere, network):
                    yield anywhere
                    break

    def _alike(self, model: Address, network: Range, chance: random.Random) -> Address:
        """Somebody else with the same last two bytes, where a network has room for that; else anybody."""
        keep = _END if network.version == 6 else 0
        while True:
            number = int(network[0]) + chance.randrange(network.num_addresses)
            address = ip_address(number & ~keep | int(model) & keep)
            if address != model and self._free(address, network):
                return address

    def _far(self, family: Family, chance: random.Random, *, called: bool) -> Address:
        """Somebody in the wide world, in none of the lab's networks: perhaps, if he is called, beyond a router, where addresses
        are private; perhaps, if he calls, next to another network of the machine, which a range twice as wide would have."""
        if called and family == 4 and chance.randrange(2) == 0:
            return _PRIVATE[chance.randrange(_PRIVATE.num_addresses)]
        if not called and chance.randrange(3) == 0 and (beside := self._beside_networks(family, chance)):
            return chance.choice(beside)
        ranges = [ip_interface(text).network for n in self.manifest.networks.values() for text in (n.v4, n.v6) if text]
        while True:
            address = (
                IPv4Address(chance.getrandbits(32)) if family == 4 else IPv6Address(0b001 << 125 | chance.getrandbits(125))
            )
            if address.is_global and not address.is_multicast and not _in(address, ranges):
                return address

    def _beside_networks(self, family: Family, chance: random.Random) -> list[Address]:
        """For each network that is not the world, somebody in the range with which it would be one twice as wide."""
        networks = [
            ip_interface(text).network
            for network in self.manifest.networks.values()
            if not network.wide and (text := network.v4 if family == 4 else network.v6)
            if ip_interface(text).network.num_addresses > 2  # one cable between two has no neighbours
        ]
        own_networks = [ip_interface(text).network for n in self.manifest.networks.values() for text in (n.v4, n.v6) if text]
        siblings = [(int(net[0]) ^ net.num_addresses) + 1 + chance.randrange(net.num_addresses - 2) for net in networks]
        addresses = [IPv4Address(number) if family == 4 else IPv6Address(number) for number in siblings]
        return [address for address in addresses if not _in(address, own_networks)]

    def _ranges(self, name: str) -> list[Range]:
        """Of a zone's name, or of a range that is written down."""
        for network in self.manifest.networks.values():
            if zone := network.zones.get(name):
                return [ip_network(address) for address in (zone.v4, zone.v6) if address]
        try:
            return [ip_network(name)]
        except ValueError:
            raise CannotTell(f"the check names `{name}`, which is no zone and no range of addresses") from None

    def _free(self, address: Address, network: Range) -> bool:
        """Whether it is one that a sender there may have, and nobody has."""
        if address not in network or address in (network[0], network[-1]):
            return False
        return address not in self._taken_addresses

    @cached_property
    def _taken_addresses(self) -> set[Address]:
        networks = self.manifest.networks.values()
        own = [ip_interface(text).ip for n in networks for text in (n.v4, n.v6) if text]
        return {*own, *(ip_address(text) for n in networks for z in n.zones.values() for text in (z.v4, z.v6) if text)}

    def _port(self, chance: random.Random, *, low: bool) -> int:
        """A low one is only root's to take, and perhaps the one of a service outside, as if this were its answer."""
        if not low:  # perhaps one that a service here has as well: a rule about it must not mean who sends from it
            ports = [service.port for service in self.manifest.services.values() if service.port >= 1024]
            return chance.choice([*ports, chance.randrange(1024, 65_500)])
        zones = [zone for network in self.manifest.networks.values() for zone in network.zones.values()]
        served = sorted({port for zone in zones for port in zone.serves if port < 1024})
        return chance.choice(served) if served else chance.randrange(600, 1000)


def _in(address: Address, ranges: list[Range]) -> bool:
    return any(address in span for span in ranges)
