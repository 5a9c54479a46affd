"""Where somebody's prediction and the machine differ, and the rule that decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.checks.net import Net
from provisioner.checks.reachability import LOST, Cell
from provisioner.checks.trace_explained import explain
from provisioner.content.expectation import Expectation
from provisioner.progress.prediction import Prediction, Way


@dataclass(frozen=True)
class Surprise:
    """guess: whether it was thought to get through. reasons: sentences from the trace; none if it could not be traced."""

    way: Way
    guess: bool
    reasons: tuple[str, ...]


def find_surprises(net: Net, cells: Sequence[Cell], prediction: Prediction) -> list[Surprise]:
    """cells: what was observed. A connection that was lost outside of the machine says nothing."""
    observed = {cell.way: cell.observed == "open" for cell in cells if cell.observed != LOST}
    wrong = {way: guess for way, guess in prediction.guesses.items() if observed.get(way, guess) != guess}
    probes = [probe for way in wrong for probe, _ in net.probes(Expectation(way.source, way.target, True, (way.family,)))[:1]]
    explanations = explain(net.prober, probes) if probes else []
    return [
        Surprise(way, guess, tuple(explanation.sentences) if explanation else ())
        for (way, guess), explanation in zip(wrong.items(), explanations, strict=True)
    ]
