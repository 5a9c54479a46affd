"""The page in a real browser, on fake machines: a learner's way through a lab, by mouse and by keyboard alone; and whether
everybody can use it (axe)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.contract.conftest import Cli
from tests.contract.labs import RIGHT
from tests.contract.page import place_parts, served

pytestmark = pytest.mark.slow
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 90_000  # milliseconds, on a busy host
LINES = [solution["solution"] for solution in RIGHT.values()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not program:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(up: Cli, parts: Path, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab with the page; whatever goes wrong in it is an error."""
    place_parts(up.home, parts)
    options: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}, **getattr(request, "param", {})}
    with served(up) as page:
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        problems: list[str] = []
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        tab.goto(page.address)
        expect(tab.get_by_role("heading", name="Lab 3: A shop without a machine")).to_be_visible(timeout=PATIENCE)
        yield tab
        context.close()
    assert problems == []


def wait_for_shell(tab: Page) -> None:
    expect(tab.locator("[role=tabpanel]:not([hidden]) .xterm-rows")).to_contain_text("learner@lab", timeout=PATIENCE)


def findings(tab: Page) -> list[str]:
    """What axe finds. It runs in a world of its own, as the page's policy runs no script of others."""
    tab.evaluate(AXE)
    found = tab.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found["violations"]]


def test_through_the_lab_by_mouse(opened: Page) -> None:
    tab = opened
    expect(tab.get_by_text("0 of 3 done, 0 of 35 points")).to_be_visible()
    wait_for_shell(tab)
    first = tab.locator("#task-1")
    first.get_by_role("button", name="Predict").click()
    expect(first.get_by_role("radio")).to_have_count(10, timeout=PATIENCE)
    for way in first.get_by_role("radio", name="gets through").all():
        way.check()
    first.get_by_role("button", name="Submit").click()
    expect(first.locator("table")).to_contain_text("open", timeout=PATIENCE)
    first.get_by_role("button", name="Hint").click()
    expect(first.get_by_text("vague")).to_be_visible()
    tab.locator(".xterm").first.click()
    for line in LINES:
        tab.keyboard.type(f"{line}\n")
    tab.get_by_role("button", name="Check all").click()
    expect(tab.get_by_text("3 of 3 done, 35 of 35 points")).to_be_visible(timeout=PATIENCE)
    expect(first.get_by_text("Explanation")).to_be_visible()
    tab.reload()
    expect(tab.get_by_text("3 of 3 done, 35 of 35 points")).to_be_visible(timeout=PATIENCE)
    expect(tab.locator("#task-1").get_by_text("vague")).to_be_visible()


def test_through_the_lab_by_keyboard_alone(opened: Page) -> None:
    tab = opened
    wait_for_shell(tab)
    tab.keyboard.press("Control+Shift+Enter")
    for line in LINES:
        tab.keyboard.type(f"{line}\n")
    tab.keyboard.press("Control+Shift+Enter")
    focused = "document.activeElement.textContent"
    for _ in range(80):
        if tab.evaluate(focused) == "Check all":
            break
        tab.keyboard.press("Tab")
    assert tab.evaluate(focused) == "Check all"
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("3 of 3 done, 35 of 35 points")).to_be_visible(timeout=PATIENCE)


def test_a_new_machine_has_new_terminals(opened: Page) -> None:
    tab = opened
    wait_for_shell(tab)
    tab.locator(".xterm").first.click()
    tab.keyboard.type("echo before >report; cat report\n")
    expect(tab.locator(".xterm-rows").first).to_contain_text("before", timeout=PATIENCE)
    tab.get_by_role("button", name="Reset…").click()
    tab.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(tab.locator(".xterm-rows").first).to_contain_text("Connected", timeout=PATIENCE)
    tab.locator(".xterm").first.click()
    tab.keyboard.type("cat report || echo a new machine\n")
    expect(tab.locator(".xterm-rows").first).to_contain_text("a new machine", timeout=PATIENCE)


def test_what_a_machine_says_is_no_markup(opened: Page, up: Cli) -> None:
    tab = opened
    up.inside("sudo answer shop '<img src=x onerror=document.title=1><b>shop'")
    tab.locator("#task-1").get_by_role("button", name="Check", exact=True).click()
    expect(tab.locator("#task-1")).to_contain_text("<img src=x", timeout=PATIENCE)
    assert tab.locator("img").count() == 0
    assert tab.title() != "1"


@pytest.mark.parametrize(
    "opened",
    [
        {"color_scheme": "light", "reduced_motion": "reduce"}, {"color_scheme": "dark", "reduced_motion": "reduce"},
        {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"},
    ],
    indirect=True, ids=["light", "dark", "narrow"],
)  # fmt: skip
def test_everybody_can_use_it(opened: Page) -> None:
    tab = opened
    task = tab.locator("#task-1")
    task.get_by_role("button", name="Check", exact=True).click()
    expect(task).to_contain_text("expected no answer", timeout=PATIENCE)
    task.get_by_role("button", name="Map").click()
    expect(task.locator("table")).to_contain_text("open", timeout=PATIENCE)
    assert findings(tab) == []
    task.locator("table button").first.click()
    expect(tab.get_by_role("dialog")).to_be_visible(timeout=PATIENCE)
    assert findings(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
