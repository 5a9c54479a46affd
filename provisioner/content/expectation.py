"""Expectations, which checks consist of: who reaches what, and who must not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from provisioner.core.outcome import CannotTell

Family = Literal[4, 6]
Proto = Literal["tcp", "udp", "other", "icmp"]
GATEWAY = "gateway"  # the network that stands for the source container's own
EVERYWHERE = "everywhere"  # the network that stands for all addresses which the machine has at that moment
PING = "ping"  # in a port's place: an echo request, which a kernel answers by itself
ANY = "any"  # the port that nobody has thought of: something listens there while the check asks
_TARGET = re.compile(
    r"(strangers@[\w./=,:-]+?|(?:container:)?[\w.-]+)(?:@([a-z0-9]+))?(?::([0-9]{1,5}|any|ping)(?:/(tcp|udp|other))?)?"
)
_STRANGERS = re.compile(r"strangers@([a-z0-9]+)(?:/(inside|beside)=([^\s/]\S*))?")


@dataclass(frozen=True)
class Target:
    """A parsed target. port 0: none given (a service has its own), or a ping. network: empty if none is named. any_port: the
    port is drawn, and something listens there while the check asks."""

    name: str
    network: str
    port: int
    proto: Proto
    any_port: bool = False

    @property
    def is_service(self) -> bool:
        """Whether the name alone says what is asked."""
        return not self.port and not self.any_port and self.proto != "icmp"

    @property
    def endpoint(self) -> tuple[str, int, Proto, bool]:
        """What answers, whichever of the machine's addresses is used."""
        return self.name, self.port, self.proto, self.any_port


def parse_target(target: str) -> Target:
    """`shop`, `shop@dmz`, `shop@everywhere`, `machine:22`, `machine@dmz:53/udp`, `machine:any/udp`, `internet:80`,
    `internet:ping`, `container:shop:80`, `strangers@internet:any`. Raises CannotTell."""
    match = _TARGET.fullmatch(target)
    if not match or not _is_port(match[3] or "0", match[4]):
        raise CannotTell(f"`{target}` names no target: SERVICE, SERVICE@NETWORK, machine:PORT, ZONE:PORT, container:NAME:PORT")
    port = int(match[3] or 0) if (match[3] or "0").isdecimal() else 0
    proto: Proto = "icmp" if match[3] == PING else match[4] or "tcp"  # type: ignore[assignment]
    return Target(match[1], match[2] or "", port, proto, match[3] == ANY)


def _is_port(text: str, proto: str | None) -> bool:
    if text == PING:
        return proto is None
    return text == ANY or proto != "other" and int(text) <= 65535


@dataclass(frozen=True)
class Strangers:
    """People of a network whose addresses nobody has thought of: each check draws some.

    inside: only such as are in these ranges: the first, the last and one between. beside: none of these ranges or zones, but
    their nearest neighbours, and one anywhere else.
    """

    network: str
    inside: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        which = f"/inside={','.join(self.inside)}" if self.inside else f"/beside={','.join(self.beside)}" if self.beside else ""
        return f"strangers@{self.network}{which}"


def strangers(network: str, *, inside: str | Sequence[str] = (), beside: str | Sequence[str] = ()) -> str:
    """People of a network whose addresses nobody has thought of, as a source or (with a port) a target: each check draws some.

    inside: of these ranges (`198.51.100.96/28`) only: the first, the last and one between. beside: not of these ranges or
    zones, but their nearest neighbours, and one anywhere else. Over IPv6 there is one more, with the address that its card
    has given itself, except with inside. They send from low ports as well. What must not reach a service of the machine
    is asked at all addresses that the machine has at that moment.
    """
    if inside and beside:
        raise ValueError("strangers are inside of ranges or beside them, not both")
    ranges = [(text,) if isinstance(text, str) and text else tuple(text) for text in (inside, beside)]
    return str(Strangers(network, *ranges))


def strangers_of(source: str) -> Strangers | None:
    """Whom a source's text means; None for a zone, a container or the machine."""
    match = _STRANGERS.fullmatch(source)
    if not match:
        return None
    ranges = tuple((match[3] or "").split(",")) if match[2] else ()
    return Strangers(match[1], ranges if match[2] == "inside" else (), ranges if match[2] == "beside" else ())


@dataclass(frozen=True)
class Expectation:
    """source: a zone, `machine`, or `container:NAME`. families: None means all that the source has. calls: so many more, at
    once."""

    source: str
    target: str
    through: bool
    families: tuple[Family, ...] | None = None
    calls: int = 0

    def __str__(self) -> str:
        return f"{self.source} {'reaches' if self.through else 'must not reach'} {self.target}"


def reaches(source: str, target: str, *, families: tuple[Family, ...] | None = None, calls: int = 0) -> Expectation:
    """The target answers, and it is the right one that answers.

    target: a service of the manifest (`shop`), a port of the machine (`machine:22`), a zone that serves
    (`internet:80`), or a container's own address, any that it has (`container:shop:80`). The machine has an address in
    each network: `shop@dmz` and `machine@dmz:22` are asked by that one, whichever network the source is in.
    `shop@gateway` and `machine@gateway:22` are asked by those that it has in the source container's own networks, and
    `shop@everywhere` by all that it has at that moment. Ports are TCP's, unless they say otherwise (`machine:53/udp`).
    `machine:any`, `internet:any/udp`, `container:shop:any/other`: a port that nobody has thought of, at which something
    listens while the check asks; `other` is a protocol that is neither TCP nor UDP. `strangers("ext") + ":53"`, and over UDP
    zones, too (`internet:443/udp`): they are reached at any port, because something listens there while the check asks.
    `internet:ping`: an echo request of ICMP.
    source: also `strangers(...)`. calls: also so many at once, over TCP, which a limit would not let through.
    """
    return Expectation(source, target, True, families, calls)


def blocked(source: str, target: str, *, families: tuple[Family, ...] | None = None) -> Expectation:
    """Nothing answers: refused, silent or unreachable alike.

    Counts only together with its controls in the same `expect`: the same source reaches something else on the
    machine over the same family, and somebody reaches the same target.
    """
    return Expectation(source, target, False, families)


_SENTENCE = re.compile(r"(\S+) (reaches|must not reach) (\S+)(?: over IPv([46]))?")


def parse_expectation(sentence: str) -> Expectation | None:
    """Parses a sentence such as `outside must not reach stats over IPv6`; None if it is none."""
    match = _SENTENCE.fullmatch(sentence)
    if not match:
        return None
    families: tuple[Family, ...] | None = {"4": (4,), "6": (6,)}.get(match[4] or "")  # type: ignore[assignment]
    return Expectation(match[1], match[3], match[2] == "reaches", families)
