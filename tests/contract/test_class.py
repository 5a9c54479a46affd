"""A class on fake machines: seats for a roster, commands for all of them, and where everybody is."""

import os
import signal
from pathlib import Path

import pytest

from provisioner.classes import roster
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.progress.store import Store

from .conftest import NAMES, Cli, wait_for

SEATS = {"spring-anna-muller", "spring-ben", "spring-cy"}


def seats(cli: Cli) -> dict[str, str]:
    return {row["seat"].partition("-")[2]: row["state"] for row in cli.json("status")}


def test_a_class_from_its_beginning_to_its_end(cli: Cli, spring: str) -> None:
    told = cli.json("class", "up", spring, "--dry-run")
    assert (told["seats"], told["starting"], told["kernel"]) == (3, 3, None)
    assert seats(cli) == {}
    assert "3 of 3 seats" in cli.run("class", "up", spring)
    assert seats(cli) == dict.fromkeys(SEATS, "running")

    cli.inside("sudo block outside stats", "--seat", "spring-ben")
    checked = {row["seat"]: row["result"]["exercises"][0]["outcome"] for row in cli.json("class", "check", spring)}
    assert checked == {"anna-muller": "not yet", "ben": "not checked", "cy": "not yet"}
    checked = {row["seat"]: row["result"]["exercises"][0]["outcome"] for row in cli.json("class", "check", spring, "--full")}
    assert checked == {"anna-muller": "not yet", "ben": "done", "cy": "not yet"}
    standing = {row["learner"]: row for row in cli.json("class", "status", spring)}
    assert list(standing) == ["Anna Müller", "Ben", "Cy"]
    assert (standing["Ben"]["done"], standing["Ben"]["exercise"], standing["Anna Müller"]["exercise"]) == (1, "3.2", "3.1")
    assert standing["Anna Müller"]["attempts"] == 0  # the trainer's checks are nobody's attempt

    report = cli.json("class", "report", spring)
    assert [(e["name"], e["done"]) for e in report["exercises"]] == [("3.1", 1), ("3.2", 0), ("3.3", 0)]
    assert {row["learner"]: row["points"] for row in report["learners"]} == {"Anna Müller": 0, "Ben": 10, "Cy": 0}
    lines = cli.run("class", "report", spring, "--csv").splitlines()
    assert lines[0] == "name,email,3.1 (10 points),3.2 (20 points),3.3 (5 points),total"
    assert lines[2] == "Ben,ben@example.org,10,0,0,10"
    cli.run("class", "report", spring, "-o", f"{spring}/report.html")
    page = Path(spring, "report.html").read_text()
    assert page.count('<th scope="row">Ben</th><td>✓</td>') == 1
    assert "http" not in page  # nothing is loaded

    cli.run("class", "goto", spring, "3.3", "--seat", "cy", "--yes")  # who comes late
    assert cli.outcomes("3", "--quick", "--seat", "spring-cy", expect=1) == {1: "not checked", 2: "not checked", 3: "not yet"}
    cli.run("class", "reset", spring, "--seat", "ben", "--yes")
    assert cli.outcomes("3.1", "--quick", "--seat", "spring-ben", expect=1) == {1: "not yet"}

    cli.run("class", "stop", spring)
    assert set(seats(cli).values()) == {"stopped"}
    cli.run("class", "up", spring)
    assert seats(cli) == dict.fromkeys(SEATS, "running")
    cli.run("class", "down", spring, expect=2)  # a question that nobody is there to answer
    assert len(seats(cli)) == 3
    cli.run("class", "down", spring, "--yes")
    assert seats(cli) == {}
    assert {row["learner"]: row["done"] for row in cli.json("class", "status", spring)}["Ben"] == 1  # what was learnt


