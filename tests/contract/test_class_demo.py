"""A demonstration on fake machines: the trainer's commands on the learners' pages, and what is left of them after a kill."""

import base64
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from provisioner.classes.demo import FOLLOW, parse, shell_command
from provisioner.classes.desk import MOST_COMMANDS, Desk
from provisioner.core.guest_input import BadAnswer
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat

from .conftest import PATIENCE, SOON, Cli
from .page import Page, place_parts
from .test_class_board import learner, served_class


class Shell:
    """The trainer's terminal, in which `lab class demo` runs."""

    def __init__(self, cli: Cli, *words: str) -> None:
        words = (sys.executable, "-m", "provisioner", "--trust", "class", "demo", *words)
        self._end, terminal = pty.openpty()
        self.child = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=cli.environment)
        os.close(terminal)
        self._text = ""

    def enter(self, line: str) -> None:
        os.write(self._end, f"{line}\r".encode())

    def read_until(self, wanted: str) -> str:
        """All from the last time on."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self._text:
            assert time.monotonic() < deadline, self._text
            self._text += self._read()
        text, _, self._text = self._text.partition(wanted)
        return text + wanted

    def _read(self) -> str:
        if select.select([self._end], [], [], 1.0)[0]:
            with suppress(OSError):  # the end
                return os.read(self._end, 4096).decode("utf-8", "replace")
            time.sleep(0.05)
        return ""

    def close(self) -> None:
        self.child.kill()
        self.child.wait(timeout=60)
        os.close(self._end)


@contextmanager
def shell(cli: Cli, *words: str) -> Iterator[Shell]:
    opened = Shell(cli, *words)
    try:
        opened.read_until("learner@lab:~$ ")
        yield opened
    finally:
        opened.close()


class Panel:
    """What a learner's page has received, as it shows it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.commands: dict[int, dict[str, Any]] = {}

    @property
    def texts(self) -> list[str]:
        return [command["text"] for command in self.commands.values()]

    def wait(self, count: int, patience: float = SOON) -> float:
        """Until so many are shown. Returns the seconds that it took."""
        start = time.monotonic()
        while len(self.commands) != count:
            message = json.loads(self._socket.recv(timeout=max(0.01, start + patience - time.monotonic())))
            for command in message.get("demo", {}).get("commands", ()):
                self.commands[command["id"]] = command
            removed = message.get("demo", {}).get("removed", 0)
            self.commands = {number: command for number, command in self.commands.items() if number > removed}
        return time.monotonic() - start


def return_to(page: Page, old_page: Page) -> Page:
    """The server on its new port, as the same browser sees it."""
    token = old_page.headers["Cookie"].partition("=")[2]
    return Page(page.address, page.child, {"Cookie": f"lab-class-{page.origin.rpartition(':')[2]}={token}"})


@pytest.fixture
def board(cli: Cli, spring: str, parts: Path) -> Iterator[Page]:
    place_parts(cli.home, parts)
    cli.run("class", "up", spring, "--seat", "anna-muller")
    with served_class(cli, spring) as page:
        yield page


def test_commands_of_the_trainer_are_on_every_page(cli: Cli, spring: str, board: Page) -> None:
    anna, ben = (learner(board, cli, spring, slug) for slug in ("anna-muller", "ben"))
    with anna.open("/class") as hers, shell(cli, spring) as demo:
        panel = Panel(hers)
        demo.enter("echo 'a <b>' && whoami")
        seconds = panel.wait(1)
        assert panel.texts == ["echo 'a <b>' && whoami"]
        demo.read_until("a <b>\r\nlearner\r\n")
        demo.enter("whoami")
        seconds = min(seconds, panel.wait(2))
        print(f"after {seconds:.2f} s")
        assert seconds < 1.0
        demo.enter(" echo a secret")
        demo.enter("")
        demo.enter("whoami")
        panel.wait(3)
        all_texts = ["echo 'a <b>' && whoami", "whoami", "whoami"]
        assert panel.texts == all_texts  # neither what they have printed nor what the trainer keeps to themselves

        board.child.kill()
        board.child.wait(timeout=60)
        demo.enter("echo while nobody serves")
        demo.read_until("while nobody serves\r\n")
        with served_class(cli, spring) as page, return_to(page, ben).open("/class") as late:
            panel = Panel(late)
            panel.wait(4)
            assert panel.texts == [*all_texts, "echo while nobody serves"]
            assert all(abs(command["time"] - time.time()) < PATIENCE for command in panel.commands.values())
            demo.enter("exit")
            assert "4 commands" in demo.read_until("lab destroy 3 --seat demo")
            assert demo.child.wait(timeout=60) == 0
            cli.run("class", "demo", spring, "--clear")
            panel.wait(0)
        with served_class(cli, spring) as page, return_to(page, ben).open("/class") as late:
            panel = Panel(late)
            with pytest.raises(TimeoutError):
                panel.wait(1, 2.0)
    assert not list((cli.home / "seats" / "3-demo").rglob("lab-demo-*"))


