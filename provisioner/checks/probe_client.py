"""The host's end of the prober: one channel over the seat's SSH connection, a batch of probes per exchange."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Literal, Self, TypeVar

from provisioner.content.expectation import EVERYWHERE, Proto
from provisioner.core import text
from provisioner.core.errors import MachineError
from provisioner.core.guest_input import BadAnswer, TooLate, decode, fit
from provisioner.core.paths import PACKAGE
from provisioner.core.process import Conversation
from provisioner.core.progress import waiting
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

T = TypeVar("T")

Verdict = Literal["open", "refused", "filtered", "unreachable", "absent", "broken"]
Seen = Literal["", "lost", "answered", "unanswered", "unseen"]
_FAULTS: dict[str, str] = {
    "lost": "the packet did not reach the machine", "answered": "the machine answered, and the answer was lost outside",
    "unanswered": "the packet left the machine, and was lost outside",
}  # fmt: skip
WAIT = 2.0  # seconds without an answer until a probe counts as filtered: one SYN is sent again within it
_PROBER = "provisioner.guest.prober"
_MODULES = (  # of it, each after what it needs
    "engine", "namespaces", "strangers", "vantage", "border", "listeners", "probe", "trace", "measure", "serve",
)  # fmt: skip
# Seconds for what a machine answers. A busy host's may take half a minute for each packet, and more for Docker's answers.
START = 120.0  # until it is there, the login included
EXCHANGE, EACH = 180.0, 1.0  # for a batch, and for each probe in it
MEASUREMENT = 600.0  # programs of checks measure how long things take
QUIET = 10.0  # after which a learner is told what is waited for
MOST = 4 << 20  # bytes of an answer
READY = "ready"  # what it says first (guest/prober/serve.py)
TRACED = 2000  # of a line of a trace
LONGEST = 200  # characters of what a service said
# In the machine: modules are made of the sources that come in the first line.
_START = """\
import json, sys, types
for name, source in json.loads(sys.stdin.readline()):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    exec(compile(source, name, "exec"), module.__dict__)
"""


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


OTHER = 253  # the protocol that is neither TCP nor UDP (guest/prober/listeners.py)
LINK_LOCAL = "link-local"  # the address that a card has given itself: the prober knows it


@dataclass(frozen=True)
class Sender:
    """Somebody of a network who was drawn. address: or LINK_LOCAL; length: of its prefix; gateway: the machine's address."""

    network: str
    address: str
    length: int
    gateway: str

    @property
    def where(self) -> str:
        return "the address of its own card" if self.address == LINK_LOCAL else self.address

    def __str__(self) -> str:
        return f"a stranger in {self.network} at {self.where}"


@dataclass(frozen=True)
class Probe:
    """One packet exchange: from a zone to an address (or container:NAME, gateway, everywhere) and a port. border: None where it
    comes by no card of a zone's network. sender, receiver: strangers; sport: the port that it comes from, 0 for any; listener:
    the zone in which something listens meanwhile, and answers: with what; closed: it must not get through."""

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

    def request(self) -> dict[str, object]:
        drawn = {"sender": self.sender and asdict(self.sender), "receiver": self.receiver and asdict(self.receiver),
                 "sport": self.sport, "listener": self.listener, "answers": self.answers, "closed": self.closed}  # fmt: skip
        return {
            "from": self.source, "to": self.target, "port": self.port, "family": self.family, "proto": self.proto,
            "wait": WAIT, "border": self.border.request() if self.border else None,
            **{name: value for name, value in drawn.items() if value},
        }  # fmt: skip

    @property
    def origin(self) -> str:
        """Who sends it, for people."""
        return f"{self.sender}, port {self.sport}" if self.sender else self.source

    @property
    def place(self) -> str:
        port = f"protocol {OTHER}" if self.proto == "other" else f"{self.port}/{self.proto}"
        drawn = " (drawn, where something listens)" if self.listener else ""
        if self.target in (EVERYWHERE, LINK_LOCAL):
            where = "any address of the machine" if self.target == EVERYWHERE else "the address of the machine's own card"
            return f"{where}, {port}{drawn}"
        bare = ":" not in self.target or self.target.startswith("container:")
        return f"{self.target if bare else f'[{self.target}]'}:{port}{drawn}"

    def __str__(self) -> str:
        return f"from {self.origin} to {self.place}"


@dataclass(frozen=True)
class Result:
    """What came back. answer: the last line that the other side said; ms: milliseconds until the verdict; border: what the
    machine's card saw, where that tells against the verdict (guest/prober/border.py)."""

    verdict: Verdict
    answer: str
    detail: str
    ms: int
    border: Seen = ""

    @property
    def got_through(self) -> bool:
        return self.verdict == "open"

    @property
    def fault(self) -> str:
        """Why the verdict is none about the machine; empty where it is."""
        return _FAULTS.get(self.border, "")

    def __str__(self) -> str:
        said = {"open": f"open, answered “{self.answer}”" if self.answer else f"open, {self.detail}"}
        return said.get(self.verdict, f"{self.verdict} ({self.detail})") + (f", but {self.fault}" if self.fault else "")


