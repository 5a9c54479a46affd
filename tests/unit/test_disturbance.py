"""A disturbance whose connection is lost must not become a verdict."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from provisioner.checks import moments
from provisioner.checks import plugin as plugins
from provisioner.errors import MachineError
from provisioner.home import labs_folder
from provisioner.lab import load
from provisioner.seat import Seat

# The plugin looks them up in it; for others it is not to be changed.
MOMENTS = cast("dict[str, Callable[[Seat], None]]", moments.MOMENTS)
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


def _plugin(tmp_path: Path, elsewhere: object) -> plugins.Plugin:
    lab = load(labs_folder(), "3")
    return plugins.Plugin(
        lab, Seat(tmp_path / "seat"), [], elsewhere=elsewhere, explain=False, tell=lambda _: None,  # type: ignore[arg-type]
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
        assert plugin.current == MOMENT
    assert log == ["copy", "restart", "gone", "copy", "restart", "gone"]


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
