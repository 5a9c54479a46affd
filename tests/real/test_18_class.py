"""A class of twenty on real machines: learners who work through their own pages, a trainer at the board, a server that dies."""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect, sync_playwright

from provisioner.backends.lxc import limits
from provisioner.core.paths import Home, project_labs
from provisioner.progress.store import Store
from tests.contract.page import Page, read_address, read_until
from tests.contract.test_class_board import enter

from .conftest import Cli, own_home

COUNT = int(os.environ.get("LAB_TEST_SEATS", "20"))
NAMES = [f"learner-{number:02}" for number in range(COUNT)]
GOOD, LATE, RESET, HANDS = NAMES[: COUNT // 2], NAMES[-1], NAMES[2:7], NAMES[8:10]
SOLUTION = (project_labs() / "03-vm-and-docker/exercises/firewall-on/solution.sh").read_text(encoding="utf-8")
PATIENCE = 120_000  # milliseconds

pytestmark = pytest.mark.skipif(
    os.environ.get("LAB_TEST_ALL") != "1" or os.geteuid() != 0 or not shutil.which("lxc-start"),
    reason="asked for by LAB_TEST_ALL=1, as root, with LXC: it takes a quarter of an hour",
)


@pytest.fixture(scope="module")
def cli() -> Iterator[Cli]:
    with own_home() as cli:
        yield cli


@pytest.fixture(scope="module", autouse=True)
def enough() -> Iterator[None]:
    """The kernel's limit, as `lab class up` asks for it where it is too low."""
    usual = limits.INSTANCES.read_text()
    limits.INSTANCES.write_text(str(max(int(usual), limits.ENOUGH)))
    yield
    limits.INSTANCES.write_text(usual)


@pytest.fixture(scope="module")
def spring(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("class")
    (folder / "names.csv").write_text("\n".join(["name", *NAMES]) + "\n")
    cli.run("class", "new", str(folder / "spring"), "--labs", "3", "--roster", str(folder / "names.csv"), "--driver", "lxc")
    start = time.monotonic()
    cli.run("class", "up", str(folder / "spring"), "--yes")
    print(f"{COUNT} seats in {time.monotonic() - start:.0f} s")
    return str(folder / "spring")


@contextmanager
def served(cli: Cli, spring: str) -> Iterator[tuple[Page, str]]:
    """The server, and the board's address."""
    with cli.start("class", "board", spring, "--no-browser", "--listen", "127.0.0.1:0") as child:
        address = read_address(child, "The board of class")
        page = Page(address.partition("/board")[0], child)
        yield page, address
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGINT)
        child.wait(timeout=60)


@contextmanager
def browser(address: str) -> Iterator[Tab]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or pytest.skip("chromium is not installed")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(address)
        yield tab
        chromium.close()


def solve(learner: Page) -> None:
    """Types the solution of 3.1 in the terminal of the page, and checks it there."""
    with learner.open("/terminal?place=machine&columns=120&rows=40") as shell:
        read_until(shell, b"learner@lab")
        shell.send(f"cat >s.sh <<'THE END'\n{SOLUTION}\nTHE END\nbash s.sh; echo end $((6 * 7))\n".encode())
        read_until(shell, b"end 42", 120)
    with learner.open("/live") as live:
        answer = learner.ask(live, do="check", target="3.1")[0]
    assert [e["outcome"] for e in answer["result"]["exercises"]] == ["done"], answer


def test_a_class_of_twenty(cli: Cli, spring: str) -> None:
    codes = {card["slug"]: card["code"] for card in cli.json("class", "cards", spring)}
    cookies: dict[str, str] = {}
    problems: list[str] = []

    def learner(page: Page, name: str) -> Page:
        if name not in cookies:
            cookies[name] = enter(page, "POST", "/enter", f"code={codes[name]}")
        name_of_cookie = f"lab-class-{page.origin.rpartition(':')[2]}"  # each server has another port
        return Page(page.address, page.child, {"Cookie": f"{name_of_cookie}={cookies[name].partition('=')[2]}"})

    def work(page: Page, names: list[str]) -> None:
        for name in names:
            try:
                solve(learner(page, name))
            except Exception as error:  # noqa: BLE001 - told by the test
                problems.append(f"{name}: {error!r}")

    half = len(GOOD) // 2
    with served(cli, spring) as (page, address), browser(address) as board:
        expect(board.locator("tbody tr")).to_have_count(COUNT)
        work(page, GOOD[:1])
        expect(board.get_by_role("row").filter(has_text=GOOD[0])).to_contain_text("3.2")
        threads = [threading.Thread(target=work, args=(page, names)) for names in (GOOD[1:half], GOOD[half:])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not problems
        for name in GOOD:
            expect(board.get_by_role("row").filter(has_text=name)).to_contain_text("3.2")
        os.kill(page.child.pid, signal.SIGKILL)
    for name in HANDS:  # the server dies each time
        with served(cli, spring) as (page, address), browser(address) as board:
            own = learner(page, name)
            with own.open("/class") as room:
                room.send(json.dumps({"do": "raise", "text": f"{name} is stuck"}))
                expect(board.get_by_role("row").filter(has_text=f"{name} is stuck").first).to_be_visible()
            os.kill(page.child.pid, signal.SIGKILL)
    with served(cli, spring) as (_, address), browser(address) as board:
        for name in HANDS:
            expect(board.get_by_role("row").filter(has_text=f"{name} is stuck").first).to_be_visible()
        for name in RESET:
            cli.run("class", "reset", spring, "--seat", name, "--yes")
        cli.run("class", "goto", spring, "3.2", "--seat", LATE, "--yes")
        board.screenshot(path=str(Path(spring) / "board.png"), full_page=True)

    for name, code, outcome in ((LATE, 0, "done"), (RESET[0], 1, "not yet")):
        assert cli.outcomes("3.1", "--quick", "--seat", f"spring-{name}", expect=code) == {1: outcome}
    report = cli.json("class", "report", spring)
    store = Store(Home(cli.home, cli.home / "cache").events)
    done = {e.seat for e in store.events("vm-and-docker") if e.kind == "check" and e.outcome == "done"}
    done.discard(f"spring-{LATE}")  # what was solved for him does not count
    assert done == {f"spring-{name}" for name in GOOD}
    rows: list[dict[str, Any]] = report["learners"]
    assert {row["seat"] for row in rows if row["done"]} == done
    assert report["exercises"][0]["done"] == len(GOOD)
    start = time.monotonic()
    cli.run("class", "down", spring, "--yes")
    print(f"down in {time.monotonic() - start:.0f} s")
    assert cli.json("status") == []
    assert cli.processes() == []
