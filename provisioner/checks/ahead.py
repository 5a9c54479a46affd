"""What the checks of a run will ask, asked at once: the silences that closed ports are told by pass side by side."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from .expectation import Expectation
from .observation import Observation, ways
from .prober import Probe, Result

if TYPE_CHECKING:
    from .net import Net


class Ahead:
    """heard: exercises' numbers with what they expect. Empty, it knows nothing, and all is asked when it is asked for."""

    def __init__(self, heard: Sequence[tuple[int, Expectation]] = ()) -> None:
        self._heard = heard
        self._results: dict[Probe, Result] = {}

    def ask(self, net: "Net", exercises: Collection[int]) -> None:
        """One batch for these exercises, in place of what an earlier one brought; and one that follows what got through
        and must not, which no waiting will change."""
        plan = [(n, e, *found) for n, e in self._heard if n in exercises for found in net.askable(e)]
        probes = list(dict.fromkeys(probe for _, _, probe, _ in plan))
        self._results = dict(zip(probes, net.prober.send(probes), strict=True)) if probes else {}
        if net.explain:
            seen = [(n, Observation(e, probe, self._results[probe], answer)) for n, e, probe, answer in plan]
            wrong = {n: [o for m, o in seen if m == n and not o.good and not o.expectation.through] for n in exercises}
            net.reasons.follow(net.prober, [probe for bad in wrong.values() for probe in ways(bad)])

    def results(self, probes: Sequence[Probe]) -> list[Result] | None:
        """None where not all of them were asked, or one is to be asked several times: then that is the question."""
        if len(set(probes)) < len(probes) or not self._results.keys() >= set(probes):
            return None
        return [self._results[probe] for probe in probes]
