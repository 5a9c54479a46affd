"""A class's server on fake machines: who may enter, what a learner and the trainer get, and what a kill leaves."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from .conftest import Cli
from .page import Page, place_parts, read_address, read_until, request


@contextmanager
def served_class(cli: Cli, spring: str) -> Iterator[Page]:
    """The server, as the trainer's browser sees it."""
    with cli.start("class", "board", spring, "--no-browser", "--listen", "127.0.0.1:0") as child:
        address = read_address(child, "The board of class")
        page = Page(address.partition("/board")[0], child)
        page.headers["Cookie"] = enter(page, "GET", address.removeprefix(page.origin), "")
        yield page
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGINT)
        child.wait(timeout=60)


def enter(page: Page, method: str, path: str, body: str) -> str:
    """The cookie that somebody gets who enters."""
    status, _, headers = request(page.origin, method, path, body, {"Origin": page.origin})
    assert status == 303
    match = re.match(r"([^;]+); HttpOnly; Path=/; SameSite=strict", headers["set-cookie"], re.I)
    assert match
    return match[1]


@pytest.fixture
def board(cli: Cli, spring: str, parts: Path) -> Iterator[Page]:
    place_parts(cli.home, parts)
    cli.run("class", "up", spring)
    with served_class(cli, spring) as page:
        yield page


def learner(board: Page, cli: Cli, spring: str, slug: str) -> Page:
    """The server, as the browser of somebody sees it who has entered with their card."""
    code = next(card["code"] for card in cli.json("class", "cards", spring) if card["slug"] == slug)
    return Page(board.address, board.child, {"Cookie": enter(board, "POST", "/enter", f"code={code[:5].lower()}-{code[5:]}")})


def told(socket: ClientConnection, key: str, wanted: Any, patience: float = 30.0) -> dict[str, Any]:  # noqa: ANN401 - a condition
    """The first message with that key for which the condition holds."""
    deadline = time.monotonic() + patience
    while True:
        message = json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic())))
        if key in message and wanted(message[key]):
            return dict(message[key])


def test_who_may_enter(cli: Cli, spring: str, board: Page) -> None:
    stranger = Page(board.address, board.child)
    status, text, headers = stranger.get("/")
    assert (status, "form-action 'self'" in headers["content-security-policy"]) == (200, True)
    assert "spring" in text
    for path in ("/board", "/api/lab", "/static/page.js", "/board?token=x", "/class-static/board.js"):
        assert stranger.get(path)[0] == 403
    for path in ("/board/live", "/class", "/live", "/terminal?place=machine"):
        with pytest.raises(InvalidStatus), stranger.open(path):
            pass
    assert stranger.get("/", Host="evil.example")[0] == 403
    assert request(board.origin, "POST", "/enter", "code=AAAAA-AAAAA", {"Origin": "http://evil.example"})[0] == 403

    anna = learner(board, cli, spring, "anna-muller")
    assert json.loads(anna.get("/api/lab")[1])["seat"] == "spring-anna-muller"
    assert json.loads(anna.get("/api/lab")[1])["class"] == "spring"
    assert anna.get("/board")[0] == 403
    with pytest.raises(InvalidStatus), anna.open("/board/live"):
        pass
    code = next(card["code"] for card in cli.json("class", "cards", spring) if card["slug"] == "anna-muller")
    status, text, _ = request(board.origin, "POST", "/enter", f"code={code}", {"Origin": board.origin})
    assert (status, "it was used" in text) == (200, True)  # by her
    cli.run("class", "cards", spring, "--seat", "anna-muller", "--new")
    assert anna.get("/api/lab")[0] == 403  # shown out
    assert board.get("/")[2].get("location", "/board") == "/board"


@pytest.mark.slow
def test_guesses_are_limited(board: Page) -> None:
    answers = [request(board.origin, "POST", "/enter", f"code=WRONG-{n:05}", {"Origin": board.origin})[0] for n in range(12)]
    assert (answers.count(200), answers.count(429)) == (10, 2)
    assert request(board.origin, "POST", "/enter", "code=" + "A" * 10_000, {"Origin": board.origin})[0] == 429


