"""Trying wrong solutions on machines that may go back, with verdicts that are made up here."""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from provisioner.content.lab import Exercise, load
from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Info, Layer
from provisioner.core.outcome import Verdict
from provisioner.core.paths import labs_folder
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import load as load_driver
from provisioner.provision import stages
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat
from provisioner.verify import run_negatives
from provisioner.verify.case import COULD_NOT, Case, Row, wrong
from provisioner.verify.machine_pool import MachinePool
from provisioner.verify.run_negatives import NegativeRun, in_order, machines

LAYER = Layer("key", Path("/nowhere"))


class Rewinding:
    """A driver, and the machines that it makes: each is a list of what has been applied to it."""

    info = Info("made up", rewinds=True)

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seat: Seat, goes_back: Callable[[str], bool]) -> None:
        self.over, self.machines, self.failing = Event(), list[list[str]](), dict[str, int]()
        self._seat, self._goes_back = seat, goes_back
        seat.create(Record("03-vm-and-docker", self.info.name, "image", "key"))
        monkeypatch.setattr(run_negatives, "attach", lambda _: self)
        monkeypatch.setattr(run_negatives, "ask", self._ask)
        monkeypatch.setattr(stages, "apply", self._apply)
        monkeypatch.setattr(ssh, "run", lambda *_: None)

    def attempt(
        self, exercises: Sequence[Exercise], layer: Layer, work: Callable[[Seat], None]
    ) -> tuple[float, LabError | None]:
        assert (exercises[0].lab.number, layer) == (3, LAYER)
        for chance in (1, 2):
            self.machines.append([])
            try:
                work(self._seat)
            except LabError as error:
                if chance == 2:
                    return 4.0, error
            else:
                break
        return 4.0, None

    def go_on(self) -> None:
        pass

    def mark(self) -> int:
        return len(self.machines[-1])

    def rewind(self, stood: int) -> bool:
        return self._goes_back(self.machines[-1][-1])

    def _apply(self, _: Seat, script: Path) -> None:
        if self.failing.get(script.name):
            self.failing[script.name] -= 1
            raise MachineError("the machine is gone")
        self.machines[-1].append(script.name)

    def _ask(self, _: Seat, exercises: list[object], *, disturbing: bool) -> list[Verdict]:
        assert len(exercises) == 1
        assert disturbing
        return [Verdict(3, 2, "published-port", "", 1, "not yet")]


@pytest.fixture
def trials() -> list[Case]:
    return list(wrong(load(labs_folder(), "3").exercises[1]))[:4]


def _go(driver: Rewinding, left: deque[Case], before: tuple[str, ...] = ()) -> list[Row]:
    told = list[Row]()
    NegativeRun(cast(MachinePool, driver), left, [Path(name) for name in before], told.append).go(LAYER)
    assert not left
    return told


def _names(trials: list[Case]) -> list[str]:
    return [trial.scripts[0].name for trial in trials]


def test_one_machine_while_it_goes_back(monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case]) -> None:
    driver = Rewinding(monkeypatch, seat, lambda _: True)
    told = _go(driver, deque(trials), before=("first.sh",))
    assert driver.machines == [["first.sh", *_names(trials)]]
    assert told == [trial.row for trial in trials]
    assert all(row.good and row.outcome == "not yet" for row in told)


def test_another_one_after_what_was_not_undone(monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case]) -> None:
    names = _names(trials)
    driver = Rewinding(monkeypatch, seat, lambda last: last != names[1])
    _go(driver, deque(trials), before=("first.sh",))
    assert driver.machines == [["first.sh", *names[:2]], ["first.sh", *names[2:]]]


def test_a_machine_that_cannot_be_marked_is_used_once(monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case]) -> None:
    driver = Rewinding(monkeypatch, seat, lambda _: True)

    def mark() -> int:
        raise MachineError("it changes")

    monkeypatch.setattr(driver, "mark", mark)
    _go(driver, deque(trials))
    assert driver.machines == [[name] for name in _names(trials)]


def test_a_driver_that_takes_nothing_back(monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case]) -> None:
    driver = Rewinding(monkeypatch, seat, lambda _: True)
    monkeypatch.setattr(run_negatives, "attach", lambda _: object())
    _go(driver, deque(trials))
    assert driver.machines == [[name] for name in _names(trials)]


@pytest.mark.parametrize(("times", "outcome"), [(1, "not yet"), (2, "not yet"), (4, COULD_NOT)])
def test_each_has_its_second_chance(
    monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case], times: int, outcome: str
) -> None:
    driver = Rewinding(monkeypatch, seat, lambda _: True)
    names = _names(trials)
    driver.failing = {names[2]: times}
    told = {row.what: row.outcome for row in _go(driver, deque(trials))}
    others = {f"wrong/{name}": "not yet" for name in names if name != names[2]}
    assert told == {**others, f"wrong/{names[2]}": outcome}
    assert driver.machines[0] == names[:2]


def test_how_many_machines_are_worth_their_boot(monkeypatch: pytest.MonkeyPatch, seat: Seat, trials: list[Case]) -> None:
    driver = cast(Driver, Rewinding(monkeypatch, seat, lambda _: True))
    assert [machines(driver, trials, room) for room in (0, 1, 2, 9)] == [1, 1, 2, len(trials)]
    assert machines(driver, [], 2) == 0
    assert machines(load_driver("qemu"), trials, 0) == len(trials)


def test_first_come_those_after_which_a_machine_goes_back(tmp_path: Path) -> None:
    texts = {"a": "docker rm shop", "b": "iptables -F # not dockerd's", "c": "sudo systemctl stop x", "d": "ufw enable"}
    trials = []
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        trials.append(Case(Row("3.1", name, "not yet"), (tmp_path / name,), ()))
    assert [trial.row.what for trial in in_order(trials)] == ["b", "d", "a", "c"]
