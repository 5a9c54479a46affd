"""The store of events: twenty writers, killed ones, older and newer versions; and what is told from events."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioner.content.lab import Lab, load
from provisioner.core.paths import project_labs
from provisioner.core.state_file import NewerVersion
from provisioner.progress.event import Event, Kind
from provisioner.progress.store import Store
from provisioner.progress.summary import BEGINNING, BREAK, DAY, ExerciseProgress, due, points, summarize

WRITER = """
import sys
from pathlib import Path
from provisioner.progress.event import Event
from provisioner.progress.store import Store
store, name = Store(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    store.append([Event("check", "lab", name, str(number)), Event("hint", "lab", name, str(number))])
    print(number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "progress.sqlite3")


def write(store: Store, name: str, number: int) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", WRITER, str(store.file), name, str(number)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_what_is_written_is_read(store: Store) -> None:
    assert store.events() == []
    event = Event("check", "vm", "alice", "ban", "not yet", 1.5, {"reasons": ["\udcff is odd", "ü"]}, "0123", 1.25)
    store.append([event, Event("up", "other")])
    assert store.events("vm", "alice") == [event]
    assert [e.lab for e in store.events()] == ["vm", "other"]
    assert store.events("vm", "") == []
    assert store.file.parent.stat().st_mode & 0o077 == 0 or os.name != "posix"


def test_details_have_a_size(store: Store) -> None:
    store.append([Event("check", "vm", details={"reasons": ["x" * 100_000]})])
    assert store.events()[0].details == {"omitted": "more than 64 KiB"}


@pytest.mark.slow
def test_twenty_writers_lose_nothing(store: Store) -> None:
    writers = [write(store, f"writer{n}", 10) for n in range(20)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 20
    for number in range(20):
        assert [e.exercise for e in store.events(seat=f"writer{number}")] == [str(n) for n in range(10) for _ in "ab"]


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_has_told(store: Store) -> None:
    for round_number in range(10):
        writer = write(store, f"round{round_number}", 1000)
        assert writer.stdout
        told = [writer.stdout.readline() for _ in range(1 + round_number)]
        time.sleep(round_number / 1000)
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
        writer.wait()
        events = store.events(seat=f"round{round_number}")
        assert len(events) % 2 == 0, "both of a transaction or none"
        complete = [line for line in told if line.endswith("\n")]
        assert len(complete) <= len(events) // 2 <= len(complete) + 1


def test_a_newer_version_is_refused_and_left_alone(store: Store) -> None:
    store.append([Event("up", "vm")])
    with sqlite3.connect(store.file) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerVersion, match="newer version"):
        store.append([Event("up", "vm")])
    with sqlite3.connect(store.file) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)


# --- what is told from them


@pytest.fixture(scope="module")
def lab() -> Lab:
    return load(project_labs(), "3")


def event(kind: Kind, when: float, exercise: int = 0, outcome: str = "", **details: object) -> Event:
    lab = load(project_labs(), "3")
    return Event(kind, lab.slug, "", lab.exercises[exercise - 1].entry.id if exercise else "", outcome, 0, details, "", when)


def again(when: float, exercise: int, outcome: str) -> Event:
    return event("review", when, exercise, outcome, review=True)


def summary(lab: Lab, *events: Event) -> list[ExerciseProgress]:
    return summarize(lab, events)


def test_time_is_of_the_exercise_that_comes_next_and_breaks_do_not_count(lab: Lab) -> None:
    rows = summary(
        lab, event("up", 0, outcome="started"), event("check", 60, 1, "not yet"), event("check", 100, 1, "done"),
        event("hint", 100 + 10 * BREAK, 2), event("check", 130 + 10 * BREAK, 2, "done"), event("check", 1e6, 2, "done"),
    )  # fmt: skip
    assert [row.seconds for row in rows[:3]] == [100, BREAK + 30, 0]
    assert [row.state for row in rows[:3]] == ["done", "done", ""]
    assert (rows[1].hints, rows[0].attempts) == (1, 1)


def test_who_asks_on_another_day_has_not_worked_all_night(lab: Lab) -> None:
    rows = summary(lab, event("up", 0), event("check", DAY, 1, "done"), event("check", 0, 2, "done"))
    assert (rows[0].seconds, rows[1].seconds) == (BREAK, 0), "and a clock that was set back takes nothing away"


def test_cannot_tell_says_nothing_about_the_learner(lab: Lab) -> None:
    rows = summary(lab, event("check", 1, 1, "cannot tell"), event("check", 2, 1, "not checked"))
    assert (rows[0].attempts, rows[0].state) == (0, "")


def test_a_solution_that_was_shown_does_not_count_until_it_is_repeated(lab: Lab) -> None:
    events = [event("solve", 1, 1), event("check", 2, 1, "done")]
    assert summary(lab, *events)[0].state == "shown"
    assert points(summary(lab, *events))[0] == 0
    events += [again(4 * DAY, 1, BEGINNING), again(4 * DAY + 9, 1, "done")]
    assert summary(lab, *events)[0].state == "done"


def test_reasons_are_the_same_whatever_was_drawn(lab: Lab) -> None:
    lines = [[f"a stranger at 198.51.100.{n}, from port {n}: open"] for n in (17, 173, 5)]
    rows = summary(lab, *(event("check", n, 1, "not yet", reasons=line) for n, line in enumerate(lines)))
    assert rows[0].repeats == 3
    other = event("check", 9, 1, "not yet", reasons=["the admin gets no answer"])
    rows = summary(lab, *(event("check", n, 1, "not yet", reasons=line) for n, line in enumerate(lines)), other)
    assert rows[0].repeats == 1


def test_what_is_due(lab: Lab) -> None:
    events = [event("check", 0, 2, "done"), event("check", DAY, 1, "done")]
    assert due(summary(lab, *events), 2.9 * DAY) == []
    assert [row.number for row in due(summary(lab, *events), 4.1 * DAY)] == [2, 1]
    events += [again(4 * DAY, 2, BEGINNING), again(4 * DAY, 1, "done"), again(4 * DAY, 2, "not yet"), again(4 * DAY, 2, "done")]
    assert [row.number for row in due(summary(lab, *events), 5 * DAY)] == [1]
    assert [row.number for row in due(summary(lab, *events), 15 * DAY)] == [1, 2]


def test_a_review_that_was_shown_does_not_count(lab: Lab) -> None:
    events = [event("check", 0, 2, "done"), again(4 * DAY, 2, BEGINNING), event("solve", 4 * DAY, 2, review=True)]
    assert [row.number for row in due(summary(lab, *events, again(4 * DAY, 2, "done")), 5 * DAY)] == [2]


def test_other_labs_are_not_counted(lab: Lab) -> None:
    assert {
        row.state for row in summary(lab, Event("check", "another", exercise=lab.exercises[0].entry.id, outcome="done"))
    } == {""}
