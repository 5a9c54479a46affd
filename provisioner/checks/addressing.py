"""Which packets a sentence stands for: its words as addresses and ports, in each family, for each who is drawn."""

from dataclasses import dataclass
from typing import TypedDict

from provisioner.checks.draw import SSH, Draw
from provisioner.checks.probe import LINK_LOCAL, Border, Probe, Sender
from provisioner.content.expectation import EVERYWHERE, GATEWAY, Expectation, Family, Target, parse_target, strangers_of
from provisioner.content.manifest import MACHINE, Manifest
from provisioner.core.outcome import CannotTell

UDP_SPORT = 53  # over UDP: as if it were a name server's answer
HTTPS, LOW_PORTS = 443, 1023
ANY_ANSWER = "any"  # what a listener at a drawn port calls itself
Question = tuple[Probe, str]  # with how the right answer begins


@dataclass(frozen=True)
class Source:
    """One of those whom a sentence means. everywhere: asks at all addresses of the machine, where the sentence names none;
    link_local: at the one that the machine's card has given itself."""

    name: str
    sender: Sender | None = None
    port: int = 0
    everywhere: bool = False
    link_local: bool = False


class _Search(TypedDict, total=False):
    """Fields of a probe."""

    banned_answer: str
    lab_ports: tuple[int, ...]