@pytest.mark.slow
def test_a_machine_keeps_its_driver_and_its_disk(cli: Cli, spring: str) -> None:
    """When this host, or class.yaml, would take another driver for new seats."""
    cli.run("class", "up", spring, "--seat", "ben")
    cli.inside("echo precious >report", "--seat", "spring-ben")
    with (Path(spring) / "class.yaml").open("a") as file:
        file.write('driver: "fake:disk"\n')
    cli.run("class", "up", spring, "--yes")
    drivers = {row["seat"].partition("-")[2]: row["driver"] for row in cli.json("status")}
    assert drivers == {"spring-ben": "fake", "spring-anna-muller": "fake:disk", "spring-cy": "fake:disk"}
    assert cli.inside("cat report", "--seat", "spring-ben") == "precious\n"


@pytest.mark.slow
def test_one_that_fails_leaves_the_others_alone(cli: Cli, spring: str) -> None:
    cli.run("class", "up", spring)
    cli.told("start", "fail 1")
    results = cli.json("class", "reset", spring, "--yes", "--at-once", "1", expect=2)
    assert [("error" in row) for row in results].count(True) == 1
    failed = next(row for row in results if "error" in row)
    assert "told to fail" in failed["error"]
    cli.run("class", "up", spring)
    assert seats(cli) == dict.fromkeys(SEATS, "running")


@pytest.mark.slow
def test_an_interrupt_ends_all_that_runs_and_can_be_repeated(cli: Cli, spring: str) -> None:
    file = cli.told("start", "hold")
    with cli.start("class", "up", spring) as child:
        wait_for(file.with_suffix(".reached").exists)
        os.kill(child.pid, signal.SIGINT)
        child.wait(timeout=60)
    assert child.returncode == 130
    file.unlink()
    assert not cli.machines()
    cli.run("class", "up", spring)
    assert seats(cli) == dict.fromkeys(SEATS, "running")
    assert {e.seat for e in Store(Home.find().events).events()} >= SEATS


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("name\nAnna\nBen\n", ["anna", "ben"]),
        ("Vorname;Name;Mail\nA;Änne Groß;x\n", ["anne-gross"]),
        ("﻿name\r\n李雷\r\n", ["x3a4732"]),
        ("name,seat\nAnna,a1\nAnna,a2\n", ["a1", "a2"]),
        ("who\n  Zoë  \n\n", ["zoe"]),
    ],
)
def test_rosters_as_spreadsheets_write_them(tmp_path: Path, content: str, names: list[str]) -> None:
    file = tmp_path / "names.csv"
    file.write_text(content, encoding="utf-8", newline="")
    assert [learner.slug for learner in roster.read(file, 17)] == names


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"name\n", "0 learners"),
        (b"name\nAnna\nanna\n", "line 3: anna and Anna would have the same seat"),
        (b"name,mail\n,x\n", "line 2: it has no name"),
        ("name\nÄnne\n".encode("latin-1"), "not UTF-8"),
        (b'name\n"Anna\n', "no CSV"),
        (b"name\n" + b"x" * (1 << 20), "more than 1024 KiB"),
    ],
)
def test_rosters_that_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        roster.read(file, 17)
    assert reason in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: Spring!\nlabs: [3]\n", "name"),
        ("name: spring\nlabs: [three]\n", "labs"),
        ("name: spring\nlabs: []\n", "labs"),
        ("name: spring\nlabs: [3, 3]\n", "twice"),
        ("name: spring\nlabs: [3]\nroster: ../../etc/passwd\n", "beside this file"),
        ("name: spring\nlabs: [3]\nversion: 2\n", "version"),
    ],
)
def test_class_files_that_are_refused(cli: Cli, tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "class.yaml").write_text(text)
    (tmp_path / "roster.csv").write_text(NAMES)
    assert reason in cli.said("class", "status", str(tmp_path), expect=2)[1]


def test_what_is_asked_of_a_class_that_is_not_so(cli: Cli, spring: str, tmp_path: Path) -> None:
    assert cli.next("class", "status", str(tmp_path / "autumn")) == "lab class new autumn --labs 3"
    assert "one of: anna-muller" in cli.next("class", "up", spring, "--seat", "dora")
    assert cli.next("class", "check", spring) == f"lab class up {spring}"
    assert "add it to" in cli.next("class", "status", spring, "--lab", "4")
    assert "another name" in cli.next("class", "new", spring, "--labs", "3")
