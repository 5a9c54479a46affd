"""What came of an expectation's packets, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provisioner.checks.probe_client import Probe, Result
from provisioner.content.expectation import Expectation

EXPLAINED = 6  # traces for one failed test


@dataclass(frozen=True)
class Observation:
    expectation: Expectation
    probe: Probe
    result: Result
    answer: str  # how the right answer begins; empty where any will do

    @property
    def good(self) -> bool:
        if self.result.fault:  # somebody has changed the outside: that is no verdict about the machine
            return False
        if not self.expectation.through:
            return not self.result.got_through
        return self.result.got_through and self.result.answer.startswith(self.answer)

    @property
    def wrongly_open(self) -> bool:
        """No waiting will close it."""
        return not self.expectation.through and self.result.got_through

    @property
    def outcome(self) -> str:
        wanted = "no answer" if not self.expectation.through else f"an answer “{self.answer}”" if self.answer else "an answer"
        who = f": somebody has changed the outside ({self.probe.border})" if self.result.fault else ""
        return f"{self.result}{who}; expected {wanted}"

    def __str__(self) -> str:
        return f"{self.probe}: {self.outcome}"


def grouped(seen: Sequence[Observation]) -> list[tuple[str, list[Observation]]]:
    """One line for all sources that saw the same of the same addresses; with each, what it stands for."""
    routes: dict[tuple[str, str, int, str], list[Observation]] = {}
    for o in seen:
        routes.setdefault((o.outcome, o.probe.origin, o.probe.port, o.probe.proto), []).append(o)
    lines: dict[tuple[str, tuple[str, ...]], list[Observation]] = {}
    for (outcome, *_), theirs in routes.items():
        places = tuple(dict.fromkeys(o.probe.place for o in theirs))
        lines.setdefault((outcome, places), []).extend(theirs)
    return [
        (f"from {_list(o.probe.origin for o in them)} to {_list(places)}: {outcome}", them)
        for (outcome, places), them in lines.items()
    ]


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def routes(bad: Sequence[Observation]) -> list[Probe]:
    """One probe for each target and family; of those, as many as a reader bears."""
    one_each = {(o.expectation.target, o.probe.family): o.probe for o in reversed(bad)}
    return list(reversed(one_each.values()))[:EXPLAINED]
