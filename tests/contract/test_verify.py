"""`lab verify` on fake machines: what it accepts, what it must not, and that it comes to an end whatever machines do."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.paths import Home
from tests.contract.conftest import Cli
from tests.contract.labs import write_lab

REPORT = "exercises/write-report"
ONE = """\
version: 1
title: A report
summary: One exercise.
images: [debian-13]
exercises:
  - {id: write-report, title: Write a report, points: 5, hints: [vague, nearer]}
"""
# A check that notes when it begins and ends.
TIMED = """\
import time
from pathlib import Path

def test_report(host):
    host.run("true")  # further than this a check does not come when it is only heard
    with Path({log!r}).open("a") as log:
        log.write(f"{name} begins {{time.monotonic()}}\\n")
        log.flush()
        time.sleep(0.3)
        said = host.run("cat /home/learner/report").stdout
        log.write(f"{name} ends {{time.monotonic()}}\\n")
    assert said == "all is well\\n", "no report"
"""


def write_small(cli: Cli, changed: Mapping[str, str] | None = None, number: int = 4) -> None:
    """Lab 4, or another one, has one exercise."""
    shutil.rmtree(cli.labs / f"{number:02}-fake-shop", ignore_errors=True)
    folder = write_lab(cli.labs, number, "fake-report", {"lab.yaml": ONE, **(changed or {})})
    for name in ("close-stats", "open-backup"):
        for file in sorted((folder / "exercises" / name).rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        (folder / "exercises" / name).rmdir()


def rows(cli: Cli, *words: str, expect: int) -> dict[str, dict[str, Any]]:
    driver = () if "--driver" in words else ("--driver", "fake")
    return {f"{row['exercise']} {row['what']}": row for row in cli.json("verify", *words, *driver, expect=expect)}


@pytest.fixture(params=["fake", "fake:disk"])
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.slow
def test_a_lab_that_is_as_it_must_be(cli: Cli, driver: str, home: Home, tmp_path: Path) -> None:
    out, _ = cli.said("verify", "3", "--driver", driver, "--junit", str(tmp_path / "report.xml"))
    assert "12 wrong solutions rejected, 4 reference solutions accepted, 3 beginnings not done, 1 lab reset" in out
    assert "21 passed, 0 failed" in out
    assert 'tests="21"' in (tmp_path / "report.xml").read_text()
    assert not cli.machines()
    assert [cell for cell in cli.json("cache") if "solved" in cell["what"]] == [], "what only it needed is gone"


@pytest.mark.slow
def test_one_exercise(cli: Cli, driver: str) -> None:
    tried = rows(cli, "3.2", "--driver", driver, expect=0)
    assert set(tried) == {"3.2 nothing done", "3.2 solution.sh", *(f"3.2 wrong/{w}.sh" for w in (
        "everybody", "until-docker", "until-ufw", "other-zone"))}  # fmt: skip


SHORT = "wrong/short.sh"
MISTAKES = {  # the script and its text; what the row of it says
    "a wrong one that is right": (SHORT, "echo all is well >report", "done"),
    "a right one that is wrong": ("solution-other.sh", "echo well >report", "not yet"),
    "a machine that dies": (SHORT, "sudo die", "cannot tell"),
    "a script that fails": (SHORT, "exit 3", "could not try"),
}


@pytest.mark.parametrize(("script", "text", "outcome"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.slow
def test_a_mistake_is_found_and_ends_with_1(cli: Cli, script: str, text: str, outcome: str) -> None:
    write_small(cli, {f"{REPORT}/{script}": f"#!/bin/sh\n# Not as it must be.\n{text}\n"})
    tried = rows(cli, "4", expect=1)
    assert {name: row["outcome"] for name, row in tried.items() if not row["good"]} == {f"4.1 {script}": outcome}
    assert not cli.machines()


@pytest.mark.slow
def test_an_exercise_that_is_done_from_the_beginning(cli: Cli) -> None:
    write_small(cli, {"setup.sh": "echo all is well >/home/learner/report\n"})
    assert rows(cli, "4", expect=1)["4.1 nothing done"]["outcome"] == "done"


@pytest.mark.slow
def test_a_solution_that_undoes_the_one_before_is_found(cli: Cli) -> None:
    text = "#!/bin/sh\nsudo open admin backup\nsudo open outside stats\n"
    write_lab(cli.labs, changed={"exercises/open-backup/solution.sh": text})
    tried = rows(cli, "3.2", expect=1)
    assert {name: row["outcome"] for name, row in tried.items() if not row["good"]} == {"3.2 solution.sh": "3.1 not yet"}


@pytest.mark.slow
def test_a_check_that_is_right_only_sometimes(cli: Cli, tmp_path: Path) -> None:
    test = f"""\
