"""A check of one exercise that is recorded: what was asked and observed, and what the machine is like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provisioner.checks.addressing import Addressing
from provisioner.checks.draw import Draw
from provisioner.checks.evidence import Connection, Evidence, list_connections
from provisioner.checks.probe import Probe, Result, Trace
from provisioner.checks.probe_client import Prober
from provisioner.content.lab import Exercise
from provisioner.core.outcome import Verdict
from provisioner.core.paths import PACKAGE
from provisioner.seats.seat import Seat

_OWN_FILES = PACKAGE / "guest" / "rootfs"  # of the tool, in machines that are built here


class Recorder(Prober):
    """A prober that remembers the last result and trace of each probe."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.results: dict[Probe, Result] = {}
        self.traces: dict[Probe, Trace] = {}

    def send(self, probes: list[Probe]) -> list[Result]:
        results = super().send(probes)
        self.results.update(zip(probes, results, strict=True))
        return results

    def trace(self, probes: Sequence[Probe]) -> list[Trace]:
        traces = super().trace(probes)
        self.traces.update(zip(probes, traces, strict=True))
        return traces


@dataclass(frozen=True)
class Recording:
    verdict: Verdict
    connections: tuple[Connection, ...]


def check_recorded(exercise: Exercise, seat: Seat, seed: str, tell: Callable[[str], None]) -> Recording:
    """Checks an exercise, and disturbs nothing. seed: of its draws. Raises LabError."""
    from provisioner.checks.run import check, expectations

    lab = exercise.lab
    with Recorder(seat) as recorder:
        (verdict,) = check(lab, seat, [exercise], disruption_target=None, tell=tell, prober=recorder, seed=seed)
    addressing = Addressing(lab.manifest, seat.nonce, Draw(lab.manifest, seed))
    sentences = [expectation for _, expectation in expectations(lab, [exercise])]
    return Recording(verdict, tuple(list_connections(recorder.results, recorder.traces, sentences, addressing)))


def collect(seat: Seat, *, history: bool) -> Evidence:
    """What the machine is like. history: with the commands that the learner has typed. Raises MachineError."""
    own_names = sorted({file.name for file in _OWN_FILES.rglob("*") if file.is_file()})
    with Prober(seat) as prober:
        return prober.collect_evidence(own_names, history=history)
