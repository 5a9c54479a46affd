"""Expectations, which checks consist of: who reaches what, and who must not."""

import re
from dataclasses import dataclass
from typing import Literal

from provisioner.core.outcome import CannotTell

Family = Literal[4, 6]
Proto = Literal["tcp", "udp"]
GATEWAY = "gateway"  # the network that stands for the source container's own
_TARGET = re.compile(r"((?:container:)?[\w.-]+)(?:@([a-z0-9]+))?(?::([0-9]{1,5})(?:/(tcp|udp))?)?")


@dataclass(frozen=True)
class Target:
    """A parsed target. port 0: none given (a service has its own). network: empty if none is named."""

    name: str
    network: str
    port: int
    proto: Proto

    @property
    def endpoint(self) -> tuple[str, int, Proto]:
        """What answers, whichever of the machine's addresses is used."""
        return self.name, self.port, self.proto


def parse_target(target: str) -> Target:
    """`shop`, `shop@dmz`, `machine:22`, `machine@dmz:53/udp`, `internet:80`, `container:shop:80`. Raises CannotTell."""
    match = _TARGET.fullmatch(target)
    if not match or not 0 <= int(match[3] or 0) <= 65535:
        raise CannotTell(f"`{target}` names no target: SERVICE, SERVICE@NETWORK, machine:PORT, ZONE:PORT, container:NAME:PORT")
    return Target(match[1], match[2] or "", int(match[3] or 0), "udp" if match[4] == "udp" else "tcp")


@dataclass(frozen=True)
class Expectation:
    """source: a zone, `machine`, or `container:NAME`. families: None means all that the source has."""

    source: str
    target: str
    through: bool
    families: tuple[Family, ...] | None = None

    def __str__(self) -> str:
        return f"{self.source} {'reaches' if self.through else 'must not reach'} {self.target}"


def reaches(source: str, target: str, *, families: tuple[Family, ...] | None = None) -> Expectation:
    """The target answers, and it is the right one that answers.

    target: a service of the manifest (`shop`), a port of the machine (`machine:22`), a zone that serves
    (`internet:80`), or a container's own address, any that it has (`container:shop:80`). The machine has an address in
    each network: `shop@dmz` and `machine@dmz:22` are asked by that one, whichever network the source is in.
    `shop@gateway` and `machine@gateway:22` are asked by those that it has in the source container's own networks. Ports are
    TCP's, unless they say otherwise (`machine:53/udp`).
    """
    return Expectation(source, target, True, families)


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
