"""What a machine is like, as it says: its rules, addresses, containers and files; and what a check asked of it and saw."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provisioner.core.outcome import CannotTell

if TYPE_CHECKING:
    from provisioner.checks.addressing import Addressing
    from provisioner.checks.probe import Probe, Result, Trace
    from provisioner.content.expectation import Expectation


@dataclass(frozen=True)
class Output:
    """What a command said. code: -1 where it could not be run; is_whole: it is all of it, exactly."""

    command: str
    code: int
    text: str
    is_whole: bool


@dataclass(frozen=True)
class GuestFile:
    path: str
    mode: int
    owner: int
    text: str
    is_whole: bool


@dataclass(frozen=True)
class Evidence:
    """units: names of the administrator's own that are enabled. history: files of commands that were typed."""

    versions: dict[str, str]
    outputs: tuple[Output, ...]
    files: tuple[GuestFile, ...]
    units: tuple[str, ...]
    history: tuple[GuestFile, ...]

    def text_of(self, command: str) -> str:
        """Of a command that was run; empty if it was not."""
        return next((output.text for output in self.outputs if output.command == command), "")


@dataclass(frozen=True)
class Connection:
    """One exchange of packets. wanted: empty where the check judged it by itself, and is_good is None then; trace: the kernel's
    lines about it."""

    probe: str
    wanted: Literal["open", "closed", ""]
    observed: str
    is_good: bool | None
    trace: tuple[str, ...] = ()


def list_connections(
    results: "dict[Probe, Result]", traces: "dict[Probe, Trace]", expectations: "Sequence[Expectation]",
    addressing: "Addressing",
) -> list[Connection]:  # fmt: skip
    """What became of each probe, and what the check's sentences want of it."""
    from provisioner.checks.observation import Observation

    wanted: dict[Probe, tuple[Expectation, str]] = {}
    for expectation in expectations:
        with suppress(CannotTell):
            wanted |= {probe: (expectation, answer) for probe, answer in addressing.probes(expectation)}
    connections = []
    for probe, result in results.items():
        trace = traces.get(probe)
        lines = (*trace.lines, *trace.answers) if trace else ()
        if probe in wanted:
            expectation, answer = wanted[probe]
            observation = Observation(expectation, probe, result, answer)
            state: Literal["open", "closed"] = "open" if expectation.through else "closed"
            connections.append(Connection(str(probe), state, str(result), observation.good, lines))
        else:
            connections.append(Connection(str(probe), "", str(result), None, lines))
    return connections
