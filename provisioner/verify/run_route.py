"""Going a route: its solutions one after the other on one machine, each asked, and what they must survive at the end."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.provision import stages
from provisioner.seats.seat import Seat
from provisioner.verify.case import COULD_NOT, Case, Row, told
from provisioner.verify.machine_pool import MachinePool, ask
from provisioner.verify.route import Route, Step, bad, split


class RouteRun:
    """before: what is applied first, so that the way's first exercise begins. say: is told each row that has its verdict."""

    def __init__(self, copies: MachinePool, way: Route, before: Sequence[Path], say: Callable[[Row], None]) -> None:
        self._copies, self._way, self._before, self._say = copies, way, before, say
        self._own = [step.row for step in way if step.row]
        self._trial = Case(self._own[0], (), way[0].exercise.lab.exercises[: way[-1].exercise.number])
        self._at, self._failed, self._disturbed = 0, False, False  # at: the index of the step where it stands

    def go(self, layer: Layer) -> list[Route]:
        """What is to be tried instead, if not all of it was done. The last part is one solution: that is its verdict."""
        seconds, error = self._copies.attempt(self._trial.exercises, layer, self._on)
        if (error or self._failed or self._disturbed) and len(self._way) > 1 and not self._copies.over.is_set():
            return split(self._way, self._at)
        if self._disturbed and not error:
            return [self._way]  # its beginning has its verdict now, and is not asked again
        self._judge(seconds / len(self._way), error)
        return []

    def _on(self, seat: Seat) -> None:
        self._at, self._failed, self._disturbed = 0, False, False
        for script in self._before:
            stages.apply(seat, script)
        for at, step in enumerate(self._way):
            self._at = at
            self._copies.go_on()
            if not self._begins(seat, step):
                self._disturbed = True
                return
            stages.apply(seat, step.script)
            self._copies.go_on()
            if step is not self._way[-1]:  # which is asked with all others
                (verdict,) = ask(seat, [step.exercise], disturbing=False)
                if verdict.outcome not in ("done", "not checked"):
                    self._failed = True
                    return
        verdicts = ask(seat, self._trial.exercises)
        self._trial.judge(verdicts)
        if (first := bad(self._way, verdicts)) is not None:
            self._at, self._failed = first, True

    def _begins(self, seat: Seat, step: Step) -> bool:
        """Asks what is tried before the step's solution, once. Whether the machine is as before: what is not done now has
        its verdict with that, and what seems to be done is disturbed."""
        if not (trial := step.before) or trial.row.outcome:
            return True
        began, undisturbed = monotonic(), True
        verdicts = ask(seat, trial.exercises, disturbing=False)
        if not all(v.outcome == trial.row.wanted for v in verdicts):
            verdicts, undisturbed = ask(seat, trial.exercises), False
        trial.judge(verdicts)
        trial.row.seconds = monotonic() - began
        self._say(trial.row)
        return undisturbed

    def _judge(self, seconds: float, error: LabError | None) -> None:
        """seconds: for each step."""
        rows, verdict = self._own, self._trial.row
        for row in rows:
            row.outcome, row.good, row.lines = verdict.outcome, verdict.good, verdict.lines
        if error:
            rows = rows + [step.before.row for step in self._way if step.before and not step.before.row.outcome]
            for row in rows:
                row.outcome, row.good, row.lines = COULD_NOT, False, told(error)
        for row in rows:
            row.seconds = seconds
            self._say(row)
