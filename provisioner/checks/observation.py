"""Observations: what became of the packets of an expectation, and how that is described."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from provisioner.checks.probe import Probe, Result
from provisioner.content.expectation import EVERYWHERE, Expectation

MAX_TRACES = 6  # traces for one failed test
MAX_SHOWN = 3  # strangers, or places, in one line


@dataclass(frozen=True)
class Observation:
    expectation: Expectation
    probe: Probe
    result: Result
    answer: str  # how the right answer begins; empty where any will do

    @property
    def good(self) -> bool:
        if self.result.fault:  # the network outside was changed: no verdict about the machine
            return False
        if not self.expectation.through:
            return not self.result.got_through
        return self.result.got_through and self.result.answer.startswith(self.answer)

    @property
    def wrongly_open(self) -> bool:
        """Open although it must be closed, which waiting does not change."""
        return not self.expectation.through and self.result.got_through

    @property
    def place(self) -> str:
        """The address and port asked; of all addresses, the one that decided."""
        _, at, address = self.result.detail.rpartition(", at ")
        return replace(self.probe, target=address).place if at and self.probe.target == EVERYWHERE else self.probe.place

    @property
    def outcome(self) -> str:
        expected_answer = (
            "no answer" if not self.expectation.through else f"an answer “{self.answer}”" if self.answer else "an answer"
        )
        blame = f": somebody has changed the outside ({self.probe.border})" if self.result.fault else ""
        return f"{self.result}{blame}; expected {expected_answer}"

    def __str__(self) -> str:
        return f"{self.probe}: {self.outcome}"


def group_observations(observations: Sequence[Observation]) -> list[tuple[str, list[Observation]]]:
    """One line for all sources with the same outcome at the same addresses; with each line, its observations. Strangers are
    left out where a zone with a name has the same outcome: they stand for all others."""
    named = {(o.expectation.target, o.probe.family, o.outcome) for o in observations if not o.probe.sender}
    by_outcome: dict[tuple[str, str, int, str], list[Observation]] = {}
    for o in observations:
        if not o.probe.sender or (o.expectation.target, o.probe.family, o.outcome) not in named:
            group = o.probe.sender.network if o.probe.sender else o.probe.source
            by_outcome.setdefault((o.outcome, group, o.probe.port, o.probe.proto), []).append(o)
    lines: dict[tuple[str, tuple[str, ...]], list[Observation]] = {}
    for (outcome, *_), members in by_outcome.items():
        places = tuple(dict.fromkeys(o.place for o in members))
        lines.setdefault((outcome, places), []).extend(members)
    return [
        (f"from {_list(_origins(members))} to {_list(_shorten(places))}: {outcome}", members)
        for (outcome, places), members in lines.items()
    ]


def _origins(observations: Sequence[Observation]) -> list[str]:
    """Zones by their names; of the strangers in one network, a few with their addresses."""
    names = [o.probe.origin if o.probe.user else o.probe.source for o in observations if not o.probe.sender]
    strangers: dict[str, list[str]] = {}
    for o in observations:
        if o.probe.sender:
            strangers.setdefault(o.probe.sender.network, []).append(f"{o.probe.sender.where} port {o.probe.sport}")
    return [*names, *(f"strangers in {network} ({_list(_shorten(senders))})" for network, senders in strangers.items())]


def _shorten(words: Iterable[str]) -> list[str]:
    unique = list(dict.fromkeys(words))
    surplus = len(unique) - MAX_SHOWN
    return [*unique[:MAX_SHOWN], f"{surplus} more"] if surplus > 1 else unique


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def select_traces(failures: Sequence[Observation]) -> list[tuple[Probe, bool]]:
    """One probe for each target and family, at most MAX_TRACES of them; with whether it got through."""
    probes = {(o.expectation.target, o.probe.family): (o.probe, o.result.got_through) for o in reversed(failures)}
    return list(reversed(probes.values()))[:MAX_TRACES]
