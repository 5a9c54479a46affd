"""The page's server, on fake machines: its doors, what it tells, its terminals, floods, and what a kill leaves."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.contract.conftest import Cli, fresh_home, wait_for
from tests.contract.page import Page, place_parts, read_until, served
from tests.forked import Child, Python


@pytest.fixture(scope="module")
def page(prepared: Path, parts: Path) -> Iterator[Page]:
    """For all tests that change nothing."""
    with fresh_home(prepared) as cli:
        cli.run("up", "3")
        place_parts(cli.home, parts)
        with served(cli) as page:
            yield page


@pytest.fixture
def own_page(up: Cli, parts: Path) -> Iterator[Page]:
    place_parts(up.home, parts)
    with served(up) as page:
        yield page


# --- doors


def test_only_who_has_the_address_gets_in(page: Page) -> None:
    assert page.get("/")[0] == 200
    for path in ("/", "/api/lab", "/static/page.js", "/parts/xterm.mjs"):
        status, body, _ = page.get(path, Cookie="")
        assert (status, "lab page" in body) == (403, True), path
    assert page.get("/?token=wrong", Cookie="")[0] == 403
    assert page.get("/api/lab", Cookie=page.headers["Cookie"][:-1])[0] == 403
    assert page.get("/api/lab", Cookie="\x01;;=")[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": "127.0.0.1:1"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)  # fmt: skip
def test_no_other_site_gets_in(page: Page, headers: dict[str, str]) -> None:
    assert page.get("/api/lab", **headers)[0] == 403
    if "Host" in headers:
        return  # the client for web sockets says its own
    for path in ("/live", "/terminal"):
        with pytest.raises(InvalidStatus, match="403"):
            page.open(path, **headers)


def test_a_web_socket_needs_origin_and_cookie(page: Page) -> None:
    for path in ("/live", "/terminal?place=machine"):
        for headers in ({"Cookie": ""}, {"Cookie": page.headers["Cookie"], "Origin": "http://localhost:1"}):
            with pytest.raises(InvalidStatus, match="403"):
                page.open(path, **headers)


def test_what_browsers_are_told(page: Page) -> None:
    for path in ("/", "/api/lab", "/static/page.css", "/parts/xterm.mjs", "/nothing"):
        headers = {name.lower(): value for name, value in page.get(path)[2].items()}
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"], "scripts are only those of this server"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_no_path_leads_out(page: Page) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/parts/..%2f..%2fseats/3/id_ed25519", "/static//etc/passwd"):
        assert page.get(path)[0] == 404, path


def test_it_listens_on_loopback_only(page: Page) -> None:
    addresses = [c.laddr.ip for c in psutil.Process(page.child.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert addresses == ["127.0.0.1"]


# --- what it tells


def test_the_lab_as_it_is(own_page: Page, up: Cli) -> None:
    page = own_page
    lab = json.loads(page.get("/api/lab")[1])
    assert (lab["number"], lab["title"], lab["machine"]["state"]) == (3, "A shop without a machine", "running")
    assert [zone["name"] for zone in lab["zones"]] == ["outside", "admin"]
    assert [e["predictable"] for e in lab["exercises"]] == [True, True, False]
    assert lab["diagram"].startswith("<svg")
    assert lab["exercises"][0]["why"] is None
    up.inside("echo all is well >report")
    with page.open("/live") as live:
        answer, others = page.ask(live, do="check", target="3.3")
        assert answer["result"]["exercises"][0]["outcome"] == "done"
        assert any("progress" in said for said in others)
        told = others[-1] if "lab" in others[-1] else json.loads(live.recv(timeout=60))
        assert told["lab"]["exercises"][2]["state"] == "done"
        assert told["lab"]["exercises"][2]["why"]


@pytest.mark.slow
def test_all_that_can_be_asked(own_page: Page) -> None:
    page = own_page
    with page.open("/live") as live:
        assert page.ask(live, do="check", target="3.1", quick=True)[0]["result"]["exercises"][0]["outcome"] == "not yet"
        assert {c["target"] for c in page.ask(live, do="map", target="3.1")[0]["result"]} == {"stats", "shop"}
        traced = page.ask(live, **{"do": "trace", "from": "outside", "to": "stats", "family": 4})[0]["result"]
        assert traced[0]["family"] == 4
        ways = page.ask(live, do="ways", target="3.1")[0]["result"]["ways"]
        assert page.ask(live, do="predict", target="3.1", guesses=[True] * len(ways))[0]["result"]["stage"] == "now"
        assert page.ask(live, do="hint", target="3.1")[0]["result"]["hints"] == ["vague"]
        assert "block outside stats" in page.ask(live, do="solution", target="3.1")[0]["result"]["text"]
        assert page.ask(live, do="save", name="here")[0]["result"] == {}
        assert page.ask(live, do="solve", target="3.1")[0]["result"] == {}
        assert page.ask(live, do="check", target="3.1", quick=True)[0]["result"]["exercises"][0]["outcome"] == "not checked"
        assert page.ask(live, do="restore", name="here")[0]["result"] == {}
        assert page.ask(live, do="goto", target="3.3")[0]["result"] == {}
        assert page.ask(live, do="reset")[0]["result"] == {}
        assert page.ask(live, do="check", target="3", quick=True)[0]["result"]["exercises"][0]["outcome"] == "not yet"


_NO_REQUESTS: list[dict[str, Any]] = [
    {"do": "check", "target": "4"}, {"do": "check", "target": "--help"}, {"do": "check"}, {"do": "destroy"}, {"do": ["up"]},
    {"do": "save", "name": "--all"}, {"do": "save", "name": "../x"}, {"do": "predict", "target": "3.1", "guesses": ["y"]},
    {"do": "trace", "from": "--json", "to": "stats", "family": 4}, {},
    {"do": "trace", "from": "outside", "to": "stats", "family": "4"},
]  # fmt: skip


def test_what_is_no_request_is_refused(page: Page) -> None:
    with page.open("/live") as live:
        for message in _NO_REQUESTS:
            answer, _ = page.ask(live, **message)
            assert answer["error"]["error"], message
        assert page.ask(live, do="ways", target="3.1")[0]["result"]["stage"] == "now", "and the next one is answered"


def drain(live: ClientConnection) -> None:
    while True:
        live.recv(timeout=60)


@pytest.mark.parametrize("said", ["[]", "no JSON", "x" * 200_000, b"\x00"])
def test_what_is_no_message_ends_its_tab_only(page: Page, said: str | bytes) -> None:
    with page.open("/live") as other, page.open("/live") as live:
        live.send(said)
        with pytest.raises(ConnectionClosed):
            drain(live)
        assert page.ask(other, do="ways", target="3.1")[0]["result"]


@pytest.mark.slow
def test_what_goes_wrong_is_told_with_the_next_step(own_page: Page, up: Cli) -> None:
    page = own_page
    up.run("destroy", "3")
    with page.open("/live") as live:
        error = page.ask(live, do="check", target="3")[0]["error"]
        assert "not up" in error["error"]
        assert error["hint"] == "lab up 3"
        assert page.ask(live, do="up")[0]["result"] == {}
    assert json.loads(page.get("/api/lab")[1])["machine"]["state"] == "running"


@pytest.mark.slow
def test_it_watches_after_work_in_a_terminal(own_page: Page) -> None:
    page = own_page
    with page.open("/live") as live, page.open("/terminal?place=machine") as shell:
        assert page.ask(live, do="watch", on=True)[0]["result"] == {"on": True}
        first = next(told for _ in range(50) if "watched" in (told := json.loads(live.recv(timeout=60))))
        assert first["watched"]["exercises"][2]["outcome"] == "not yet"
        shell.send(b"echo all is well >report\n")
        while True:
            told = json.loads(live.recv(timeout=60))
            if "watched" in told and told["watched"]["exercises"][2]["outcome"] == "done":
                break
        assert page.ask(live, do="watch", on=False)[0]["result"] == {"on": False}
    rows = json.loads(page.get("/api/lab")[1])["exercises"]
    assert (rows[2]["state"], rows[0]["attempts"]) == ("done", 0), "what nobody has asked for is no attempt"


# --- terminals


class Anew(Cli):
    """Processes that share no memory with others, so that theirs can be measured."""

    def start(self, *words: str, **more: str) -> Child:
        return Python(["-m", "provisioner", "--trust", *words], {**self.environment, **more})


def test_a_terminal_is_a_shell_in_the_machine(page: Page) -> None:
    with page.open("/terminal?place=machine&columns=100&rows=30") as shell:
        shell.send(b"echo well >report; cat report\n")
        read_until(shell, b"well")
        shell.send(json.dumps({"resize": [40, 10]}))
        shell.send(json.dumps({"resize": ["x", None]}))
        shell.send(json.dumps({"ack": -5}))
        shell.send(b"cat report\n")
        read_until(shell, b"well\r\n")
        shell.send(b"exit\n")
        read_until(shell, b"the shell has ended")


def test_a_zone_has_a_shell_too(page: Page) -> None:
    with page.open("/terminal?place=zone:outside") as shell:
        read_until(shell, b"(outside)learner@lab")


@pytest.mark.slow
def test_what_is_not_drawn_is_not_sent(up: Cli, parts: Path) -> None:
    """A program that writes without end fills neither the server nor the browser, and Ctrl-C still reaches it."""
    place_parts(up.home, parts)
    with served(Anew(up.home, up.labs)) as page, page.open("/terminal?place=machine") as shell:
        server = psutil.Process(page.child.pid)
        read_until(shell, b"$ ")
        shell.send(b"yes\n")
        size = 0
        with suppress(TimeoutError):
            while size < 2_000_000:
                size += len(shell.recv(timeout=3))
        assert 200_000 < size < 1_000_000
        drawn, used = 0, 0
        while drawn < 200 << 20:  # from here on it is drawn as it comes
            if not used and drawn > 100 << 20:
                used = server.memory_info().rss
            shell.send(json.dumps({"ack": size}))
            drawn += size
            size = len(shell.recv(timeout=30))
        assert server.memory_info().rss - used < 10 << 20
        shell.send(b"\x03")
        shell.send(b"exit\n")
        read_until(shell, b"the shell has ended")


def test_there_is_no_other_place(page: Page) -> None:
    for place in ("zone:nowhere", "zone:outside;id", "root", ""):
        with page.open(f"/terminal?place={place}") as shell:
            read_until(shell, b"there is no such place")


@pytest.mark.slow
def test_a_machine_that_is_away_is_told(own_page: Page, up: Cli) -> None:
    page = own_page
    up.run("stop", "3")
    with page.open("/terminal?place=machine") as shell:
        read_until(shell, b"does not answer")


# --- the end


def test_a_corrupt_record_is_told_on_the_page(own_page: Page, up: Cli) -> None:
    record = up.home / "seats" / "3" / "seat.json"
    old = record.read_text()
    record.write_text("{")
    status, body, _ = own_page.get("/api/lab")
    assert (status, json.loads(body)["machine"]["state"]) == (200, "broken")
    with own_page.open("/terminal?place=machine") as shell:
        read_until(shell, b"corrupt")
    record.write_text(old)


@pytest.mark.parametrize("when", range(4))
@pytest.mark.slow
def test_a_kill_loses_no_event_and_leaves_no_process(up: Cli, parts: Path, when: int) -> None:
    place_parts(up.home, parts)
    with served(up) as page, page.open("/live") as live:
        page.ask(live, do="check", target="3.3")
        live.send(json.dumps({"id": 8, "do": "check", "target": "3", "quick": True}))
        time.sleep(when * 0.15)
        children = psutil.Process(page.child.pid).children(recursive=True)
        page.child.kill()
        page.child.wait(timeout=60)
        wait_for(lambda: not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children))
    events = up.json("progress", "3", "--events")
    assert [e["kind"] for e in events[:3]] == ["up", "up", "check"]
    assert len(events) in (3, 6), "all of a check or nothing"
    assert up.outcomes("3.3", expect=1) == {3: "not yet"}
