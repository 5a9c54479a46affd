"""The host side of the prober: one channel over the seat's SSH connection, a batch of probes per exchange."""

import base64
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from provisioner.checks.evidence import Evidence
from provisioner.checks.probe import Probe, Result, Trace
from provisioner.core import text
from provisioner.core.errors import MachineError
from provisioner.core.guest_input import BadAnswer, TooLate, decode, fit
from provisioner.core.paths import PACKAGE
from provisioner.core.process import Conversation
from provisioner.core.progress import waiting
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

T = TypeVar("T")

_PROBER = "provisioner.guest.prober"
_MODULES = (  # in the order of their imports
    "engine", "load", "namespaces", "strangers", "vantage", "border", "listeners", "calls", "probe", "trace", "measure",
    "evidence", "serve",
)  # fmt: skip
# Timeouts in seconds. A machine on a busy host may take half a minute per packet, and more for Docker's answers.
START = 120.0  # until the prober is ready, the login included
EXCHANGE, PER_PROBE = 180.0, 1.0  # for a batch, and for each probe in it
MEASUREMENT = 600.0  # a check's program may take long
QUIET = 10.0  # after which a message says what is waited for
MAX_BYTES = 4 << 20  # bytes of an answer
READY = "ready"  # its first line (guest/prober/serve.py)
MAX_TRACE_LINE = 2000  # characters of a line of a trace
MAX_TEXT = 200  # characters of a service's answer
# Runs in the machine: creates modules from the sources in the first line of its input.
_START = """\
import base64, json, sys, types, zlib
for name, source in json.loads(zlib.decompress(base64.b64decode(sys.stdin.readline()))):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    exec(compile(source, name, "exec"), module.__dict__)
"""


class Prober:
    """A context manager that keeps the channel open. Raises MachineError where the machine cannot probe."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._channel: Conversation | None = None
        self._timeout: TooLate | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the channel at once; the next batch opens a new one (as after a reboot)."""
        self._timeout = None
        self._end()

    def _end(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.end()

    def send(self, probes: list[Probe]) -> list[Result]:
        """Sends all probes concurrently; returns the results in the same order."""
        return [_limit_texts(r) for r in self._batch("probes", probes, Result)]

    def trace(self, probes: Sequence[Probe]) -> list[Trace]:
        """Sends all probes concurrently while the kernel traces them; 2 s in total."""
        return [
            replace(
                t,
                lines=tuple(text.line(line, MAX_TRACE_LINE) for line in t.lines),
                answers=tuple(text.line(line, MAX_TRACE_LINE) for line in t.answers),
                result=t.result and _limit_texts(t.result),
                listener=text.line(t.listener, MAX_TEXT),
                error=text.line(t.error, MAX_TEXT),
                onward=t.onward and replace(t.onward, address=text.line(t.onward.address, MAX_TEXT)),
            )
            for t in self._batch("trace", probes, Trace)
        ]

    def _batch(self, request: str, probes: Sequence[Probe], kind: type[T]) -> tuple[T, ...]:
        patience = EXCHANGE + PER_PROBE * len(probes)
        answers = self._exchange({request: [p.request() for p in probes]}, tuple[kind, ...], patience)  # type: ignore[valid-type]
        if len(answers) != len(probes):
            raise BadAnswer(f"the machine answered {len(answers)} of {len(probes)} probes")
        return answers

    def measure(self, program: str) -> object:
        """What a program leaves in `seen` (guest/prober/measure.py), as JSON has it."""
        return self._exchange({"measure": program}, object, MEASUREMENT)

    def collect_evidence(self, omitted: Sequence[str], *, history: bool) -> Evidence:
        """What the machine is like (guest/prober/evidence.py). omitted: names of files that are not the learner's."""
        return self._exchange({"evidence": {"omitted": list(omitted), "history": history}}, Evidence, EXCHANGE)

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
        if self._timeout:
            raise self._timeout
        try:
            answer = decode(self._answer(json.dumps(request), patience), dict[str, object])
            if "results" in answer:
                return fit(answer["results"], kind)
        except BaseException as error:
            self._end()
            self._timeout = error if isinstance(error, TooLate) else None
            raise
        raise MachineError("the machine cannot be asked this", evidence=text.block(str(answer.get("error"))[:2000]))

    def _answer(self, request: str, patience: float) -> bytes:
        channel, is_starting = self._channel, self._channel is None
        if channel is None:
            python = ssh.command(self._seat, "/usr/bin/python3", "-I", "-S", "-u", "-c", _START)
            channel = self._channel = Conversation(python, MAX_BYTES)
            request = f"{_pack(_sources())}\n{request}"
        deadline = time.monotonic() + (START if is_starting else patience)
        try:
            channel.say(request, deadline)
            if is_starting:
                if decode(self._line(channel, deadline), str) != READY:
                    raise BadAnswer("the machine's prober does not say that it is ready")
                is_starting, deadline = False, time.monotonic() + patience
            return self._line(channel, deadline)
        except TooLate:
            problem = f"did not start within {START:.0f} s" if is_starting else f"did not answer within {patience:.0f} s"
            raise TooLate(
                f"the prober in the machine (/usr/bin/python3, as root) {problem}: the guest did not answer in time",
                hint="look into the machine with lab ssh; lab reset gives its beginning back",
            ) from None

    def _line(self, channel: Conversation, deadline: float) -> bytes:
        try:
            line = channel.hear(min(deadline, time.monotonic() + QUIET))
        except TooLate:
            remaining_seconds = deadline - time.monotonic()
            with waiting(f"waiting for the machine's answer, at most {max(0, remaining_seconds):.0f} s more"):
                line = channel.hear(deadline)
        if line is None:
            raise MachineError("the machine cannot send probes", evidence=channel.complaints(), hint="lab reset puts it right")
        return line


def _sources() -> str:
    """The source of all that runs in the machine, as JSON; the last module is the program."""
    packages = [(name, "") for name in ("provisioner", "provisioner.guest", _PROBER)]
    modules = [(f"{_PROBER}.{m}", (PACKAGE / "guest" / "prober" / f"{m}.py").read_text(encoding="utf-8")) for m in _MODULES]
    return json.dumps([*packages, *modules, ("start", f"from {_PROBER} import {_MODULES[-1]} as program\nprogram.main()")])


def _pack(sources: str) -> str:
    """As one line. Smaller than a pipe (64 KiB): it is gone before anybody reads it, and what the machine says is read."""
    return base64.b64encode(zlib.compress(sources.encode())).decode()


def _limit_texts(result: Result) -> Result:
    """Limits what a service answered to one line each."""
    return replace(result, answer=text.line(result.answer, MAX_TEXT), detail=text.line(result.detail, MAX_TEXT))