def test_the_list_is_limited_and_clean(cli: Cli, spring: str) -> None:
    desk = Desk(Home.find(), "spring")
    desk.note_command("printf '\x1b[31m\u202e' \\\n  | cat\n" + "x" * 5000)
    (command,) = desk.demo().commands
    assert command["text"].startswith("printf '·[31m·' \\\n  | cat\nx")
    assert len(command["text"]) < 2100
    for number in range(3):
        desk.note_command(f"echo {number}")
    assert [c["text"] for c in desk.demo(command["id"]).commands] == ["echo 0", "echo 1", "echo 2"]
    desk.clear_demo()
    assert desk.demo().removed == command["id"] + 3
    desk.note_command("echo a new list")
    assert [c["id"] for c in desk.demo().commands] == [command["id"] + 4]
    assert desk.demo().removed == command["id"] + 3


@pytest.mark.slow
def test_of_a_long_list_the_last_commands_are_kept(cli: Cli, spring: str) -> None:
    desk = Desk(Home.find(), "spring")
    for number in range(MOST_COMMANDS + 3):
        desk.note_command(f"echo {number}")
    demo = desk.demo()
    assert (demo.removed, len(demo.commands), demo.commands[0]["text"]) == (3, MOST_COMMANDS, "echo 3")


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_what_bash_itself_says(tmp_path: Path) -> None:
    """What goes to the machine, with this host's shell and its tail."""
    file = tmp_path / "notes"
    lines = ["echo one", "echo one", " echo secret", "for i in 1 2; do", "echo $i", "done", "read -s -p Password: x", "hunter2",
             "cat <<E", "a b", "E", "sleep 60", "\x03", "exit"]  # fmt: skip
    end, terminal = pty.openpty()
    words, options = ["sh", "-c", shell_command(Seat(tmp_path), str(file))[-1]], {"HOME": str(tmp_path), "TERM": "dumb"}
    with subprocess.Popen(["sh", "-c", FOLLOW, "sh", str(file)], stdout=subprocess.PIPE) as follower:
        assert follower.stdout
        assert follower.stdout.readline() == b"ready\n"
        with subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, **options},
                              start_new_session=True) as child:  # fmt: skip
            os.close(terminal)
            time.sleep(0.5)
            for line in lines:
                os.write(end, line.encode() if line == "\x03" else f"{line}\n".encode())
                time.sleep(0.3)
            child.wait(timeout=60)
        results = [parse(line.strip()) for line in iter(follower.stdout.readline, b"end\n")]
        follower.kill()
    os.close(end)
    assert not file.exists()
    commands = [text for (number, text), (last, _) in zip(results, [(0, ""), *results], strict=False) if number != last]
    loop = "for i in 1 2; do\necho $i\ndone"
    assert commands == ["echo one", "echo one", loop, "read -s -p Password: x", "cat <<E\na b\nE", "sleep 60", "exit"]


def test_no_learner_is_shown_in_a_demonstration(cli: Cli, spring: str) -> None:
    assert "--seat demo" in cli.next("class", "demo", spring, "--seat", "spring-ben")


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ("    1  docker ps\n", (1, "docker ps")),
        ("  512* for i in 1 2; do\necho $i\ndone\n", (512, "for i in 1 2; do\necho $i\ndone")),
        ("", (0, "")),
    ],
)
def test_what_a_shell_says_of_its_history(content: str, result: tuple[int, str]) -> None:
    assert parse(base64.b64encode(content.encode())) == result


@pytest.mark.parametrize("line", [b"docker ps", b"\xff\xfe", base64.b64encode(b"docker ps"), base64.b64encode(b"  1")])
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse(line)
