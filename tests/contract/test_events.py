"""What a learner did is kept: every command writes events, and `lab progress` tells from them how far somebody is."""

import csv
import io
import json

import pytest

from tests.contract.conftest import Cli

WORK = {"3.1": "sudo block outside stats", "3.3": "echo all is well >report"}


def state(cli: Cli, *words: str) -> dict[str, str]:
    return {row["name"]: row["state"] for row in cli.json("progress", "3", *words)}


@pytest.mark.slow
def test_what_was_done_outlives_the_machine(up: Cli) -> None:
    up.run("check", "3", "--quick", expect=1)
    up.inside(WORK["3.3"])
    up.run("check", "3.3", expect=0)
    up.run("hint", "3.2")
    up.run("solve", "3.2")
    up.run("check", "3.2", expect=0)
    before = up.json("progress", "3")
    assert [row["state"] for row in before] == ["tried", "shown", "done"]
    assert [row["attempts"] for row in before] == [1, 1, 1]
    assert [row["hints"] for row in before] == [0, 1, 0]
    assert all(row["seconds"] > 0 for row in before)
    assert "outside" in " ".join(before[0]["reasons"])
    up.run("destroy", "3")
    assert up.json("progress", "3") == before
    assert "5 of 35 points" in up.run("progress")
    assert "(3 exercises, 1 done)" in up.run("list")


@pytest.mark.slow
def test_what_goto_has_solved_is_not_done_by_oneself(up: Cli) -> None:
    up.run("goto", "3.3")
    up.run("check", "3", "--quick", expect=1)
    assert state(up) == {"3.1": "", "3.2": "", "3.3": "tried"}
    up.run("reset", "3")
    up.inside(WORK["3.1"])
    up.run("check", "3.1", expect=0)
    assert state(up)["3.1"] == "done"


@pytest.mark.slow
def test_each_seat_has_its_own(up: Cli) -> None:
    up.run("up", "3", "--seat", "alice")
    up.inside(WORK["3.3"], "--seat", "alice")
    up.run("check", "3.3", "--seat", "alice", expect=0)
    assert state(up)["3.3"] == ""
    assert state(up, "--seat", "alice")["3.3"] == "done"


def test_events_as_json_and_csv(up: Cli) -> None:
    up.inside("touch '=cmd'")
    up.run("check", "3.3", expect=1)
    events = up.json("progress", "3", "--events")
    assert [e["kind"] for e in events] == ["up", "check"]
    assert (events[1]["exercise"], events[1]["outcome"], events[1]["seat"]) == ("write-report", "not yet", "")
    assert events[1]["time"].endswith("+00:00")
    assert len(events[1]["lab_version"]) == 12
    rows = list(csv.DictReader(io.StringIO(up.run("progress", "3", "--events", "--csv"))))
    assert [row["kind"] for row in rows] == ["up", "check"]
    assert "no report" in rows[1]["details"]
    assert [row["name"] for row in csv.DictReader(io.StringIO(up.run("progress", "--csv")))] == ["3.1", "3.2", "3.3"]


@pytest.mark.slow
def test_the_third_time_for_the_same_reason_a_hint_is_offered(up: Cli) -> None:
    for number in (1, 2, 3):
        said = up.run("check", "3.3", expect=1)
        assert ("A hint: vague" in said) == (number == 3)
    assert "A hint" not in up.run("check", "3.3", expect=1)
    assert up.json("progress", "3")[2]["hints"] == 1
    up.inside("sudo block outside shop")
    for _ in range(3):
        said = up.run("check", "3.1", "--quick", expect=1)
    assert "A hint: the shop is not meant" in said, "the one that fits"


def test_forgetting_is_asked_for(up: Cli) -> None:
    up.run("check", "3.3", expect=1)
    assert "--yes" in up.next("progress", "--forget")
    assert len(up.json("progress", "--events")) == 2
    assert "2 events of lab 3 are forgotten" in up.run("progress", "3", "--forget", "--yes")
    assert up.json("progress", "--events") == []
    assert "Nothing was recorded" in up.run("progress", "--forget")


@pytest.mark.slow
def test_a_store_that_cannot_be_used_stops_no_work(up: Cli) -> None:
    file = up.home / "progress.sqlite3"
    file.write_text("no database")
    out, err = up.said("check", "3.3", "--json", expect=1)
    assert json.loads(out)["exercises"][0]["outcome"] == "not yet"
    assert "not recorded in your progress" in err
    assert "mv " in up.next("progress")
    assert file.read_text() == "no database", "what it holds may be of use"


def test_a_review_is_on_a_machine_of_its_own(up: Cli) -> None:
    up.inside(WORK["3.3"])
    up.run("check", "3.3", expect=0)
    assert up.json("review") == [], "it is not due yet"
    assert "once more" in up.run("review", "3.3")
    assert up.inside("cat report") == "all is well\n", "the usual machine is as it was"
    assert up.json("check", "3.3", "--seat", "review", expect=1)["exercises"][0]["outcome"] == "not yet"
    assert up.json("check", "3.1", "--seat", "review", "--quick", expect=1)
    up.inside(WORK["3.3"], "--seat", "review")
    up.run("check", "3.3", "--seat", "review", expect=0)
    rows = up.json("progress", "3")
    assert (rows[2]["reviews"], rows[2]["state"], rows[2]["attempts"]) == (1, "done", 0)
    assert rows[0]["state"] == "", "the machine has had the exercises before it"
    assert up.next("review", "3") == "lab review 3.1"
    assert up.next("review", "3.3") == "agree to it (--yes), or: lab destroy 3 --seat review"
    assert up.inside("cat report", "--seat", "review") == "all is well\n", "nothing was removed"
    up.run("review", "3.3", "--yes")
