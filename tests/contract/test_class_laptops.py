"""Laptops that have joined a class: their events on the trainer's board, each once, whatever happens on the way."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.classes import laptop
from provisioner.classes.laptop import Joined
from provisioner.core.errors import HostError
from provisioner.core.paths import Home
from provisioner.progress.event import Event
from provisioner.progress.store import Store

from .conftest import Cli, fresh_home
from .page import Page, place_parts, read_address, request
from .test_class_board import enter, served_class, told


@pytest.fixture
def board(cli: Cli, spring: str, parts: Path) -> Iterator[Page]:
    place_parts(cli.home, parts)
    with served_class(cli, spring) as page:
        yield page


def code_of(cli: Cli, spring: str, slug: str) -> str:
    return next(str(card["code"]) for card in cli.json("class", "cards", spring) if card["slug"] == slug)


def make_laptop(tmp_path: Path, name: str) -> Home:
    home = Home(tmp_path / name, tmp_path / name / "cache")
    home.state.mkdir(mode=0o700)
    return home


def work(home: Home, count: int) -> None:
    Store(home.events).append(
        Event("check", "fake-shop", "", "close-stats", "not yet", 1.0, {"reasons": ["open"]}) for _ in range(count)
    )


def test_what_a_laptop_does_is_on_the_board(cli: Cli, spring: str, board: Page, prepared: Path) -> None:
    """By the commands that a learner types."""
    with fresh_home(prepared) as own:
        assert "no code of this class" in own.said("join", board.origin, "WRONG-CODES", expect=2)[1]
        assert own.json("join", board.origin, code_of(cli, spring, "ben")) == {"class": "spring", "learner": "ben"}
        with board.open("/board/live") as live:
            own.run("up", "3")
            own.inside("sudo block outside stats")
            assert own.outcomes("3.1", expect=0) == {1: "done"}
            rows = told(live, "board", lambda said: said["rows"][1]["done"] == 1)["rows"]
            assert (rows[1]["laptop"], rows[1]["state"], rows[0]["laptop"]) == (True, "laptop", False)
            board.ask(live, do="message", to="ben", text="well done")
        assert own.json("join", "--status")["waiting"] == 0
        own.run("-q", "join", "--send")  # as each command starts it: nobody sees what that says
        assert "your trainer: well done" in own.said("list")[1]
        assert "your trainer" not in own.said("list")[1]  # once
        own.run("leave")
        own.run("check", "3.2", "--quick", expect=1)
        assert "has joined no class" in own.said("join", "--status", expect=2)[1]
    assert cli.json("class", "report", spring)["exercises"][0]["done"] == 1


@pytest.mark.slow
def test_without_a_network_nothing_is_lost_and_nothing_counted_twice(
    cli: Cli, spring: str, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    place_parts(cli.home, parts)
    home = make_laptop(tmp_path, "laptop")
    with served_class(cli, spring) as page:
        joined = laptop.join(home, page.origin, code_of(cli, spring, "cy"), "")
    work(home, 450)
    with pytest.raises(HostError, match="cannot be reached"):
        laptop.send(home)
    assert laptop.count_waiting(home, joined) == 450
    with served_class(cli, spring) as page:
        moved = laptop.read(home)
        assert moved
        Joined(**{**vars(moved), "address": page.origin}).write(home)
        with monkeypatch.context() as patch:  # the answer is lost on its way
            patch.setattr(laptop, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            for _ in range(2):
                with pytest.raises(KeyboardInterrupt):
                    laptop.send(home)
        assert laptop.send(home) == 450
    assert len(Store(cli.home / "progress.sqlite3").events(seat="spring-cy")) == 450


def test_over_tls_the_certificate_is_that_of_the_card(cli: Cli, spring: str, parts: Path, tmp_path: Path) -> None:
    """At an address that is not this computer's own, as far as the server knows."""
    place_parts(cli.home, parts)
    with cli.start("class", "board", spring, "--no-browser", "--listen", "127.0.0.2:0") as child:
        address = read_address(child, "Learners enter at")
        assert address.startswith("https://127.0.0.2:")
        shown = laptop.read_fingerprint(address)
        (card,) = cli.json("class", "cards", spring, "--listen", "127.0.0.2:1", "--seat", "ben")
        assert card["fingerprint"].replace(":", "") == shown
        home = make_laptop(tmp_path, "laptop")
        with pytest.raises(HostError, match="is not the class"):
            laptop.join(home, address, card["code"], "AB" * 32)
        with pytest.raises(HostError, match="cannot be reached"):  # nobody has signed it whom this computer trusts
            laptop.join(home, address, card["code"], "")
        laptop.join(home, address, card["code"], card["fingerprint"])
        work(home, 3)
        assert laptop.send(home) == 3
        os.kill(child.pid, signal.SIGINT)
        child.wait(timeout=60)


