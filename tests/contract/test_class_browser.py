"""A class in real browsers, on fake machines: a learner who enters with a card, the trainer's board, and whether everybody can
use them (axe)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from .conftest import Cli
from .page import Page, place_parts
from .test_class_board import served_class
from .test_class_demo import shell
from .test_page_browser import PATIENCE, browser, findings, wait_for_shell  # noqa: F401 - browser is a fixture

pytestmark = pytest.mark.slow
LIGHT: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1400, "height": 900}}
VIEWS = [LIGHT, {**LIGHT, "color_scheme": "dark"}, {**LIGHT, "viewport": {"width": 390, "height": 844}}]


@pytest.fixture
def board(cli: Cli, spring: str, parts: Path) -> Iterator[Page]:
    place_parts(cli.home, parts)
    cli.run("class", "up", spring)
    with served_class(cli, spring) as page:
        yield page


@contextmanager
def tab(browser: Browser, page: Page, path: str, **options: Any) -> Iterator[Tab]:  # noqa: ANN401, F811 - Playwright's own
    """Of somebody whose cookie, if they have one, is that of the page. Whatever goes wrong in it is an error."""
    context = browser.new_context(**{**LIGHT, **options, "reduced_motion": "reduce"})
    context.set_default_timeout(PATIENCE)
    if cookie := page.headers.get("Cookie"):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": page.origin, "httpOnly": True, "sameSite": "Strict"}])
    tab = context.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(f"{page.origin}{path}")
    yield tab
    context.close()
    assert problems == []


def enter(tab: Tab, cli: Cli, spring: str, slug: str) -> None:
    code = next(card["code"] for card in cli.json("class", "cards", spring) if card["slug"] == slug)
    tab.get_by_label("Code").fill(f"{code[:5]}-{code[5:]}".lower())
    tab.get_by_role("button", name="Open my lab").click()
    expect(tab.get_by_role("heading", name="Lab 3: A shop without a machine")).to_be_visible(timeout=PATIENCE)


def test_a_learner_and_the_trainer(browser: Browser, cli: Cli, spring: str, board: Page) -> None:  # noqa: F811
    stranger = Page(board.address, board.child)
    with tab(browser, board, "/board") as trainer, tab(browser, stranger, "/") as anna:
        row = trainer.locator("tr[data-slug=anna-muller]")
        expect(row).to_contain_text("3.1", timeout=PATIENCE)
        anna.get_by_label("Code").fill("WRONG-CODES")
        anna.get_by_role("button", name="Open my lab").click()
        expect(anna.locator("#problem")).to_contain_text("no code of this class")
        enter(anna, cli, spring, "anna-muller")
        wait_for_shell(anna)
        bar = anna.get_by_role("region", name="Class spring")
        bar.get_by_label("Question for the trainer").fill("Where are the <b>statistics</b>?")
        bar.get_by_role("button", name="Raise hand").click()
        expect(row.locator(".hand")).to_contain_text("Where are the <b>statistics</b>?", timeout=PATIENCE)
        expect(trainer.locator("tbody tr").first).to_have_attribute("data-slug", "anna-muller")  # who needs help is on top
        row.get_by_role("button", name="Actions for Anna Müller").click()
        trainer.get_by_role("menuitem", name="Message…").click()
        trainer.get_by_role("dialog").get_by_label("Text:").fill("On port 8081")
        trainer.get_by_role("dialog").get_by_role("button", name="Send").click()
        messages = anna.get_by_role("region", name="Messages of the trainer")
        expect(messages).to_contain_text("On port 8081", timeout=PATIENCE)
        messages.get_by_role("button", name="Dismiss").click()
        expect(anna.get_by_text("On port 8081")).to_have_count(0)
        bar.get_by_role("button", name="Lower hand").click()
        expect(row.locator(".hand")).to_have_text("", timeout=PATIENCE)

        anna.locator(".xterm").first.click()
        anna.keyboard.type("sudo block outside stats\n")
        anna.locator("#task-1").get_by_role("button", name="Check", exact=True).click()
        expect(row).to_contain_text("3.2", timeout=PATIENCE)
        look_at(trainer, anna)
        trainer.keyboard.press("n")
        expect(trainer.get_by_role("button", name="Hide names")).to_have_attribute("aria-pressed", "true")
        expect(trainer.get_by_text("Anna Müller").filter(visible=True)).to_have_count(0)
        trainer.keyboard.press("n")
        row.get_by_role("button", name="Actions for Anna Müller").click()
        trainer.get_by_role("menuitem", name="Reset…").click()
        trainer.get_by_role("dialog").get_by_role("button", name="Remove disks and reset").click()
        expect(trainer.get_by_role("log")).to_contain_text("Anna Müller", timeout=PATIENCE)
        expect(anna.locator(".xterm-rows").first).to_contain_text("Connected", timeout=PATIENCE)
    assert cli.outcomes("3.1", "--quick", "--seat", "spring-anna-muller", expect=1) == {1: "not yet"}


def test_a_machine_that_nobody_works_at_sleeps_until_a_key(browser: Browser, cli: Cli, spring: str, board: Page) -> None:  # noqa: F811
    with (Path(spring) / "class.yaml").open("a") as file:
        file.write("idle: 1\n")
    with served_class(cli, spring) as page, tab(browser, Page(page.address, page.child), "/") as anna:
        enter(anna, cli, spring, "anna-muller")
        wait_for_shell(anna)
        anna.locator(".xterm").first.click()
        anna.keyboard.type("echo well >report\n")
        expect(anna.locator("#machine-state")).to_contain_text("stopped", timeout=150_000)
        anna.keyboard.type("x")
        expect(anna.locator("#machine-state")).to_contain_text("running", timeout=PATIENCE)
        expect(anna.locator(".xterm-rows").first).to_contain_text("Connected", timeout=PATIENCE)
        anna.keyboard.type("cat report\n")
        expect(anna.locator(".xterm-rows").first).to_contain_text("well", timeout=PATIENCE)


def look_at(trainer: Tab, anna: Tab) -> None:
    """The trainer sees a terminal as soon as its owner allows it, and types in it once that is allowed, too."""
    visit, dialog = anna.get_by_role("region", name="Trainer at your terminal"), trainer.get_by_role("dialog")
    screen, shell = dialog.locator(".xterm-rows"), anna.locator(".xterm-rows").first
    trainer.get_by_role("button", name="Actions for Anna Müller").click()
    trainer.get_by_role("menuitem", name="Look at terminal…").click()
    expect(dialog).to_contain_text("Waiting for the learner")
    visit.get_by_role("button", name="Allow").click()
    expect(dialog).to_contain_text("from now on", timeout=PATIENCE)
    anna.locator(".xterm").first.click()
    anna.keyboard.type("echo for all to see\n")
    expect(screen).to_contain_text("for all to see", timeout=PATIENCE)
    expect(screen).not_to_contain_text("sudo block outside stats")  # it was written before
    assert findings(trainer) == []
    assert findings(anna) == []
    dialog.locator(".xterm").click()
    trainer.keyboard.type("echo too early\n")
    type_in(trainer, anna)
    expect(shell).not_to_contain_text("too early")
    visit.get_by_role("button", name="Stop", exact=True).click()
    expect(dialog).to_contain_text("does not want it", timeout=PATIENCE)
    anna.locator(".xterm").first.click()
    anna.keyboard.type("echo a secret\n")
    expect(shell).to_contain_text("a secret", timeout=PATIENCE)
    expect(screen).not_to_contain_text("a secret")
    dialog.get_by_role("button", name="Close").click()
    expect(visit).to_have_count(0)


def type_in(trainer: Tab, anna: Tab) -> None:
    """Without a mouse on the trainer's side, but for the first question."""
    visit, dialog = anna.get_by_role("region", name="Trainer at your terminal"), trainer.get_by_role("dialog")
    shell = anna.locator(".xterm-rows").first
    dialog.get_by_role("button", name="Ask to type").click()
    expect(dialog).to_contain_text("Waiting for the learner")
    expect(visit).to_contain_text("asks to type in your terminal", timeout=PATIENCE)
    assert findings(anna) == []
    visit.get_by_role("button", name="Allow").click()
    expect(visit).to_contain_text("can type in your terminal", timeout=PATIENCE)
    expect(dialog.locator("textarea")).to_be_focused(timeout=PATIENCE)
    anna.keyboard.press("Control+Shift+Enter")
    trainer.keyboard.press("Escape")  # a key as all others
    trainer.keyboard.press("Enter")
    trainer.keyboard.type("echo typed by the trainer\n")
    expect(shell).to_contain_text("learner@lab:~$ echo typed by the trainer", timeout=PATIENCE)
    assert findings(trainer) == []
    assert findings(anna) == []
    trainer.keyboard.press("Control+Shift+Enter")
    expect(dialog.get_by_role("button", name="Stop typing")).to_be_focused()
    visit.get_by_role("button", name="Stop typing").click()
    expect(dialog).to_contain_text("does not want you to type", timeout=PATIENCE)
    expect(visit.get_by_role("button", name="Stop", exact=True)).to_be_focused()
    dialog.locator(".xterm").click()
    trainer.keyboard.type("echo too late\n")
    anna.locator(".xterm").first.click()
    anna.keyboard.type("echo by the learner\n")
    expect(shell).to_contain_text("learner@lab:~$ echo by the learner", timeout=PATIENCE)
    expect(shell).not_to_contain_text("too late")


