"""Trying wrong solutions one after the other: on one machine, as long as it goes back to where it stood."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic

from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.drivers.base import Driver, Rewinds
from provisioner.drivers.registry import attach
from provisioner.provision import stages
from provisioner.seats import ssh
from provisioner.seats.seat import Seat
from provisioner.verify.case import COULD_NOT, Case, Row, told
from provisioner.verify.machine_pool import MachinePool, ask

_LASTING = re.compile(r"\b(docker|systemctl|service|reboot)\b")  # of what no driver takes back


def machines(driver: Driver, left: Sequence[Case], room: int) -> int:
    """How many are worth their boot. room: the places that an exercise has for itself. What no driver takes back wants one
    for each trial."""
    return min(len(left), max(room, 1)) if driver.info.rewinds else len(left)


def in_order(trials: Iterable[Case]) -> deque[Case]:
    """Those first after which a machine mostly goes back: each of the others wants a new machine for what comes after it."""
    return deque(sorted(trials, key=lambda trial: any(_LASTING.search(script.read_text()) for script in trial.scripts)))


class NegativeRun:
    """left: trials of one exercise, which others take from, too. before: what is applied first, so that the exercise
    begins. say: is told each row that has its verdict."""

    def __init__(self, copies: MachinePool, left: deque[Case], before: Sequence[Path], say: Callable[[Row], None]) -> None:
        self._copies, self._left, self._before, self._say = copies, left, before, say
        self._trial: Case | None = None

    def go(self, layer: Layer) -> None:
        """Until none is left."""
        while trial := self._next():
            _, error = self._copies.attempt(trial.exercises, layer, self._on)
            if error and self._trial is trial:  # another one, which came after it, has its own attempt
                trial.row.outcome, trial.row.lines = COULD_NOT, [*trial.told, *told(error)]
                self._done(trial)

    def _next(self) -> Case | None:
        """The one that has no verdict yet, or else another one."""
        if not self._trial:
            with suppress(IndexError):  # somebody else took the last one
                self._trial = self._left.popleft()
        return self._trial

    def _on(self, seat: Seat) -> None:
        for script in self._before:
            self._copies.go_on()
            stages.apply(seat, script)
        stood = self._mark(seat)
        while trial := self._next():
            began = monotonic()
            for script in trial.scripts:
                self._copies.go_on()
                stages.apply(seat, script)
            self._copies.go_on()
            trial.judge(ask(seat, trial.exercises, disturbing=trial.disturbing))
            trial.row.seconds = monotonic() - began
            self._done(trial)
            if not (stood and self._left and stood()):
                return

    def _done(self, trial: Case) -> None:
        self._say(trial.row)
        self._trial = None

    def _mark(self, seat: Seat) -> Callable[[], bool] | None:
        """What goes back to where the machine stands now."""
        machine = attach(seat)
        if not isinstance(machine, Rewinds) or not self._left:
            return None
        ssh.run(seat, "true")  # whose processes are there from now on
        with suppress(LabError):
            return partial(machine.rewind, machine.mark())
        return None
