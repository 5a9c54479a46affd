"""Predicting before looking: what was thought, what is so, and why."""

import json
import os
import pty
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Cli


def connections(cli: Cli, exercise: str = "3.1") -> list[str]:
    return [f"{w['source']} {w['target']} {w['family']}" for w in cli.json("predict", exercise)["ways"]]


def test_what_is_asked_is_what_the_exercise_is_about(up: Cli) -> None:
    assert connections(up) == ["outside stats 4", "outside stats 6", "machine stats 4", "outside shop 4", "outside shop 6"]
    assert "not about connections" in up.said("predict", "3.3", expect=2)[1]
    assert up.next("predict", "3") == "lab predict 3.1"


def test_the_map_says_what_was_thought_and_why_it_is_not_so(up: Cli) -> None:
    assert "lab map 3.1" in up.run("predict", "3.1", "--guess", "n,yes,y,Y,y")
    cells = {(c["source"], c["target"], c["family"]): c for c in up.json("map", "3.1")}
    assert cells["outside", "stats", 4]["guess"] is False
    assert cells["outside", "stats", 4]["observed"] == "open"
    assert cells["outside", "shop", 6]["guess"] is True
    told = up.run("map", "3.1")
    assert "What you thought of 5 connections, now: 4 are so." in told
    assert "outside → stats over IPv4: you thought it closed, and it is open" in told
    assert "outside → shop" not in told.partition("What you thought")[2]
    assert "What you thought" not in up.run("map", "3")


@pytest.mark.slow
def test_then_it_asks_what_will_be(up: Cli) -> None:
    up.run("predict", "3.1", "--guess", "y,y,y,y,y")
    assert up.json("predict", "3.1")["stage"] == "after"
    up.run("predict", "3.1", "--guess", "n,n,y,y,n")
    up.inside("sudo block outside stats")
    assert "after the change: 4 are so" in up.run("map", "3.1")
    up.run("reset", "3")
    assert up.json("predict", "3.1")["stage"] == "now"
    assert "What you thought" not in up.run("map", "3.1")


def test_wrong_guesses_are_refused(up: Cli) -> None:
    assert "5 answers are needed, and there are 1" in up.said("predict", "3.1", "--guess", "y", expect=2)[1]
    assert "neither y nor n" in up.said("predict", "3.1", "--guess", "y,y,y,y,perhaps", expect=2)[1]
    assert up.json("progress", "3", "--events")[-1]["kind"] == "up"


def at_terminal(cli: Cli, *words: str, typed: str = "", **more: str) -> str:
    """What a command says to somebody who sits at a terminal."""
    process, terminal = pty.fork()
    if not process:
        environment = {name: value for name, value in cli.environment.items() if name != "CI"}
        os.execve(sys.executable, [sys.executable, "-m", "provisioner", "--trust", *words], {**environment, **more})
    os.write(terminal, typed.encode())
    said = b""
    while True:
        try:
            said += (part := os.read(terminal, 4096))
        except OSError:
            break
        if not part:
            break
    os.waitpid(process, 0)
    os.close(terminal)
    return said.decode(errors="replace")


@pytest.mark.slow
def test_at_a_terminal_it_asks_and_is_offered_once(up: Cli) -> None:
    assert "lab predict 3.1" in at_terminal(up, "check", "3.1", "--quick")
    assert "lab predict" not in at_terminal(up, "check", "3.1", "--quick")
    said = at_terminal(up, "predict", "3.1", typed="y\nn\ny\ny\ny\n")
    assert "outside → stats over IPv6" in said
    guesses = up.json("progress", "3", "--events")[-1]["details"]["guesses"]
    assert [guess for *_, guess in guesses] == [True, False, True, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["CI", "config"])
def test_it_is_not_offered_where_nobody_wants_it(up: Cli, how: str, tmp_path: Path) -> None:
    if how == "config":
        (up.home / "config.yaml").write_text("predict: off\n")
    said = at_terminal(up, "check", "3.1", "--quick", **({"CI": "true"} if how == "CI" else {}))
    assert "not yet" in said
    assert "lab predict" not in said
    assert all(e["kind"] != "predict" for e in json.loads(up.run("progress", "3", "--events", "--json")))
