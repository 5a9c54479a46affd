"""What the checks of a run will ask, asked at once: the silences that closed ports are told by pass side by side."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from .expectation import Expectation
from .prober import Probe, Result

if TYPE_CHECKING:
    from .net import Net


class Ahead:
    """heard: exercises' numbers with what they expect. Empty, it knows nothing, and all is asked when it is asked for."""

    def __init__(self, heard: Sequence[tuple[int, Expectation]] = ()) -> None:
        self._heard = heard
        self._results: dict[Probe, Result] = {}

    def ask(self, net: "Net", exercises: Collection[int]) -> None:
        """One batch for these exercises, in place of what an earlier one brought."""
        probes = {probe for number, e in self._heard if number in exercises for probe, _ in net.askable(e)}
        self._results = dict(zip(probes, net.prober.send([*probes]), strict=True)) if probes else {}

    def results(self, probes: Sequence[Probe]) -> list[Result] | None:
        """None where not all of them were asked, or one is to be asked several times: then that is the question."""
        if len(set(probes)) < len(probes) or not self._results.keys() >= set(probes):
            return None
        return [self._results[probe] for probe in probes]