def test_only_the_learners_own_terminal_answers_programs(browser: Browser, cli: Cli, spring: str, board: Page) -> None:  # noqa: F811
    """Questions such as where the cursor is: the trainer's would be a second answer, typed into the learner's shell."""
    questions = "".join(f"\\x1b[{end}" for end in ("6n", "5n", "c", ">c", "?6n", "?2004$p", "18t")) + "\\x1bP$qm\\x1b\\\\\\\\"
    cli.inside(f"answer stats '{questions}'", "--seat", "spring-anna-muller")
    stranger = Page(board.address, board.child)
    with tab(browser, board, "/board") as trainer, tab(browser, stranger, "/") as anna:
        sent: dict[str, list[bytes | str]] = {"trainer": [], "anna": []}
        trainer.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent["trainer"].append(frame)))
        anna.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent["anna"].append(frame)))
        enter(anna, cli, spring, "anna-muller")
        anna.reload()
        wait_for_shell(anna)
        trainer.get_by_role("button", name="Actions for Anna Müller").click()
        trainer.get_by_role("menuitem", name="Look at terminal…").click()
        visit, dialog = anna.get_by_role("region", name="Trainer at your terminal"), trainer.get_by_role("dialog")
        visit.get_by_role("button", name="Allow").click()
        dialog.get_by_role("button", name="Ask to type").click()
        visit.get_by_role("button", name="Allow").click()
        expect(dialog.locator("textarea")).to_be_focused(timeout=PATIENCE)
        trainer.keyboard.type("curl http://127.0.0.1:8081\necho well\n")
        expect(dialog.locator(".xterm-rows")).to_contain_text("well", timeout=PATIENCE)
        trainer.wait_for_timeout(500)
        typed = [frame for frame in sent["trainer"] if isinstance(frame, bytes)]
        assert b"".join(typed) == b"curl http://127.0.0.1:8081\recho well\r"
        assert any(isinstance(frame, bytes) and frame.startswith(b"\x1b[") and frame.endswith(b"R") for frame in sent["anna"])


