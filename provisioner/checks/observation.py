"""What came of an expectation's packets, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from provisioner.checks.probe_client import Probe, Result
from provisioner.content.expectation import EVERYWHERE, Expectation

EXPLAINED = 6  # traces for one failed test
SHOWN = 3  # strangers, or places, in one line


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
    def place(self) -> str:
        """Where it was asked; if at all addresses, the one that tells."""
        _, at, address = self.result.detail.rpartition(", at ")
        return replace(self.probe, target=address).place if at and self.probe.target == EVERYWHERE else self.probe.place

    @property
    def outcome(self) -> str:
        wanted = "no answer" if not self.expectation.through else f"an answer “{self.answer}”" if self.answer else "an answer"
        who = f": somebody has changed the outside ({self.probe.border})" if self.result.fault else ""
        return f"{self.result}{who}; expected {wanted}"

    def __str__(self) -> str:
        return f"{self.probe}: {self.outcome}"


def grouped(seen: Sequence[Observation]) -> list[tuple[str, list[Observation]]]:
    """One line for all sources that saw the same of the same addresses; with each, what it stands for. Strangers are told of
    where no zone that has a name saw the same: they stand for all others."""
    named = {(o.expectation.target, o.probe.family, o.outcome) for o in seen if not o.probe.sender}
    told = [o for o in seen if not o.probe.sender or (o.expectation.target, o.probe.family, o.outcome) not in named]
    routes: dict[tuple[str, str, int, str], list[Observation]] = {}
    for o in told:
        whose = o.probe.sender.network if o.probe.sender else o.probe.source
        routes.setdefault((o.outcome, whose, o.probe.port, o.probe.proto), []).append(o)
    lines: dict[tuple[str, tuple[str, ...]], list[Observation]] = {}
    for (outcome, *_), theirs in routes.items():
        places = tuple(dict.fromkeys(o.place for o in theirs))
        lines.setdefault((outcome, places), []).extend(theirs)
    return [
        (f"from {_list(_origins(them))} to {_list(_few(places))}: {outcome}", them) for (outcome, places), them in lines.items()
    ]


def _origins(seen: Sequence[Observation]) -> list[str]:
    """Zones by their names; of the strangers in one network, a few with their addresses."""
    names = [o.probe.source for o in seen if not o.probe.sender]
    strangers: dict[str, list[str]] = {}
    for o in seen:
        if o.probe.sender:
            strangers.setdefault(o.probe.sender.network, []).append(f"{o.probe.sender.where} port {o.probe.sport}")
    return [*names, *(f"strangers in {network} ({_list(_few(theirs))})" for network, theirs in strangers.items())]


def _few(words: Iterable[str]) -> list[str]:
    all_of_them = list(dict.fromkeys(words))
    more = len(all_of_them) - SHOWN
    return [*all_of_them[:SHOWN], f"{more} more"] if more > 1 else all_of_them


def _list(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def routes(bad: Sequence[Observation]) -> list[Probe]:
    """One probe for each target and family; of those, as many as a reader bears."""
    one_each = {(o.expectation.target, o.probe.family): o.probe for o in reversed(bad)}
    return list(reversed(one_each.values()))[:EXPLAINED]
