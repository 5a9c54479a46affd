"""Goes through the steps of a run on a machine, and says what to do instead of what could not be judged there."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Protocol

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.outcome import Verdict
from provisioner.seats.seat import Seat
from provisioner.verify.passes import split
from provisioner.verify.plan import Run, Step
from provisioner.verify.results import Result, could_not, judged

Tell = Callable[[Result], None]


class Machines(Protocol):
    """Where runs get their machines, and what is done on them. All raise LabError."""

    def attempt(self, layer: Layer, lab: Lab, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        """Gives the work a machine that was just started from the layer; another one after an error. The seconds that the last
        attempt took, and its error."""
        ...

    def restart(self, seat: Seat, lab: Lab, layer: Layer) -> None: ...
    def apply(self, seat: Seat, script: Path) -> None: ...
    def ask(self, seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]: ...
    def mark(self, seat: Seat) -> Callable[[], bool] | None:
        """What goes back to where the machine stands now; None where nothing does."""
        ...


def perform(run: Run, machines: Machines, layer: Layer, before: Sequence[Path], tell: Tell) -> list[Run]:
    """Does a run and tells the result of each case. before: scripts by which the state begins that the layer does not have.
    Returns the runs to do instead of what has no result."""
    if run.between == "rewind":
        _rewinding(run, machines, layer, before, tell)
        return []
    return _Keeping(run, machines, layer, before, tell).go()


def _rewinding(run: Run, machines: Machines, layer: Layer, before: Sequence[Path], tell: Tell) -> None:
    """Each step from where the machine began; where it cannot go back, the next one has a new machine."""
    remaining = deque(run.steps)

    def work(seat: Seat) -> None:
        for script in before:
            machines.apply(seat, script)
        goes_back = machines.mark(seat) if len(remaining) > 1 else None
        while remaining:
            step, start = remaining[0], monotonic()
            for script in step.scripts:
                machines.apply(seat, script)
            verdicts = machines.ask(seat, step.asked, disturbing=step.disturbing)
            if step.case:
                tell(judged(step.case, verdicts, monotonic() - start, disturbing=step.disturbing))
            remaining.popleft()
            if not (goes_back and remaining and goes_back()):
                return

    while remaining:
        first = remaining[0]
        seconds, error = machines.attempt(layer, run.state.lab, work)
        if error and remaining and remaining[0] is first:  # a later one has an attempt of its own
            remaining.popleft()
            if first.case:
                tell(could_not(first.case, error, seconds))


class _Keeping:
    """Each step builds on those before it: a route through a lab, or one step by itself."""

    def __init__(self, run: Run, machines: Machines, layer: Layer, before: Sequence[Path], tell: Tell) -> None:
        self.run, self.machines, self.layer, self.before, self.tell = run, machines, layer, before, tell
        self.looked = list[Step]()  # steps without scripts: what they asked has its result
        self.failed: Exercise | None = None  # the first one that was not done
        self.disturbed: Exercise | None = None  # before whose solution the machine was disturbed
        self.verdicts: list[Verdict] = []
        self._at = run.steps[0]  # also where no machine ever started

    def go(self) -> list[Run]:
        seconds, error = self.machines.attempt(self.layer, self.run.state.lab, self._work)
        remaining = replace(self.run, steps=tuple(step for step in self.run.steps if step not in self.looked))
        if not remaining.steps:
            return []
        stopped = self.failed or self.disturbed or (self._at.exercise if error else None)
        if stopped and (parts := split(remaining, stopped)):
            return parts
        if self.disturbed and not error:
            return [remaining]
        share = seconds / len({step.exercise for step in self.run.steps})
        for step in remaining.steps:
            if step.case:
                result = could_not(step.case, error, share) if error else self._judge(step, share)
                self.tell(result)
        return []

    def _judge(self, step: Step, seconds: float) -> Result:
        assert step.case is not None
        return judged(step.case, self.verdicts, seconds, disturbing=step.disturbing)

    def _work(self, seat: Seat) -> None:
        self.failed = self.disturbed = None
        self._at = self.run.steps[0]
        for script in self.before:
            self.machines.apply(seat, script)
        for step in self.run.steps:
            self._at = step
            if not step.scripts:
                if step not in self.looked and not self._look(seat, step):
                    self.disturbed = step.exercise
                    return
            elif not self._do(seat, step):
                self.failed = self._at.exercise
                return

    def _look(self, seat: Seat, step: Step) -> bool:
        """Asks before a solution. Whether the machine is as before: what is not done now has its result with that, and what
        seems to be done is disturbed."""
        assert step.case is not None
        start = monotonic()
        verdicts = self.machines.ask(seat, step.asked, disturbing=False)
        undisturbed = all(v.outcome == step.case.wanted for v in verdicts)
        if not undisturbed:
            verdicts = self.machines.ask(seat, step.asked)
        self.looked.append(step)
        self.tell(judged(step.case, verdicts, monotonic() - start))
        return undisturbed

    def _do(self, seat: Seat, step: Step) -> bool:
        """Whether it is done then; what it must survive is asked at the last step, for all."""
        for script in step.scripts:
            self.machines.apply(seat, script)
        if step is not self.run.steps[-1]:
            (verdict,) = self.machines.ask(seat, [step.exercise], disturbing=False)
            return verdict.outcome in ("done", "not checked")
        if step.reset:
            self.machines.restart(seat, self.run.state.lab, self.layer)
        self.verdicts = self.machines.ask(seat, step.asked, disturbing=step.disturbing)
        if len(self.run.steps) == 1 or all(v.outcome == "done" for v in self.verdicts):
            return True
        self._at = self._first_bad()
        return False

    def _first_bad(self) -> Step:
        """An exercise before the run counts as its first one."""
        bad = {v.number for v in self.verdicts if v.outcome != "done"}
        if not bad <= {step.exercise.number for step in self.run.steps}:
            return self.run.steps[0]
        return next(step for step in self.run.steps if step.exercise.number in bad)
