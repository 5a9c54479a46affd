"""Performs the steps of a run on a machine, and returns replacement runs for what could not be judged."""

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
from provisioner.verify.results import Result, judge, make_failure

Tell = Callable[[Result], None]


class Machines(Protocol):
    """Provides machines for runs, and the operations on them. All methods may raise LabError."""

    def attempt(self, layer: Layer, lab: Lab, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        """Calls work with a machine that was just started from the layer; after an error once more with another. Returns the
        duration of the last attempt in seconds, and its error."""
        ...

    def restart(self, seat: Seat, lab: Lab, layer: Layer) -> None: ...
    def apply(self, seat: Seat, script: Path) -> None: ...
    def ask(self, seat: Seat, exercises: Sequence[Exercise], *, disruptive: bool = True) -> list[Verdict]: ...


def perform(run: Run, machines: Machines, layer: Layer, setup_scripts: Sequence[Path], tell: Tell) -> list[Run]:
    """Performs a run and tells the result of each case. setup_scripts: what the state has and the layer lacks. Returns the
    runs that replace steps without a result."""
    return _Performance(run, machines, layer, setup_scripts, tell).go()


class _Performance:
    """A run under way, whose steps build on each other: a route through a lab, or a single step."""

    def __init__(self, run: Run, machines: Machines, layer: Layer, setup_scripts: Sequence[Path], tell: Tell) -> None:
        self.run, self.machines, self.layer, self.setup_scripts, self.tell = run, machines, layer, setup_scripts, tell
        self.answered_steps = list[Step]()  # steps without scripts that have their result
        self.failed_exercise: Exercise | None = None  # the first that was not done
        self.disturbed_exercise: Exercise | None = None  # before whose solution the machine was disturbed
        self.verdicts: list[Verdict] = []
        self._current_step = run.steps[0]  # also if no machine ever started

    def go(self) -> list[Run]:
        seconds, error = self.machines.attempt(self.layer, self.run.state.lab, self._work)
        open_run = replace(self.run, steps=tuple(step for step in self.run.steps if step not in self.answered_steps))
        if not open_run.steps:
            return []
        stop_exercise = self.failed_exercise or self.disturbed_exercise or (self._current_step.exercise if error else None)
        if stop_exercise and (parts := split(open_run, stop_exercise)):
            return parts
        if self.disturbed_exercise and not error:
            return [open_run]
        share = seconds / len({step.exercise for step in self.run.steps})
        for step in open_run.steps:
            if step.case:
                result = make_failure(step.case, error, share) if error else self._judge(step, share)
                self.tell(result)
        return []

    def _judge(self, step: Step, seconds: float) -> Result:
        assert step.case is not None
        return judge(step.case, self.verdicts, seconds, disruptive=step.disruptive)

    def _work(self, seat: Seat) -> None:
        self.failed_exercise = self.disturbed_exercise = None
        self._current_step = self.run.steps[0]
        for script in self.setup_scripts:
            self.machines.apply(seat, script)
        for step in self.run.steps:
            self._current_step = step
            if not step.scripts:
                if step not in self.answered_steps and not self._look(seat, step):
                    self.disturbed_exercise = step.exercise
                    return
            elif not self._apply_step(seat, step):
                self.failed_exercise = self._current_step.exercise
                return

    def _look(self, seat: Seat, step: Step) -> bool:
        """Checks an exercise before its solution. If it seems to be done, the machine is disturbed as well, and the result is
        False; else the machine is unchanged."""
        assert step.case is not None
        start = monotonic()
        verdicts = self.machines.ask(seat, step.checked_exercises, disruptive=False)
        is_unsolved = all(v.outcome == step.case.wanted for v in verdicts)
        if not is_unsolved:
            verdicts = self.machines.ask(seat, step.checked_exercises)
        self.answered_steps.append(step)
        self.tell(judge(step.case, verdicts, monotonic() - start))
        return is_unsolved

    def _apply_step(self, seat: Seat, step: Step) -> bool:
        """Applies a step; returns whether the exercise is done. Only the last step disturbs the machine, for all of them."""
        for script in step.scripts:
            self.machines.apply(seat, script)
        if step is not self.run.steps[-1]:
            (verdict,) = self.machines.ask(seat, [step.exercise], disruptive=False)
            return verdict.outcome in ("done", "not checked")
        if step.reset:
            self.machines.restart(seat, self.run.state.lab, self.layer)
        self.verdicts = self.machines.ask(seat, step.checked_exercises, disruptive=step.disruptive)
        if len(self.run.steps) == 1 or all(v.outcome == "done" for v in self.verdicts):
            return True
        self._current_step = self._find_failed_step()
        return False

    def _find_failed_step(self) -> Step:
        """The first step that failed. Earlier exercises than those of the run count as its first step."""
        numbers = {v.number for v in self.verdicts if v.outcome != "done"}
        if not numbers <= {step.exercise.number for step in self.run.steps}:
            return self.run.steps[0]
        return next(step for step in self.run.steps if step.exercise.number in numbers)
