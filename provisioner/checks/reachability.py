"""The map of a lab: who reaches what, as its exercises expect it and as observed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from provisioner.checks.addressing import Addressing
from provisioner.checks.draw import Draw
from provisioner.checks.net import Net
from provisioner.checks.observation import Observation
from provisioner.content.expectation import Expectation, Family, parse_target, strangers_of
from provisioner.content.lab import Exercise, Lab
from provisioner.core.outcome import CannotTell
from provisioner.progress.prediction import Way

MOST_WAYS = 8  # that somebody is asked about at once
LOST = "lost outside"  # in a zone or in the switch: no information about the machine


class ExpectationCollector:
    """A pytest plugin that collects what checks expect, and sends nothing."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        self.number = {str(e.test): e.number for e in exercises}
        self.collected: list[tuple[int, Expectation]] = []

    @pytest.fixture
    def net(self, request: pytest.FixtureRequest) -> "ExpectationCollector":
        self._number = self.number[str(request.path)]
        return self

    @pytest.fixture
    def host(self) -> "SkipHost":
        return SkipHost()

    def expect(self, *expectations: Expectation) -> None:
        self.collected += [(self._number, e) for e in expectations]

    def expect_at_last(self, *expectations: Expectation) -> None:
        """Not prefetched: it must not run beside other probes."""

    def observe(self, *_: Expectation) -> None:
        pytest.skip("what a check only looks at, and judges by itself, is not on the map")

    def measure(self, _: str) -> None:
        pytest.skip("what it asks of the machine is not on the map")

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "survives(*moments): of no matter here")
        config.addinivalue_line("markers", "after(*moments): not collected here")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if not item.get_closest_marker("after")]  # what is not there yet


class SkipHost:
    """Replaces testinfra's host: skips the rest of a check as soon as it uses the machine."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as testinfra's
        pytest.skip("what it asks of the machine is not on the map")


@dataclass(frozen=True)
class Cell:
    """One route through the networks. wanted_by: the exercises whose expectation is in `wanted`."""

    source: str
    target: str
    port: int
    proto: str
    family: Family
    wanted: bool
    wanted_by: tuple[int, ...]
    observed: str

    @property
    def way(self) -> Way:
        return Way(self.source, self.target, self.family)

    @property
    def good(self) -> bool:
        return (self.observed == "open") == self.wanted and self.observed != LOST


def ways_of(exercise: Exercise) -> list[Way]:
    """Some connections that an exercise is about, between those who have names, in the order of its check: of those that must
    get through and of those that must not. Sends nothing."""
    from provisioner.checks.run import expectations

    lab = exercise.lab
    addressing = Addressing(lab.manifest, "", Draw(lab.manifest, ""))
    wanted: dict[Way, bool] = {}
    for _, e in expectations(lab, [exercise]):
        target = parse_target(e.target)
        if strangers_of(e.source) or strangers_of(target.name) or target.any_port or target.network or target.proto == "icmp":
            continue
        with suppress(CannotTell):
            wanted |= dict.fromkeys((Way(e.source, e.target, probe.family) for probe, _ in addressing.probes(e)), e.through)
    closed = [way for way, through in wanted.items() if not through]
    open_ = [way for way, through in wanted.items() if through]
    half = MOST_WAYS // 2
    selection = {*closed[: max(half, MOST_WAYS - len(open_))], *open_[: max(half, MOST_WAYS - len(closed))]}
    return [way for way in wanted if way in selection]


def survey(lab: Lab, net: Net, collected: list[tuple[int, Expectation]]) -> Iterator[Cell]:
    """Probes all expectations of the exercises in one batch. Where two exercises disagree, the later one counts."""
    expected: dict[tuple[str, str, Family], tuple[Expectation, tuple[int, ...]]] = {}
    for number, e in collected:
        for probe, _ in net.try_probes(e):
            key = (e.source, e.target, probe.family)
            previous = expected.get(key)
            agrees = previous is not None and previous[0].through == e.through
            expected[key] = (e, (*(previous[1] if previous and agrees else ()), number))
    expectations = {key: Expectation(e.source, e.target, e.through, (key[2],)) for key, (e, _) in expected.items()}
    observations: dict[Expectation, list[Observation]] = {}
    for o in net.observe(*expectations.values()):
        observations.setdefault(o.expectation, []).append(o)
    for key, (e, numbers) in expected.items():
        candidates = observations[expectations[key]]
        o = next((o for o in candidates if not o.good), candidates[0])  # of several strangers the one with the bad result
        p, exercises = o.probe, tuple(sorted(set(numbers)))
        is_open = o.result.got_through and (o.good or not e.through)
        observed = LOST if o.result.fault else "open" if is_open else o.result.verdict
        yield Cell(e.source, e.target, p.port, p.proto, p.family, e.through, exercises, observed)
