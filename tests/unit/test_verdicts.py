"""What the records of a run come to, by table; and what a run records."""

from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.checks.disturbances import BASELINE
from provisioner.checks.run import check
from provisioner.checks.verdicts import Event, classify_error, verdicts
from provisioner.content.lab import Exercise, load
from provisioner.core.errors import MachineError
from provisioner.core.outcome import CannotTell, NotYet
from provisioner.core.paths import labs_folders
from provisioner.seats.seat import Seat

BOOT = "reboot"


@pytest.fixture
def exercises() -> list[Exercise]:
    return list(load(labs_folders(), "3").exercises[:2])


def event(kind: str, moment: str = BASELINE, *lines: str, exercise: int = 1) -> Event:
    return Event(exercise, moment, kind, lines)  # type: ignore[arg-type]


UNCHECKED = f"done now; whether it survives a {BOOT} was not checked"
TABLE = [
    ([], "cannot tell", ("its check asked nothing",)),
    ([event("ended")], "not checked", ()),
    ([event("passed")], "done", ()),
    ([event("passed"), event("passed")], "done", ()),
    ([event("passed"), event("not yet", BASELINE, "open")], "not yet", ("open",)),
    ([event("not yet", BASELINE, "open"), event("passed")], "not yet", ("open",)),
    ([event("not yet", BASELINE, "a"), event("cannot tell", BASELINE, "b")], "cannot tell", ("a", "b")),
    ([event("cannot tell", BASELINE, "b"), event("not yet", BASELINE, "a")], "cannot tell", ("b", "a")),
    ([event("passed"), event("passed", BOOT)], "done", ()),
    ([event("passed"), event("not yet", BOOT, "open")], "not yet", (f"after a {BOOT}:", "open")),
    ([event("passed"), event("cannot tell", BOOT, "?")], "cannot tell", (f"after a {BOOT}:", "?")),
    ([event("passed"), event("not disturbed", BOOT)], "not checked", (UNCHECKED,)),
    ([event("passed"), event("not disturbed", BOOT), event("not disturbed", "ufw reload")], "not checked", (UNCHECKED,)),
    ([event("not yet", BASELINE, "open"), event("not disturbed", BOOT)], "not yet", ("open",)),
]


@pytest.mark.parametrize(("events", "outcome", "lines"), TABLE)
def test_reduction(exercises: list[Exercise], events: list[Event], outcome: str, lines: tuple[str, ...]) -> None:
    other = event("passed", exercise=2)
    first, second = verdicts(exercises, [other, *events])
    assert (first.outcome, first.lines) == (outcome, lines)
    assert (second.name, second.outcome) == ("3.2", "done")


def test_seconds_of_all_tests_of_an_exercise_are_added(exercises: list[Exercise]) -> None:
    took = [Event(1, BASELINE, "ended", seconds=1.5), event("passed"), Event(1, BOOT, "ended", seconds=2.0)]
    assert verdicts(exercises[:1], took)[0].seconds == 3.5


@pytest.mark.parametrize(
    ("error", "kind", "lines"),
    [
        (NotYet(["a", "b"]), "not yet", ("a", "b")),
        (CannotTell("a\nb"), "cannot tell", ("a", "b")),
        (MachineError("no answer", evidence="1\n2\n3\n4"), "cannot tell", ("no answer", "2", "3", "4")),
        (AssertionError(), "not yet", ("an assertion of the check does not hold",)),
        (AssertionError("\n".join("123456")), "not yet", ("1", "2", "3", "4", "5")),
        (ZeroDivisionError("x"), "cannot tell", ("the check itself failed: ZeroDivisionError: x",)),
    ],
)
def test_errors(error: BaseException, kind: str, lines: tuple[str, ...]) -> None:
    assert classify_error(4, BOOT, error) == Event(4, BOOT, kind, lines)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["import no_such_module\n", "def test_it(:\n", "x = 1\n", "raise SystemExit(3)\n"])
def test_a_check_that_cannot_be_read_cannot_tell_and_keeps_no_other_from_telling(
    exercises: list[Exercise], tmp_path: Path, source: str
) -> None:
    asked = [replace(e, folder=tmp_path / e.entry.id) for e in exercises]
    for exercise, text in zip(asked, (source, "def test_it():\n    pass\n"), strict=True):
        exercise.folder.mkdir()
        exercise.test.write_text(text)
    found = check(asked[0].lab, Seat(tmp_path / "seat"), asked, disruption_target=None, explain=False)
    assert [v.outcome for v in found] == ["cannot tell", "done"]
    assert found[0].lines
