"""The page, on a real machine: from the address to all of lab 3, by clicking and typing as a learner would."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from provisioner.core.paths import project_labs
from tests.contract.page import served

from .conftest import Cli, require_time

SEAT = ("--seat", "page")
PATIENCE = 400_000  # milliseconds: a check with restarts and a reboot, on a busy host
EXERCISES = project_labs() / "03-vm-and-docker" / "exercises"
ORDER = ("firewall-on", "published-port", "loopback-only", "one-admin", "egress", "reboot")


@pytest.fixture(scope="module")
def opened(cli: Cli) -> Iterator[Page]:
    require_time(in_ci=True)
    if os.geteuid() or not shutil.which("lxc-start") or not shutil.which("slirp4netns"):
        pytest.skip("system containers need root, LXC and slirp4netns")
    program = shutil.which("chromium") or pytest.skip("chromium is not installed")
    cli.run("up", "3", *SEAT, "--driver", "lxc")
    with served(cli, *SEAT) as page, sync_playwright() as playwright:  # type: ignore[arg-type]
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(page.address)
        expect(tab.get_by_text("0 of 6 done, 0 of 100 points")).to_be_visible(timeout=PATIENCE)
        yield tab
        browser.close()
    cli.run("destroy", "3", *SEAT)


def type_into(tab: Page, name: str, line: str) -> None:
    tab.get_by_role("tab", name=name, exact=True).click()
    panel = tab.locator("[role=tabpanel]:not([hidden])")
    expect(panel.locator(".xterm-rows")).to_contain_text("learner@lab", timeout=PATIENCE)
    panel.locator(".xterm").click()
    tab.keyboard.type(f"{line}\n")


def test_a_zone_sees_what_a_stranger_sees(opened: Page) -> None:
    type_into(opened, "outside", "busybox wget -qO- http://198.51.100.1:8081")
    panel = opened.locator("[role=tabpanel]:not([hidden])")
    expect(panel.locator(".xterm-rows")).to_contain_text("(outside)learner@lab", timeout=PATIENCE)
    expect(panel.locator(".xterm-rows")).to_contain_text("stats ", timeout=PATIENCE)


def test_a_trace_is_a_picture(opened: Page) -> None:
    task = opened.locator("#task-2")
    task.get_by_role("button", name="Map").click()
    expect(task.locator("table")).to_contain_text("stats", timeout=PATIENCE)
    task.locator("table button").first.click()
    dialog = opened.get_by_role("dialog")
    expect(dialog).to_contain_text("DOCKER", timeout=PATIENCE)
    opened.keyboard.press("Escape")


def test_all_exercises_are_done(opened: Page) -> None:
    for name in ORDER:
        script = (EXERCISES / name / "solution.sh").read_text(encoding="utf-8")
        type_into(opened, "machine", f"cat >{name}.sh <<'THE END'\n{script}\nTHE END\nbash {name}.sh; echo {name} $((6 * 7))")
        rows = opened.locator("[role=tabpanel]:not([hidden]) .xterm-rows")
        expect(rows).to_contain_text(f"{name} 42", timeout=PATIENCE)  # which was not typed
    opened.get_by_label("Quick: no restarts").check()
    opened.get_by_role("button", name="Check all").click()
    expect(opened.get_by_text("1 of 6 done, 10 of 100 points")).to_be_visible(timeout=PATIENCE)
    for number in range(2, 7):  # what must survive a restart is not judged without one
        expect(opened.locator(f"#task-{number}")).to_contain_text("done now", timeout=PATIENCE)