@dataclass(frozen=True)
class Trace:
    """Raw lines of `nft monitor trace` for one probe, what came of it, and which program listens on its port."""

    lines: tuple[str, ...]
    result: Result | None
    error: str = ""
    listener: str = ""


class Prober:
    """A context manager that keeps the channel open. Raises MachineError where the machine cannot probe."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._channel: Conversation | None = None
        self._given_up: TooLate | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the channel at once; the next batch opens a new one (as after a reboot)."""
        self._given_up = None
        self._end()

    def _end(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.end()

    def send(self, probes: list[Probe]) -> list[Result]:
        """All probes at once, concurrently; the results in the same order."""
        return [_harmless(r) for r in self._batch("probes", probes, Result)]

    def trace(self, probes: Sequence[Probe]) -> list[Trace]:
        """Sends all probes at once under the kernel's eyes; 2 s for all of them."""
        return [
            replace(
                t,
                lines=tuple(text.line(one, TRACED) for one in t.lines),
                result=t.result and _harmless(t.result),
                listener=text.line(t.listener, LONGEST),
                error=text.line(t.error, LONGEST),
            )
            for t in self._batch("trace", probes, Trace)
        ]

    def _batch(self, what: str, probes: Sequence[Probe], kind: type[T]) -> tuple[T, ...]:
        patience = EXCHANGE + EACH * len(probes)
        answers = self._exchange({what: [p.request() for p in probes]}, tuple[kind, ...], patience)  # type: ignore[valid-type]
        if len(answers) != len(probes):
            raise BadAnswer(f"the machine answered {len(answers)} of {len(probes)} probes")
        return answers

    def measure(self, program: str) -> object:
        """What a program leaves in `seen` (guest/prober/measure.py), as JSON has it."""
        return self._exchange({"measure": program}, object, MEASUREMENT)

    def idle(self, pause: float) -> tuple[float, float]:
        """Waits so many seconds. Returns the share of the time since the last call, 0 to 1, in which the machine had
        nothing to do, and how many seconds that was."""
        match self._exchange({"idle": pause}, tuple[float, ...], EXCHANGE + pause):
            case (share, seconds):
                return share, seconds
            case _:
                raise BadAnswer("the machine does not say how long it had nothing to do")

    def _exchange(self, request: dict[str, object], kind: type[T], patience: float) -> T:
        """Raises MachineError. After a bad answer the next exchange has a channel of its own; a machine that did not answer in
        time is not waited for again, by any check of a run."""
        if self._given_up:
            raise self._given_up
        try:
            answer = decode(self._answer(json.dumps(request), patience), dict[str, object])
            if "results" in answer:
                return fit(answer["results"], kind)
        except BaseException as error:
            self._end()
            self._given_up = error if isinstance(error, TooLate) else None
            raise
        raise MachineError("the machine cannot be asked this", evidence=text.block(str(answer.get("error"))[:2000]))

    def _answer(self, request: str, patience: float) -> bytes:
        channel, starts = self._channel, self._channel is None
        if channel is None:
            python = ssh.command(self._seat, "/usr/bin/python3", "-I", "-S", "-u", "-c", _START)
            channel = self._channel = Conversation(python, MOST)
            request = f"{_sources()}\n{request}"
        deadline = time.monotonic() + (START if starts else patience)
        try:
            channel.say(request, deadline)
            if starts:
                if decode(self._line(channel, deadline), str) != READY:
                    raise BadAnswer("the machine's prober does not say that it is ready")
                starts, deadline = False, time.monotonic() + patience
            return self._line(channel, deadline)
        except TooLate:
            late = f"did not start within {START:.0f} s" if starts else f"did not answer within {patience:.0f} s"
            raise TooLate(
                f"the prober in the machine (/usr/bin/python3, as root) {late}: the guest did not answer in time",
                hint="look into the machine with lab ssh; lab reset gives its beginning back",
            ) from None

    def _line(self, channel: Conversation, deadline: float) -> bytes:
        try:
            line = channel.hear(min(deadline, time.monotonic() + QUIET))
        except TooLate:
            left = deadline - time.monotonic()
            with waiting(f"waiting for the machine's answer, at most {max(0, left):.0f} s more"):
                line = channel.hear(deadline)
        if line is None:
            raise MachineError("the machine cannot send probes", evidence=channel.complaints(), hint="lab reset puts it right")
        return line


def _sources() -> str:
    """All that runs in the machine, as one line; the last module is the program."""
    packages = [(name, "") for name in ("provisioner", "provisioner.guest", _PROBER)]
    modules = [(f"{_PROBER}.{m}", (PACKAGE / "guest" / "prober" / f"{m}.py").read_text(encoding="utf-8")) for m in _MODULES]
    return json.dumps([*packages, *modules, ("start", f"from {_PROBER} import {_MODULES[-1]} as program\nprogram.main()")])


def _harmless(result: Result) -> Result:
    """What a service answered is one line of a verdict, and not a whole page."""
    return replace(result, answer=text.line(result.answer, LONGEST), detail=text.line(result.detail, LONGEST))