from pathlib import Path

def test_report(host):
    well = host.run("cat /home/learner/report").stdout == "all is well\\n"
    count = Path({str(tmp_path / "count")!r})
    if well:
        count.write_text(count.read_text() + "x" if count.exists() else "x")
    assert well and len(count.read_text()) % 2 != 0, "no report"
"""
    write_small(cli, {f"{REPORT}/test_write_report.py": test})
    out, _ = cli.said("verify", "4.1", "--repeat", "2", "--jobs", "1", "--driver", "fake", expect=1)
    marks = [row[0] for row in out.splitlines() if "  solution.sh" in row]
    assert sorted(marks) == ["✓", "✗"]


@pytest.mark.slow
def test_a_machine_that_does_not_start_is_tried_once_more(cli: Cli) -> None:
    write_small(cli)
    cli.run("up", "4")
    cli.run("destroy", "4")
    cli.told("start", "fail 1")
    assert all(row["good"] for row in rows(cli, "4.1", "--jobs", "1", expect=0).values())
    cli.told("start", "fail")
    tried = rows(cli, "4.1", expect=1)
    assert {row["outcome"] for row in tried.values()} == {"could not try"}


def test_a_driver_without_layers_cannot(cli: Cli) -> None:
    assert cli.next("verify", "3", "--driver", "fake:plain") == "--driver qemu"
    cli.run("verify", expect=2)
    cli.run("verify", "3", "--all", expect=2)


@pytest.mark.slow
def test_a_killed_one_leaves_no_machines_to_the_next_command(cli: Cli) -> None:
    write_small(cli)
    cli.run("up", "4")
    cli.kill_at("start", "verify", "4.1", "--driver", "fake")
    cli.run("up", "4")
    assert len([p for p in cli.machines() if "fake.server" in " ".join(p.cmdline())]) == 1


# --- how many at a time


def spans(log: Path) -> Iterator[tuple[str, float, float]]:
    """Which check ran from when to when."""
    begun: dict[str, list[float]] = {}
    for line in log.read_text().splitlines():
        name, what, when = line.split()
        if what == "begins":
            begun.setdefault(name, []).append(float(when))
        else:
            yield name, begun[name].pop(0), float(when)


def at_once(found: list[tuple[str, float, float]]) -> int:
    return max(sum(begin <= other < end for _, begin, end in found) for _, other, _ in found)


@pytest.mark.slow
def test_no_more_at_once_than_there_are_places(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write_small(cli, {f"{REPORT}/test_write_report.py": TIMED.format(log=str(log), name="a")})
    rows(cli, "4.1", "--jobs", "1", expect=0)
    assert at_once(list(spans(log))) == 1
    log.unlink()
    rows(cli, "4.1", "--jobs", "3", expect=0)
    assert 1 < at_once(list(spans(log))) <= 3


@pytest.mark.slow
def test_json_is_all_that_is_on_stdout(cli: Cli) -> None:
    write_small(cli)
    out, err = cli.said("verify", "4.1", "--driver", "fake", "--json")
    assert len(json.loads(out)) == 7, "with the lab's reset"
    assert "7/7" in err