class Addressing:
    """Of the networks of a seat, as its manifest draws them."""

    def __init__(self, manifest: Manifest, nonce: str, draw: Draw) -> None:
        self.manifest = manifest
        self.nonce = nonce
        self.draw = draw
        self._questions: dict[Expectation, list[Question]] = {}
        self._zones = {name: (network, zone) for network, net in manifest.networks.items() for name, zone in net.zones.items()}

    def probes(self, expectation: Expectation) -> list[Question]:
        """The probes of one expectation, each with how the right answer begins. Raises CannotTell for unknown names."""
        if expectation not in self._questions:
            self._questions[expectation] = self._make_probes(expectation)
        return self._questions[expectation]

    def _make_probes(self, expectation: Expectation) -> list[Question]:
        to = parse_target(expectation.target)
        families = expectation.families or self._families(expectation)
        return [
            question
            for family in families
            for source in self._sources(expectation, to, family)
            for question in self._from(source, expectation, to, family)
        ]

    def _families(self, e: Expectation) -> tuple[Family, ...]:
        strangers = strangers_of(e.source)
        net = self.manifest.networks.get(strangers.network) if strangers else None
        six = net.v6 if net else self._zones[e.source][1].v6 if e.source in self._zones else None
        return (4, 6) if six and not e.target.startswith("container:") else (4,)

    def _sources(self, e: Expectation, to: Target, family: Family) -> list[Source]:
        """The first of the strangers asks at all addresses what must not answer; one more has an address of its card's own."""
        strangers = strangers_of(e.source)
        if strangers is None:
            return [Source(e.source)]
        senders = self.draw.strangers(strangers, family)
        machines = not to.network and (to.name == MACHINE or to.name in self.manifest.services)
        everywhere = machines and not e.through
        sources = [
            Source(
                sender.host or f"strangers@{strangers.network}",
                sender,
                self._sent_from(port, number, to, e),
                everywhere and not number,
            )
            for number, (sender, port) in enumerate(senders)
        ]
        if len(senders) == 1 and machines and not e.through:
            sources.append(Source(sources[0].name, senders[0][0], self._sent_from(senders[0][1], 1, to, e)))
        if everywhere and family == 6 and not strangers.inside:
            sender, port = self.draw.link_local(strangers)
            sources.append(Source(f"strangers@{strangers.network}", sender, port, link_local=True))
            if not e.through:  # who has an address for everywhere may ask on the cable as well
                sources.append(Source(f"strangers@{strangers.network}", senders[0][0], port + 1, link_local=True))
        return sources

    def _sent_from(self, port: int, number: int, to: Target, e: Expectation) -> int:
        """The second of those who must not get through sends from the very port that it asks, and of those who must from
        another service's: a rule about a port may mean who sends from it, as an answer would come."""
        service = self.manifest.services.get(to.name)
        if number != 1 or not service or not to.is_service or service.port <= LOW_PORTS:
            return port
        return self.draw.other_port(service.port, f"{e}") if e.through else service.port

    def _is_mirrored(self, source: Source, to: Target, e: Expectation) -> bool:
        service = self.manifest.services.get(to.name)
        is_closed = not e.through and source.sender is not None and to.is_service and service is not None
        return is_closed and service is not None and service.proto == "tcp" and source.port == service.port

    def _from(self, source: Source, e: Expectation, to: Target, family: Family) -> list[Question]:
        if receivers := strangers_of(to.name):
            people = self.draw.strangers(receivers, family, called=True)
            drawn_receivers = [receiver for receiver, _ in people if not receiver.host]  # a zone answers at its own card
            return [self._probe(source, e, to, family, receiver.address, receiver) for receiver in drawn_receivers]
        return [self._probe(source, e, to, family, self._address(source, e, to, family))]

    def _probe(
        self, source: Source, e: Expectation, to: Target, family: Family, address: str, receiver: Sender | None = None
    ) -> Question:  # fmt: skip
        service = self.manifest.services.get(to.name)
        port, proto = (service.port, service.proto) if service and to.is_service else (to.port, to.proto)
        answer, listener = f"{to.name.removeprefix('container:')} {self.nonce}", ""
        if proto == "icmp":
            answer = ""
        elif to.any_port or receiver or (to.name in self._zones and proto == "udp"):  # zones serve TCP only, strangers nothing
            if to.any_port:
                port = self.draw.protocol(to.name) if proto == "other" else self._drawn_port(source, e, to)
            answer, listener = f"{ANY_ANSWER} {self.nonce}", f"strangers@{receiver.network}" if receiver else to.name
        elif to.name == MACHINE:
            answer = "SSH-" if (to.port, to.proto) == (22, "tcp") else ""
        closed = not e.through and (address == EVERYWHERE or proto == "udp" and not listener)
        sport = (
            UDP_SPORT if proto == "udp" and 0 < source.port < 1024 else source.port or self._closed_port(source, e, to, family)
        )
        # Pings are not watched for at the cards: who stops them in a zone is found out by the others.
        border = None if proto == "icmp" else self._border(source, to, family, receiver)
        probe = Probe(
            source.name, address, port, family, proto, border, sender=source.sender,
            sport=sport, receiver=receiver, listener=listener, answers=answer if listener else "", closed=closed,
            burst=self._is_mirrored(source, to, e), calls=e.calls,
            **self._search_fields(source, e, to, answer),
            user=self.draw.user(str(e), family) if source.name == MACHINE and proto in ("tcp", "udp") else 0,
        )  # fmt: skip
        return probe, answer

    def _search_fields(self, source: Source, e: Expectation, to: Target, answer: str) -> _Search:
        """What one of the strangers looks for at ports that the lab does not know: a service that is closed to him."""
        service = self.manifest.services.get(to.name)
        if e.through or not source.everywhere or not to.is_service or service is None or service.proto != "tcp":
            return {}
        return {"banned_answer": answer, "lab_ports": (SSH, *sorted(s.port for s in self.manifest.services.values()))}

    def _drawn_port(self, source: Source, e: Expectation, to: Target) -> int:
        is_own = to.name == MACHINE or to.name.startswith("container:")
        return self.draw.port(f"{to.name}/{to.proto}", "" if e.through or not is_own else str(source.sender or source.name))

    def _closed_port(self, source: Source, e: Expectation, to: Target, family: Family) -> int:
        """Of those who must not get through: of a zone perhaps a low one; of a container that calls a zone one at which that
        serves, as if this were an answer to it, and over UDP that of name servers. A rule about a port may mean the sender's.
        0 for any."""
        zone = self._zones.get(to.name)
        if e.through or to.proto not in ("tcp", "udp"):
            return 0
        if source.name in self._zones:
            return self.draw.low_port(f"{e}", family)
        if not source.name.startswith("container:"):
            return 0
        if to.proto == "udp":
            return UDP_SPORT if to.port != UDP_SPORT and (zone or strangers_of(to.name)) else 0
        if to.name == MACHINE or to.name in self.manifest.services:
            return HTTPS if to.port != HTTPS else 0
        if not zone:
            return 0
        return next((port for port in zone[1].serves if port not in (to.port, 0) and port < 1024), 0)

    def _address(self, source: Source, e: Expectation, to: Target, family: Family) -> str:
        """Where it goes: an address, or what the prober makes one of. Raises CannotTell."""
        has_port = not to.is_service
        if (to.name == MACHINE and has_port or to.name in self.manifest.services and not has_port) and self._has(to.network):
            if source.link_local:
                return LINK_LOCAL
            return EVERYWHERE if source.everywhere else self._machine(source.name, family, to.network)
        if to.name.startswith("container:") and has_port:
            return to.name
        if to.name in self._zones and has_port:
            zone = self._zones[to.name][1]
            if address := zone.v4 if family == 4 else zone.v6:
                return address
        raise CannotTell(f"the check asks for `{e.target}`, which the manifest does not have over IPv{family}")

    def _border(self, source: Source, to: Target, family: Family, receiver: Sender | None) -> Border | None:
        """The card by which it comes from a zone, else by which it goes to one; none between zones of one network."""
        network, zone = self._zones.get(source.name, ("", None))
        towards = receiver.network if receiver else self._zones.get(to.name, ("", None))[0]
        if source.sender:
            sender = source.sender
            return Border(source.name, sender.network, sender.address) if sender.network != towards else None
        if zone:
            address = zone.v4 if family == 4 else zone.v6
            return Border(source.name, network, address) if address and network != towards else None
        return Border(to.name, towards) if towards else None

    def _has(self, network: str) -> bool:
        return network in ("", GATEWAY, EVERYWHERE) or network in self.manifest.networks

    def _machine(self, source: str, family: Family, network: str) -> str:
        """The machine's address in that network; without one, the address as the source sees it."""
        if network == EVERYWHERE:
            return EVERYWHERE  # which addresses those are, the kernel knows: the prober looks
        if network == GATEWAY:
            if not source.startswith("container:"):
                raise CannotTell(f"the check asks for a gateway from {source}: only containers have one")
            return GATEWAY  # which address that is, Docker has decided: the prober looks
        nets, own = self.manifest.networks, source.partition("@")[2]
        if network:
            net = nets[network]
        elif source == MACHINE:
            return "127.0.0.1" if family == 4 else "::1"
        elif own:
            net = nets[own]
        else:
            net = nets[self._zones[source][0]] if source in self._zones else next(iter(nets.values()))
        address = net.v4 if family == 4 else net.v6
        if address is None:
            raise CannotTell(f"the network that {source} asks in has no IPv{family}")
        return address.partition("/")[0]
