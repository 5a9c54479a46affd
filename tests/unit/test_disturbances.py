"""A disturbance whose connection is lost must not become a verdict."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from provisioner.checks import disturbances
from provisioner.checks import pytest_plugin as plugins
from provisioner.checks.run import check
from provisioner.content.lab import Exercise, Lab, load
from provisioner.core.errors import MachineError
from provisioner.core.paths import labs_folders
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

# The plugin looks them up in it; for others it is not to be changed.
MOMENTS = cast("dict[str, Callable[[Seat], None]]", disturbances.MOMENTS)
MOMENT = "restart of Docker"


@pytest.fixture
def copies(tmp_path: Path) -> tuple[list[str], Callable[[], object]]:
    log: list[str] = []

    @contextmanager
    def copy() -> Iterator[Seat]:
        log.append("copy")
        yield Seat(tmp_path / "copy")
        log.append("gone")

    return log, copy


def _plugin(tmp_path: Path, disruption_target: object) -> plugins.Plugin:
    lab = load(labs_folders(), "3")
    return plugins.Plugin(
        lab, Seat(tmp_path / "seat"), [], disruption_target=disruption_target, explain=False, tell=lambda _: None,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_copy_that_stops_answering_is_replaced(
    tmp_path: Path, copies: tuple[list[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, copy = copies

    def restart(_: Seat) -> None:
        log.append("restart")
        if log.count("restart") == 1:
            raise MachineError("the machine does not answer by SSH")

    monkeypatch.setitem(MOMENTS, MOMENT, restart)
    with _plugin(tmp_path, copy) as plugin:
        plugin._disturb(MOMENT)
        assert plugin.current_moment == MOMENT
    assert log == ["copy", "restart", "gone", "copy", "restart", "gone"]


def test_a_copy_that_does_not_come_up_is_made_again(
    tmp_path: Path, copies: tuple[list[str], Callable[[], AbstractContextManager[Seat]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, copy = copies

    @contextmanager
    def at_second() -> Iterator[Seat]:
        log.append("made")
        if log.count("made") == 1:
            raise MachineError("the machine started, and its guest does not answer")
        with copy() as made:
            yield made

    def close(seat: Seat) -> None:
        raise AssertionError(f"the connection of {seat.name}, by which the learner's shell goes")

    monkeypatch.setitem(MOMENTS, MOMENT, lambda _: log.append("restart"))
    monkeypatch.setattr(ssh, "close", close)
    with _plugin(tmp_path, at_second) as plugin:
        plugin._disturb(MOMENT)
        assert plugin.seat.folder == tmp_path / "copy"
    assert log == ["made", "made", "copy", "restart", "gone"]


def test_one_that_never_answers_is_told_of(
    tmp_path: Path, copies: tuple[list[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    log, copy = copies

    def restart(_: Seat) -> None:
        raise MachineError("the machine does not answer by SSH")

    monkeypatch.setitem(MOMENTS, MOMENT, restart)
    with _plugin(tmp_path, copy) as plugin, pytest.raises(MachineError, match="does not answer"):
        plugin._disturb(MOMENT)
    assert log == ["copy", "gone"] * plugins.CHANCES


@pytest.mark.parametrize("own", [True, False])
def test_what_comes_tomorrow_is_taken_back_from_a_machine_that_stays(
    tmp_path: Path, copies: tuple[list[str], Callable[[], object]], monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:  # fmt: skip
    moment, (log, copy) = "start of new containers", copies
    monkeypatch.setitem(MOMENTS, moment, lambda _: log.append("tomorrow"))
    monkeypatch.setitem(MOMENTS, "reboot", lambda _: log.append("reboot"))
    clean_ups = cast("dict[str, Callable[[Seat], None]]", disturbances.CLEAN_UPS)
    monkeypatch.setitem(clean_ups, moment, lambda seat: log.append(f"without {seat.folder.name}"))
    plugin = _plugin(tmp_path, copy)
    if own:
        plugin.disruption_target = lambda: nullcontext(plugin._own_seat)
    with plugin:
        plugin._disturb(moment)
        plugin._disturb("reboot")
    assert log == (["tomorrow", "reboot", "without seat"] if own else ["copy", "tomorrow", "reboot", "gone"])


def test_a_machine_that_is_down_is_told_to_keep_what_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_: Seat) -> None:
        raise MachineError("the machine does not answer by SSH")

    moment, told = "start of new containers", list[str]()
    monkeypatch.setitem(MOMENTS, moment, lambda _: None)
    monkeypatch.setitem(cast("dict[str, Callable[[Seat], None]]", disturbances.CLEAN_UPS), moment, down)
    plugin = _plugin(tmp_path, None)
    plugin.tell, plugin.disruption_target = told.append, lambda: nullcontext(plugin._own_seat)
    with plugin:
        plugin._disturb(moment)
    assert (
        told[-1] == "what came with the start of new containers may still be on the machine: the machine does not answer by SSH"
    )


SURVIVES = f'from provisioner.checks import survives\n\n@survives("{MOMENT}")\ndef test_it():\n    pass\n'
NOT_YET = "def test_it():\n    assert not 'done'\n"


def _exercises(tmp_path: Path, *sources: str) -> tuple[Lab, list[Exercise]]:
    """The first ones of lab 3, with other checks."""
    lab = load(labs_folders(), "3")
    found = [replace(e, folder=tmp_path / e.entry.id) for e in lab.exercises[: len(sources)]]
    for exercise, source in zip(found, sources, strict=True):
        exercise.folder.mkdir()
        exercise.test.write_text(source)
    return lab, found


@pytest.mark.parametrize(
    ("second", "all_or_none", "disturbed"),
    [(SURVIVES, True, True), (NOT_YET, True, False), (NOT_YET, False, True), (SURVIVES, False, True)],
)
@pytest.mark.slow
def test_nothing_is_disturbed_for_half_of_it(
    tmp_path: Path, copies: tuple[list[str], Callable[[], object]], monkeypatch: pytest.MonkeyPatch,
    second: str, all_or_none: bool, disturbed: bool,
) -> None:  # fmt: skip
    log, copy = copies
    monkeypatch.setitem(MOMENTS, MOMENT, lambda _: log.append("restart"))
    lab, exercises = _exercises(tmp_path, SURVIVES, second)
    verdicts = check(
        lab, Seat(tmp_path / "seat"), exercises, disruption_target=copy, explain=False, all_or_none=all_or_none,  # type: ignore[arg-type]
    )  # fmt: skip
    assert log == (["copy", "restart", "gone"] if disturbed else [])
    assert [v.outcome for v in verdicts] == ["done", "done" if second == SURVIVES else "not yet"]