@pytest.mark.slow
def test_a_message_whose_answer_is_lost_comes_again_and_once(
    cli: Cli, spring: str, board: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    home = make_laptop(tmp_path, "laptop")
    laptop.join(home, board.origin, code_of(cli, spring, "ben"), "")
    with board.open("/board/live") as live:
        board.ask(live, do="message", to="ben", text="look at the map")
    with monkeypatch.context() as patch:
        patch.setattr(laptop, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            laptop.send(home)
    for _ in range(3):
        laptop.send(home)
    assert laptop.show_messages(home) == ["look at the map"]
    laptop.send(home)
    assert laptop.show_messages(home) == []


@pytest.mark.slow
def test_who_joins_again_sends_what_waits(cli: Cli, spring: str, board: Page, tmp_path: Path) -> None:
    """With another card: the first one's session was ended."""
    home = make_laptop(tmp_path, "laptop")
    work(home, 2)  # before: nobody's business
    laptop.join(home, board.origin, code_of(cli, spring, "ben"), "")
    work(home, 3)
    cli.run("class", "cards", spring, "--seat", "ben", "--new")
    with pytest.raises(HostError, match="answers 403"):
        laptop.send(home)
    laptop.join(home, board.origin, code_of(cli, spring, "ben"), "")
    assert laptop.send(home) == 3
    laptop.join(home, board.origin, code_of(cli, spring, "cy"), "")  # as somebody else: nothing of ben's is theirs
    assert laptop.send(home) == 0


@pytest.mark.slow
def test_many_at_once(cli: Cli, spring: str, board: Page, tmp_path: Path) -> None:
    """Several computers of one learner and of others, which all report at the same moment."""
    homes = []
    for number, slug in enumerate(("anna-muller", "ben", "cy")):
        home = make_laptop(tmp_path, f"l{number}")
        laptop.join(home, board.origin, code_of(cli, spring, slug), "")
        homes.append(home)

    def report(home: Home) -> None:
        for _ in range(5):
            work(home, 20)
            laptop.send(home)

    threads = [threading.Thread(target=report, args=(home,)) for home in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = Store(cli.home / "progress.sqlite3").events()
    assert [len([e for e in events if e.seat == f"spring-{slug}"]) for slug in ("anna-muller", "ben", "cy")] == [100] * 3


TIME = "2026-01-01T00:00:00+00:00"
EVENT = {"kind": "up", "lab": "l", "exercise": "", "outcome": "", "seconds": 1, "details": {}, "lab_version": ""}


@pytest.mark.parametrize(
    "report",
    [
        "[]", "{}", '{"device": 1, "events": []}', '{"device": "x", "events": [1]}', "[" * 100_000, "not json",
        json.dumps({"device": "x", "events": "x" * 1001}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": 1, "kind": "shell"}]}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": -1, "time": "2026-01-01T00:00:00+00:00"}]}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": 1, "time": "yesterday"}]}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": 1, "time": TIME, "seconds": float("nan")}]}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": 1, "time": TIME, "details": {"reasons": 5}}]}),
        json.dumps({"device": "x", "events": [{**EVENT, "id": 1, "time": TIME, "details": {"solved": [[]]}}]}),
        json.dumps({"device": "x", "events": [], "last_message": -1}),
    ],
    ids=range(14),
)  # fmt: skip
@pytest.mark.slow
def test_what_is_no_report_is_refused(cli: Cli, spring: str, board: Page, tmp_path: Path, report: str) -> None:
    home = make_laptop(tmp_path, "laptop")
    joined = laptop.join(home, board.origin, code_of(cli, spring, "ben"), "")
    bearer = {"Authorization": f"Bearer {joined.token}", "Content-Type": "application/json"}
    assert request(board.origin, "POST", "/report", report, bearer)[0] == 400
    assert request(board.origin, "POST", "/report", "x" * (3 << 20), bearer)[0] == 413
    assert request(board.origin, "POST", "/report", report, {**bearer, "Authorization": "Bearer x"})[0] == 403
    assert board.get("/report")[0] in (403, 405)
    assert Store(cli.home / "progress.sqlite3").events(seat="spring-ben") == []


@pytest.mark.slow
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59"])
def test_a_clock_that_is_wrong_breaks_no_sums(cli: Cli, spring: str, board: Page, tmp_path: Path, time: str) -> None:
    joined = laptop.join(make_laptop(tmp_path, "laptop"), board.origin, code_of(cli, spring, "ben"), "")
    event = {**EVENT, "id": 1, "time": time, "lab": "fake-shop", "kind": "check", "exercise": "close-stats", "outcome": "done"}
    bearer = {"Authorization": f"Bearer {joined.token}", "Content-Type": "application/json"}
    assert request(board.origin, "POST", "/report", json.dumps({"device": "x", "events": [event]}), bearer)[0] == 200
    assert cli.json("class", "report", spring)["exercises"][0]["done"] == 1
    with board.open("/board/live") as live:
        assert told(live, "board", lambda _: True)["rows"][1]["done"] == 1


@pytest.mark.slow
def test_a_laptops_token_opens_no_page(cli: Cli, spring: str, board: Page, tmp_path: Path) -> None:
    home = make_laptop(tmp_path, "laptop")
    joined = laptop.join(home, board.origin, code_of(cli, spring, "ben"), "")
    bearer = {"Authorization": f"Bearer {joined.token}"}
    for path in ("/api/lab", "/board", "/static/page.js"):
        assert request(board.origin, "GET", path, "", bearer)[0] == 403
    with pytest.raises(AssertionError):
        enter(board, "POST", "/enter", f"code={code_of(cli, spring, 'ben')}")  # the code was used