def test_what_the_trainer_did(browser: Browser, cli: Cli, spring: str, board: Page) -> None:  # noqa: F811
    stranger = Page(board.address, board.child)
    with tab(browser, stranger, "/", permissions=["clipboard-read", "clipboard-write"]) as anna, shell(cli, spring) as demo:
        enter(anna, cli, spring, "anna-muller")
        panel = anna.get_by_role("region", name="What the trainer did")
        expect(anna.get_by_role("region", name="Class spring")).to_be_visible(timeout=PATIENCE)
        expect(panel).to_have_count(0)
        demo.enter("echo '<b>no markup</b>'")
        expect(panel.get_by_role("listitem")).to_have_count(1, timeout=PATIENCE)
        for number in range(12):
            demo.enter(f"echo {number} " + "long " * 30)
        expect(panel.get_by_role("listitem")).to_have_count(13, timeout=PATIENCE)
        expect(panel.get_by_role("listitem").first).to_contain_text("echo '<b>no markup</b>'")
        expect(panel.get_by_text("echo 11 long")).to_be_in_viewport()
        assert findings(anna) == []
        panel.get_by_role("button", name="Copy").first.press("Enter")
        expect(panel.get_by_role("button", name="Copied")).to_be_visible()
        assert anna.evaluate("navigator.clipboard.readText()") == "echo '<b>no markup</b>'"
        anna.reload()  # as somebody sees it who comes late
        expect(panel.get_by_role("listitem")).to_have_count(13, timeout=PATIENCE)
        cli.run("class", "demo", spring, "--clear")
        expect(panel).to_have_count(0, timeout=PATIENCE)


@pytest.mark.parametrize("options", VIEWS, ids=["light", "dark", "narrow"])
def test_everybody_can_use_it(
    browser: Browser, cli: Cli, spring: str, board: Page, tmp_path: Path, options: dict[str, Any]  # noqa: F811
) -> None:  # fmt: skip
    with tab(browser, Page(board.address, board.child), "/", **options) as anna:
        assert findings(anna) == []
        enter(anna, cli, spring, "anna-muller")
        anna.get_by_role("region", name="Class spring").get_by_role("button", name="Raise hand").click()
        with tab(browser, board, "/board", **options) as trainer:
            expect(trainer.locator("#count-hands")).to_contain_text("1", timeout=PATIENCE)
            assert findings(trainer) == []
            trainer.get_by_role("button", name="Actions for Ben").click()
            assert findings(trainer) == []
        assert findings(anna) == []
    cli.run("class", "cards", spring, "-o", str(tmp_path / "cards.html"))
    cli.run("class", "report", spring, "-o", str(tmp_path / "report.html"))
    context = browser.new_context(**options)
    for name in ("cards", "report"):
        paper = context.new_page()
        paper.goto(f"file://{tmp_path}/{name}.html")
        assert findings(paper) == []
    context.close()
