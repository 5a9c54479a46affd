"""A probe: one exchange of packets that a check asks for, who sends it and where it goes, and what became of it."""

from dataclasses import asdict, dataclass
from typing import Literal

from provisioner.content.expectation import EVERYWHERE, Proto

Verdict = Literal["open", "refused", "filtered", "unreachable", "absent", "broken"]
BorderState = Literal["", "lost", "answered", "unanswered", "unseen"]
_FAULTS: dict[str, str] = {
    "lost": "the packet did not reach the machine", "answered": "the machine answered, and the answer was lost outside",
    "unanswered": "the packet left the machine, and was lost outside",
}  # fmt: skip
WAIT = 2.0  # seconds without an answer until a probe counts as filtered: one SYN is sent again within it


@dataclass(frozen=True)
class Border:
    """Where a probe comes in from a zone, or goes out to one: by the machine's card in that network. sender: the zone's own
    address, if it is the source."""

    zone: str
    network: str
    sender: str = ""

    def request(self) -> dict[str, str]:
        return {"card": f"{self.network}0", "sender": self.sender}

    def __str__(self) -> str:
        return f"namespace {self.zone} or switch-{self.network}"


LINK_LOCAL = "link-local"  # the address that a card has given itself: the prober knows it


@dataclass(frozen=True)
class Sender:
    """Somebody of a network who was drawn. address: or LINK_LOCAL; length: of its prefix, all of the address where that is
    from elsewhere; gateway: the machine's address; host: the zone by whose card it comes, empty for one of its own."""

    network: str
    address: str
    length: int
    gateway: str
    host: str = ""

    @property
    def where(self) -> str:
        return "the address of its own card" if self.address == LINK_LOCAL else self.address

    def __str__(self) -> str:
        return f"a stranger in {self.network} at {self.where}{f' by the card of {self.host}' if self.host else ''}"


@dataclass(frozen=True)
class Probe:
    """One packet exchange: from a zone to an address (or container:NAME, gateway, everywhere) and a port. border: None where it
    comes by no card of a zone's network. sender, receiver: strangers; sport: the port that it comes from, 0 for any; listener:
    the zone in which something listens meanwhile, and answers: with what; closed: it must not get through; burst: nor one
    of many at once; calls: so many at once all get through; user: whose socket it is, in the machine; banned_answer: how
    a service answers that must not do so at another port of the machine either, but for lab_ports."""

    source: str
    target: str
    port: int
    family: Literal[4, 6] = 4
    proto: Proto = "tcp"
    border: Border | None = None
    sender: Sender | None = None
    sport: int = 0
    receiver: Sender | None = None
    listener: str = ""
    answers: str = ""
    closed: bool = False
    burst: bool = False
    calls: int = 0
    user: int = 0
    banned_answer: str = ""
    lab_ports: tuple[int, ...] = ()

    def request(self) -> dict[str, object]:
        extra = {"sender": self.sender and asdict(self.sender), "receiver": self.receiver and asdict(self.receiver),
                 "sport": self.sport, "listener": self.listener, "answers": self.answers, "closed": self.closed,
                 "burst": self.burst, "calls": self.calls, "user": self.user, "banned_answer": self.banned_answer,
                 "lab_ports": self.lab_ports}  # fmt: skip
        return {
            "from": self.source, "to": self.target, "port": self.port, "family": self.family, "proto": self.proto,
            "wait": WAIT, "border": self.border.request() if self.border else None,
            **{name: value for name, value in extra.items() if value},
        }  # fmt: skip

    @property
    def origin(self) -> str:
        """Who sends it, for people."""
        if self.user:
            return f"{self.source}, user {self.user}"
        return f"{self.sender or self.source}, port {self.sport}" if self.sender or self.sport else self.source

    @property
    def place(self) -> str:
        port = {"other": f"protocol {self.port}", "icmp": "ping"}.get(self.proto, f"{self.port}/{self.proto}")
        extra = " (drawn, where something listens)" if self.listener else ""
        if self.target in (EVERYWHERE, LINK_LOCAL):
            where = "any address of the machine" if self.target == EVERYWHERE else "the address of the machine's own card"
            return f"{where}, {port}{extra}"
        is_bare = ":" not in self.target or self.target.startswith("container:")
        return f"{self.target if is_bare else f'[{self.target}]'}:{port}{extra}"

    def __str__(self) -> str:
        return f"from {self.origin} to {self.place}"


@dataclass(frozen=True)
class Result:
    """answer: the last line of the answer; ms: milliseconds until the verdict; border: what the machine's card saw, if that
    contradicts the verdict (guest/prober/border.py)."""

    verdict: Verdict
    answer: str
    detail: str
    ms: int
    border: BorderState = ""

    @property
    def got_through(self) -> bool:
        return self.verdict == "open"

    @property
    def fault(self) -> str:
        """Why the verdict says nothing about the machine; empty if it does."""
        return _FAULTS.get(self.border, "")

    def __str__(self) -> str:
        texts = {"open": f"open, answered “{self.answer}”" if self.answer else f"open, {self.detail}"}
        return texts.get(self.verdict, f"{self.verdict} ({self.detail})") + (f", but {self.fault}" if self.fault else "")


@dataclass(frozen=True)
class Place:
    """Where a program passes on what it is sent."""

    address: str
    port: int


@dataclass(frozen=True)
class Trace:
    """Raw lines of `nft monitor trace` for one probe and for the answers to it, its result, which program listens on its port,
    and, if that passes everything on, to which address and port."""

    lines: tuple[str, ...]
    result: Result | None
    error: str = ""
    listener: str = ""
    answers: tuple[str, ...] = ()
    onward: Place | None = None
