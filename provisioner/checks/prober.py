"""The host's end of the prober: one channel over the seat's SSH connection, a batch of probes per exchange."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from .. import ssh
from ..errors import MachineError
from ..home import PACKAGE
from ..seat import Seat

Verdict = Literal["open", "refused", "filtered", "unreachable", "absent", "broken"]
Seen = Literal["", "lost", "answered", "unanswered", "unseen"]
_FAULTS: dict[str, str] = {
    "lost": "the packet did not reach the machine", "answered": "the machine answered, and the answer was lost outside",
    "unanswered": "the packet left the machine, and was lost outside",
}  # fmt: skip
WAIT = 2.0  # seconds without an answer until a probe counts as filtered: one SYN is sent again within it
_MODULES = ("engine", "vantage", "border", "probe", "trace", "measure", "serve")  # of guest/, each after what it needs
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


@dataclass(frozen=True)
class Probe:
    """One packet exchange: from a zone to an address (or container:NAME, or gateway) and a port. border: None where it
    comes by no card of a zone's network."""

    source: str
    target: str
    port: int
    family: Literal[4, 6] = 4
    proto: Literal["tcp", "udp"] = "tcp"
    border: Border | None = None

    def request(self) -> dict[str, object]:
        return {
            "from": self.source, "to": self.target, "port": self.port, "family": self.family, "proto": self.proto,
            "wait": WAIT, "border": self.border.request() if self.border else None,
        }  # fmt: skip

    @property
    def place(self) -> str:
        bare = ":" not in self.target or self.target.startswith("container:")
        return f"{self.target if bare else f'[{self.target}]'}:{self.port}/{self.proto}"

    def __str__(self) -> str:
        return f"from {self.source} to {self.place}"


@dataclass(frozen=True)
class Result:
    """What came back. answer: the last line that the other side said; ms: milliseconds until the verdict; border: what the
    machine's card saw, where that tells against the verdict (guest/border.py)."""

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
        self._channel: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the channel; the next batch opens a new one (as after a reboot)."""
        if self._channel is not None:
            self._channel.kill()
            self._channel.communicate()
            self._channel = None

    def send(self, probes: list[Probe]) -> list[Result]:
        """All probes at once, concurrently; the results in the same order."""
        answers = self._exchange({"probes": [p.request() for p in probes]})
        return [Result(**{**answer, "answer": _harmless(answer["answer"])}) for answer in answers]

    def trace(self, probes: Sequence[Probe]) -> list[Trace]:
        """Sends all probes at once under the kernel's eyes; 2 s for all of them."""
        answers = self._exchange({"trace": [p.request() for p in probes]})
        return [_trace(answer) for answer in answers]

    def measure(self, program: str) -> Any:  # noqa: ANN401 - JSON
        """What a program leaves in `seen` (guest/measure.py), as JSON has it."""
        return self._exchange({"measure": program})

    def idle(self, pause: float) -> tuple[float, float]:
        """Waits so many seconds. Returns the share of the time since the last call, 0 to 1, in which the machine had
        nothing to do, and how many seconds that was."""
        share, seconds = self._exchange({"idle": pause})
        return float(share), float(seconds)

    def _exchange(self, request: dict[str, object]) -> Any:  # noqa: ANN401 - JSON
        channel = self._open()
        assert channel.stdin is not None
        assert channel.stdout is not None
        try:
            channel.stdin.write(json.dumps(request) + "\n")
            channel.stdin.flush()
            line = channel.stdout.readline()
        except OSError:
            line = ""
        if not line:
            channel.kill()
            said = channel.communicate()[1]
            self._channel = None
            raise MachineError("the machine cannot send probes", evidence=said, hint="lab reset puts it right")
        answer = json.loads(line)
        if "error" in answer:
            raise MachineError("the machine cannot be asked this", evidence=str(answer["error"]))
        return answer["results"]

    def _open(self) -> "subprocess.Popen[str]":
        if self._channel is None:
            self._channel = subprocess.Popen(
                ssh.command(self._seat, "/usr/bin/python3", "-I", "-S", "-u", "-c", _START),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert self._channel.stdin is not None
            self._channel.stdin.write(_sources() + "\n")
        return self._channel


def _sources() -> str:
    """All that runs in the machine, as one line; the last module is the program."""
    packages = [(name, "") for name in ("provisioner", "provisioner.guest")]
    modules = [(f"provisioner.guest.{m}", (PACKAGE / "guest" / f"{m}.py").read_text(encoding="utf-8")) for m in _MODULES]
    return json.dumps([*packages, *modules, ("start", f"from provisioner.guest import {_MODULES[-1]} as it\nit.main()")])


def _trace(answer: dict[str, Any]) -> Trace:
    result = Result(**answer["result"]) if answer["result"] else None
    return Trace(tuple(answer["lines"]), result, answer["error"], answer["listener"])


def _harmless(said: str) -> str:
    """What a service answered goes to a terminal: no escape sequences, and not a whole page."""
    return "".join(c if c.isprintable() else "·" for c in said[:200])