@pytest.mark.slow
def test_a_code_is_no_markup(board: Page) -> None:
    code = "%3Cscript%3E"
    assert "<script>" not in request(board.origin, "POST", "/enter", f"code={code}", {"Origin": board.origin})[1].lower()
    assert "<script>" not in Page(board.address, board.child).get(f"/?code={code}")[1].lower()


def test_the_board_is_live(cli: Cli, spring: str, board: Page) -> None:
    anna, ben = (learner(board, cli, spring, slug) for slug in ("anna-muller", "ben"))
    with board.open("/board/live") as live, anna.open("/class") as hers, ben.open("/class") as his:

        def row(slug: str, wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - a condition
            def find(message: dict[str, Any]) -> dict[str, Any]:
                return next(dict(r) for r in message["rows"] if r["slug"] == slug)

            return find(told(live, "board", lambda message: wanted(find(message))))

        row("anna-muller", lambda r: r["connected"] == 1 and r["state"] == "running")
        start = time.monotonic()
        hers.send(json.dumps({"do": "raise", "text": "I see <b>nothing</b>"}))
        raised = row("anna-muller", lambda r: r["hand"])
        assert raised["hand"]["text"] == "I see <b>nothing</b>"
        assert time.monotonic() - start < 10  # within a second on an idle host
        board.ask(live, do="message", to="anna-muller", text="look at the map")
        message = told(hers, "class", lambda said: said["messages"])["messages"][0]
        assert message["text"] == "look at the map"
        board.ask(live, do="message", to="", text="a break")
        assert [m["text"] for m in told(his, "class", lambda said: said["messages"])["messages"]] == ["a break"]
        hers.send(json.dumps({"do": "read", "id": message["id"]}))
        told(hers, "class", lambda said: [m["text"] for m in said["messages"]] == ["a break"])
        board.ask(live, do="lower", to="anna-muller")
        row("anna-muller", lambda r: r["hand"] is None)

        cli.inside("sudo block outside stats", "--seat", "spring-ben")
        with ben.open("/live") as page:
            ben.ask(page, do="check", target="3.1")
        assert row("ben", lambda r: r["done"] == 1)["exercise"] == "3.2"
        assert board.ask(live, do="goto", to="ben", target="3.3")[0]["result"]["lab"] == 3
        assert board.ask(live, do="check", to="ben")[0]["result"]["exercises"][1]["outcome"] == "not checked"
        assert board.ask(live, do="reset", to="")[0]["result"] == {}
        for wrong in ({"do": "reset", "to": "../x"}, {"do": "goto", "to": "ben", "target": "4.1"}, {"do": "shell"}):
            assert "cannot ask" in board.ask(live, **wrong)[0]["error"]["error"]
        board.ask(live, do="until", time="23:59")
        until = told(his, "class", lambda said: said["until"])["until"]
        board.ask(live, do="extend", minutes=5)
        assert told(his, "class", lambda said: said["until"] != until)["until"] == until + 300


@pytest.mark.slow
def test_nobody_gets_at_another_ones_seat(cli: Cli, spring: str, board: Page) -> None:
    anna = learner(board, cli, spring, "anna-muller")
    with anna.open("/terminal?place=machine") as shell:
        read_until(shell, b"learner@lab")
        shell.send(b"echo mine >report; cat report\n")
        read_until(shell, b"mine\r\n")
    assert cli.inside("cat report", "--seat", "spring-anna-muller") == "mine\n"
    with anna.open("/live") as page:
        for wrong in ({"do": "reset", "seat": "spring-ben"}, {"do": "check", "target": "3 --seat spring-ben"}):
            anna.ask(page, **wrong)
    events = cli.json("progress", "--seat", "spring-ben", "--events")
    assert {event["kind"] for event in events} == {"up"}


def test_nobody_but_the_trainer_looks_and_only_when_allowed(cli: Cli, spring: str, board: Page) -> None:
    anna, ben = (learner(board, cli, spring, slug) for slug in ("anna-muller", "ben"))
    for path in ("/board/screen?learner=anna-muller", "/board/screen?learner=ben"):
        with pytest.raises(InvalidStatus), ben.open(path):
            pass
    with pytest.raises(InvalidStatus), board.open("/board/screen?learner=../x"):
        pass
    with anna.open("/terminal?place=machine") as shell, anna.open("/class") as room:
        read_until(shell, b"learner@lab")
        with board.open("/board/screen?learner=anna-muller") as look:
            assert json.loads(look.recv(timeout=30)) == {"permission": "asked", "open": True, "typing": None}
            told(room, "class", lambda said: said["look"] == "asked")
            room.send(json.dumps({"do": "allow"}))
            assert json.loads(look.recv(timeout=30))["permission"] == "allowed"
            assert json.loads(look.recv(timeout=30)) == {"size": [80, 24]}
            shell.send(b"yes | head -c 3000000; echo the end\n")
            read_until(shell, b"the end\r\n")
            read_until(look, b"the end\r\n")
        told(room, "class", lambda said: said["look"] is None)


@pytest.mark.slow
def test_a_kill_loses_nothing(cli: Cli, spring: str, parts: Path) -> None:
    place_parts(cli.home, parts)
    cli.run("class", "up", spring)
    with served_class(cli, spring) as page:
        anna = learner(page, cli, spring, "anna-muller")
        with anna.open("/class") as hers:
            hers.send(json.dumps({"do": "raise", "text": "help"}))
            told(hers, "class", lambda said: said["hand"])
        page.child.kill()
        page.child.wait(timeout=60)
    with served_class(cli, spring) as page, page.open("/board/live") as live:
        rows = told(live, "board", lambda _: True)["rows"]
        assert [r["hand"] and r["hand"]["text"] for r in rows] == ["help", None, None]


@pytest.mark.slow
def test_who_is_shown_out_is_out_of_open_terminals_too(cli: Cli, spring: str, board: Page) -> None:
    anna = learner(board, cli, spring, "anna-muller")
    with anna.open("/terminal?place=machine") as shell, anna.open("/class") as room, anna.open("/live") as live:
        read_until(shell, b"learner@lab")
        cli.run("class", "cards", spring, "--seat", "anna-muller", "--new")
        for socket in (shell, room, live):
            with suppress(ConnectionClosed):  # and not TimeoutError
                while True:
                    socket.recv(timeout=30)


@pytest.mark.slow
def test_a_class_that_is_over_lets_nobody_in(cli: Cli, spring: str, board: Page) -> None:
    anna = learner(board, cli, spring, "anna-muller")
    old_codes = {card["code"] for card in cli.json("class", "cards", spring)}
    cli.run("class", "down", spring, "--yes")
    assert anna.get("/api/lab")[0] == 403
    assert board.get("/board")[0] == 403
    new_codes = {card["code"] for card in cli.json("class", "cards", spring)}
    assert not old_codes & new_codes


def test_cards_are_for_paper(cli: Cli, spring: str, tmp_path: Path) -> None:
    cli.run("class", "cards", spring, "--listen", "192.0.2.10", "-o", str(tmp_path / "cards.html"))
    page = (tmp_path / "cards.html").read_text()
    assert page.count("<svg") == 3
    assert page.count("https://192.0.2.10:8443</p>") == 3
    codes = [card["code"] for card in cli.json("class", "cards", spring)]
    assert len(set(codes)) == 3
    assert all(f"{code[:5]}-{code[5:]}" in page for code in codes)
    assert (cli.home / "classes" / "spring.pem").stat().st_mode & 0o777 == 0o600
    assert "name the one of this computer" in cli.said("class", "board", spring, "--listen", "0.0.0.0", expect=2)[1]
    assert "is no address" in cli.said("class", "cards", spring, "--listen", "192.0.2.10:x", expect=2)[1]
