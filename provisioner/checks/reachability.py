"""The map of a lab: who reaches what, as its exercises want it and as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from provisioner.checks.net import Net
from provisioner.checks.observation import Observation
from provisioner.content.expectation import Expectation, Family
from provisioner.content.lab import Exercise, Lab

LOST = "lost outside"  # in a zone, or in the switch: tells nothing about the machine


class ExpectationCollector:
    """A pytest plugin in which checks say what they expect, and nothing is sent."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        self.number = {str(e.test): e.number for e in exercises}
        self.heard: list[tuple[int, Expectation]] = []

    @pytest.fixture
    def net(self, request: pytest.FixtureRequest) -> "ExpectationCollector":
        self._now = self.number[str(request.path)]
        return self

    @pytest.fixture
    def host(self) -> "SkipHost":
        return SkipHost()

    def expect(self, *expectations: Expectation) -> None:
        self.heard += [(self._now, e) for e in expectations]

    def expect_at_last(self, *expectations: Expectation) -> None:
        """Not asked ahead, beside all others."""

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
    """In testinfra's place: a check speaks until it asks something of the machine itself."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as testinfra's
        pytest.skip("what it asks of the machine is not on the map")


@dataclass(frozen=True)
class Cell:
    """One way through the networks. wanted_by: the exercises whose expectation is in `wanted`."""

    source: str
    target: str
    port: int
    proto: str
    family: Family
    wanted: bool
    wanted_by: tuple[int, ...]
    observed: str

    @property
    def good(self) -> bool:
        return (self.observed == "open") == self.wanted and self.observed != LOST


def survey(lab: Lab, net: Net, heard: list[tuple[int, Expectation]]) -> Iterator[Cell]:
    """All that the exercises speak of, asked in one batch. Where two exercises disagree, the later one counts."""
    wanted: dict[tuple[str, str, Family], tuple[Expectation, tuple[int, ...]]] = {}
    for number, e in heard:
        for probe, _ in net.askable(e):
            key = (e.source, e.target, probe.family)
            before = wanted.get(key)
            same = before is not None and before[0].through == e.through
            wanted[key] = (e, (*(before[1] if before and same else ()), number))
    one_each = {key: Expectation(e.source, e.target, e.through, (key[2],)) for key, (e, _) in wanted.items()}
    theirs: dict[Expectation, list[Observation]] = {}
    for o in net.observe(*one_each.values()):
        theirs.setdefault(o.expectation, []).append(o)
    for key, (e, numbers) in wanted.items():
        o = next((o for o in theirs[one_each[key]] if not o.good), theirs[one_each[key]][0])  # of strangers the one who tells
        p, by = o.probe, tuple(sorted(set(numbers)))
        seen_open = o.result.got_through and (o.good or not e.through)
        observed = LOST if o.result.fault else "open" if seen_open else o.result.verdict
        yield Cell(e.source, e.target, p.port, p.proto, p.family, e.through, by, observed)
