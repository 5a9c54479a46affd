"""The command as its users have it: a process of its own, with its output, its errors and its exit code."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner.cli.main import COMMANDS
from provisioner.core.paths import Home
from provisioner.seats.seat import Record, Seat

from .command import Cli


@pytest.mark.slow
def test_lists_labs(lab: Cli) -> None:
    said = lab("list")
    assert (said.code, said.err) == (0, "")
    assert "VM and Docker together" in said.out
    (row,) = json.loads(lab("list", "--json").out)
    glance = {"number": 3, "slug": "vm-and-docker", "title": "VM and Docker together", "summary": "One line."}
    assert row == {**glance, "exercises": 2, "done": 0, "due": []}


@pytest.mark.parametrize("columns", [80, 120])
def test_a_list_breaks_no_word(lab: Cli, columns: int) -> None:
    """And no line is longer than the terminal is wide, which would break it there."""
    lines = lab("list", COLUMNS=str(columns), LAB_BUILTIN="", LAB_LABS="").out.splitlines()
    assert [line for line in lines if len(line) > columns] == []
    text = " ".join(" ".join(lines).split())
    labs = json.loads(lab("list", "--json", LAB_BUILTIN="", LAB_LABS="").out)
    assert len(labs) == 8
    assert [x["title"] for x in labs if x["title"] not in text or x["summary"] not in text] == []


def test_listing_imports_nothing_that_is_slow(lab: Cli) -> None:
    loaded = {line.rpartition("|")[2].strip() for line in lab("list", python=("-X", "importtime")).err.splitlines()}
    assert "provisioner.content.lab" in loaded
    slow = {"ansible_runner", "docker", "pytest", "rich", "qemu", "testinfra", "jsonschema", "asyncio"}
    assert {name for name in loaded if name.split(".")[0] in slow} == set()


def test_an_unknown_lab(lab: Cli) -> None:
    said = lab("up", "99")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("✗ there is no lab `99`\n")
    assert "lab list" in said.next


def test_an_error_is_json_where_json_was_asked_for(lab: Cli) -> None:
    said = lab("up", "99", "--json")
    assert said.code == 2
    assert set(json.loads(said.out)) == {"error", "evidence", "hint"}
    assert "✗" in said.err


@pytest.mark.parametrize(
    ("words", "step"),
    [
        (("no-such-command",), "lab --help"),
        (("up",), "lab up --help"),
        (("list", "--jsn"), "lab list --help"),
        (("check", "3"), "lab up 3"),
        (("ssh", "3", "--seat", "alice"), "lab up 3 --seat alice"),
        (("reset", "3"), "lab up 3"),
        (("hint", "3"), "lab hint 3.1"),
        (("solve", "3.7"), "3.1"),
        (("up", "3", "--seat", "../x"), "letters, digits and hyphens"),
        (("up", "3", "--seat", "x" * 25), "letters, digits and hyphens"),
        (("up", "3", "--driver", "nix"), "drivers: "),
        (("doctor", "--driver", "nix"), "drivers: "),
        (("destroy",), "lab destroy 3"),
        (("destroy", "3", "--all"), "lab destroy 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_ends_with_2_and_a_next_step(lab: Cli, words: tuple[str, ...], step: str) -> None:
    said = lab(*words)
    assert (said.code, said.out) == (2, "")
    assert step in said.next
    assert not (lab.home / "seats" / "3").exists()


def test_a_home_that_is_too_long_is_said_at_once(lab: Cli, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60)
    said = lab("up", "3", LAB_HOME=str(deep))
    assert said.code == 2
    assert "too long" in said.err
    assert "LAB_HOME=" in said.next
    assert not deep.exists()


def test_a_lab_that_cannot_be_read_says_where(lab: Cli) -> None:
    manifest = lab.labs / "03-vm-and-docker" / "lab.yaml"
    manifest.write_text(manifest.read_text() + "titel: x\n")
    said = lab("guide", "3")
    assert said.code == 2
    assert "lab.yaml:" in said.err
    assert "`title`" in said.err


def test_nothing_is_up(lab: Cli) -> None:
    said = lab("status")
    assert said.code == 0
    assert "lab up 3" in said.out
    assert json.loads(lab("status", "--json").out) == []
    assert lab("destroy", "--all").code == 0
    assert lab("destroy", "3").code == 0


def test_a_seat_that_was_cut_off_is_shown_and_can_be_removed(lab: Cli, home: Home) -> None:
    Seat.locate(home, 3).create(Record("vm-and-docker", "qemu"))
    broken = Seat.locate(home, 3, "alice")
    broken.create(Record("vm-and-docker", "qemu"))
    broken.record_file.write_text("{")
    rows = json.loads(lab("status", "--json").out)
    assert [(row["seat"], row["state"]) for row in rows] == [("3", "starting"), ("3-alice", "broken")]
    assert lab("destroy", "--all").code == 0
    assert json.loads(lab("status", "--json").out) == []


def test_guide_and_solution_without_a_machine(lab: Cli) -> None:
    guide = lab("guide", "3")
    assert guide.code == 0
    assert "198.51.100.10" in guide.out
    assert "3.2" in guide.out
    assert "Close the shop" in lab("solve", "3.2", "--show").out


def test_a_new_lab_can_be_read(lab: Cli) -> None:
    said = lab("new", "15-my-lab", "--title", 'Pipes: "a" & {b}', cwd=lab.labs)
    assert (said.code, said.err) == (0, "")
    assert 'Pipes: "a" & {b}' in lab("list").out
    assert "Close the backup service" in lab("guide", "15.1").out
    assert lab("new", "15-other").code == lab("new", "15").code == 2


def test_every_command_helps_with_an_example(lab: Cli) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = dict(zip(COMMANDS, pool.map(lambda name: lab(name, "--help"), COMMANDS), strict=True))
    assert {name: s.code for name, s in said.items() if s.code} == {}
    assert [name for name, s in said.items() if "Example" not in s.out or f"lab {name}" not in s.out] == []


def test_without_a_command_it_helps(lab: Cli) -> None:
    said = lab()
    assert (said.code, said.err) == (0, "")
    assert "lab up 3" in said.out
    assert set(COMMANDS) <= set(said.out.split())


@pytest.mark.slow
def test_starts_fast(lab: Cli) -> None:
    def seconds() -> float:
        began = time.monotonic()
        lab("list", anew=True)
        return time.monotonic() - began

    assert min(seconds() for _ in range(4)) < 1.5  # the best of some: this host may be busy


def test_a_reader_that_goes_away_is_no_defect(lab: Cli) -> None:
    there, ours = os.pipe()
    os.close(there)
    with os.fdopen(ours, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "provisioner", "list"], stdout=gone, stderr=subprocess.PIPE, text=True, check=False,
            env=lab.environment,
        )  # fmt: skip
    assert done.stderr == ""
