"""Looks at learners' terminals, by web sockets as anybody may write them: what is shown when, and whose keys go where."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from .conftest import SOON, Cli
from .page import Page, place_parts, read_until
from .test_class_board import learner, served_class, told

QUIET = 0.7  # seconds in which what must not come would have come


@dataclass
class Look:
    """What the trainer's browser has received of one look. text: what is shown; state: as the server says it."""

    socket: ClientConnection
    text: bytes = b""
    state: dict[str, Any] = field(default_factory=dict)
    refusals: int = 0

    def read(self, seconds: float) -> Self:
        """All that comes within that time."""
        deadline = time.monotonic() + seconds
        with suppress(TimeoutError):
            while True:
                self._take(self.socket.recv(timeout=max(0.01, deadline - time.monotonic())))
        return self

    def wait(self, **state: object) -> None:
        deadline = time.monotonic() + SOON
        while state.items() - self.state.items():
            self._take(self.socket.recv(timeout=max(0.01, deadline - time.monotonic())))

    def wait_text(self, wanted: bytes) -> None:
        deadline = time.monotonic() + SOON
        while wanted not in self.text:
            self._take(self.socket.recv(timeout=max(0.01, deadline - time.monotonic())))

    def wait_refusal(self) -> None:
        count, deadline = self.refusals, time.monotonic() + SOON
        while self.refusals == count:
            self._take(self.socket.recv(timeout=max(0.01, deadline - time.monotonic())))

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.text += message
            return
        values = json.loads(message)
        self.refusals += values.pop("refused", False)
        if "permission" in values:
            self.text = b""
        self.state |= {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class Room:
    """Anna's page, and the trainer's board."""

    def __init__(self, board: Page, anna: Page, stack: ExitStack) -> None:
        self._board, self._anna, self._stack = board, anna, stack
        self.classroom = stack.enter_context(anna.open("/class"))
        self.shell = self.open_terminal()

    def open_terminal(self) -> ClientConnection:
        shell = self._stack.enter_context(self._anna.open("/terminal?place=machine"))
        read_until(shell, b"learner@lab:~$ ")
        return shell

    def look(self) -> Look:
        return Look(self._stack.enter_context(self._board.open("/board/screen?learner=anna-muller")))

    def run(self, line: str, shell: ClientConnection | None = None) -> None:
        """Anna types it, and sees what it says."""
        (shell or self.shell).send(f"{line}; echo done {len(line)}\n".encode())
        read_until(shell or self.shell, f"\r\ndone {len(line)}\r\n".encode())

    def answer(self, word: str) -> None:
        """To a question, once Anna has seen it."""
        name = "typing" if word.endswith("typing") else "look"
        self.wait(name, "asked")
        self.say(word)

    def say(self, word: str) -> None:
        self.classroom.send(json.dumps({"do": word}))

    def wait(self, name: str, state: str | None) -> None:
        told(self.classroom, "class", lambda values: values[name] == state)

    def allowed(self) -> Look:
        """A look in which the trainer may type."""
        look = self.look()
        self.answer("allow")
        look.wait(permission="allowed")
        look.socket.send("ask")
        self.answer("allow-typing")
        look.wait(typing="allowed")
        return look


@pytest.fixture
def room(cli: Cli, spring: str, parts: Path) -> Iterator[Room]:
    place_parts(cli.home, parts)
    cli.run("class", "up", spring, "--seat", "anna-muller")
    with served_class(cli, spring) as board, ExitStack() as stack:
        yield Room(board, learner(board, cli, spring, "anna-muller"), stack)


def test_what_was_written_before_is_not_shown(room: Room) -> None:
    room.run("echo too early")
    look = room.look()
    look.wait(permission="asked")
    room.run("echo while asked")
    assert look.read(QUIET).text == b""
    room.answer("allow")
    look.wait(permission="allowed", size=(80, 24))
    room.run("echo from now on")
    look.wait_text(b"from now on\r\n")
    assert b"early" not in look.text
    assert b"while asked" not in look.text
    second = room.look()
    second.wait(permission="allowed")
    second.wait_text(b"from now on\r\n")
    assert b"early" not in second.text
    for closed in (second, look):
        closed.socket.close()
    room.wait("look", None)
    room.run("echo between two looks")
    third = room.look()
    third.wait(permission="asked")  # a permission ends with its look
    room.answer("allow")
    third.wait(permission="allowed")
    room.run("echo again")
    third.wait_text(b"again\r\n")
    assert b"between" not in third.text
    assert b"from now on" not in third.text
    room.say("deny")
    third.wait(permission="denied")
    room.run("echo after that")
    assert third.read(QUIET).text == b""


def test_a_look_begins_with_the_screen_of_a_program_that_fills_it(room: Room) -> None:
    """Which has another size for a moment; nothing is typed."""
    room.shell.send(b"screen\n")
    read_until(room.shell, b"80 by 24\r\n")
    look = room.look()
    room.answer("allow")
    look.wait_text(b"80 by 24\r\n")
    assert look.text == b"a screen of 80 by 23\r\na screen of 80 by 24\r\n"
    assert look.read(QUIET).text.count(b"\n") == 2


def test_what_is_half_typed_stays(room: Room) -> None:
    room.shell.send(b"echo half")
    read_until(room.shell, b"echo half")
    look = room.look()
    room.answer("allow")
    look.wait(permission="allowed")
    look.read(QUIET)
    room.shell.send(b" a line\n")
    read_until(room.shell, b"\r\nhalf a line\r\n")


def test_keys_without_permission_are_refused(room: Room) -> None:
    def try_keys(look: Look) -> None:
        look.socket.send(b"echo typed >trap\n")
        look.wait_refusal()
        room.shell.send(b"cat trap && rm trap\n")
        read_until(room.shell, b"No such file")

    look = room.look()
    look.wait(permission="asked")
    try_keys(look)
    look.socket.send("ask")  # nobody may type who may not look
    look.wait_refusal()
    room.say("allow-typing")  # to no question
    try_keys(look)
    room.answer("allow")
    look.wait(permission="allowed")
    try_keys(look)
    room.say("allow-typing")
    try_keys(look)
    look.socket.send("ask")
    room.wait("typing", "asked")
    try_keys(look)
    room.say("deny-typing")
    look.wait(typing="denied")
    try_keys(look)
    room.say("allow-typing")  # the question is over
    try_keys(look)
    for nonsense in ("allow-typing", '{"do": "allow-typing"}', ""):
        look.socket.send(nonsense)
        look.wait_refusal()
    try_keys(look)


def test_keys_with_permission_reach_the_shell_until_it_is_taken_back(room: Room) -> None:
    look = room.allowed()
    look.socket.send(b"echo by the trainer >report; cat report\n")
    read_until(room.shell, b"by the trainer\r\n")
    look.wait_text(b"by the trainer\r\n")
    other = room.look()
    other.wait(permission="allowed", typing=None)
    other.socket.send(b"echo by another look >trap\n")
    other.wait_refusal()
    room.say("deny-typing")
    look.wait(typing="denied")
    look.socket.send(b"echo too late >trap\n")
    look.wait_refusal()
    look.socket.send("ask")  # once more
    room.answer("allow-typing")
    look.wait(typing="allowed")
    room.say("deny")  # to look ends both
    look.wait(permission="denied", typing=None)
    look.socket.send(b"echo too late >trap\n")
    look.wait_refusal()
    room.shell.send(b"cat trap\n")
    read_until(room.shell, b"No such file")


@pytest.mark.parametrize("way", ["closed", "stopped", "terminal", "reopened"])
def test_permission_to_type_ends(room: Room, way: str) -> None:
    look = room.allowed()
    if way == "closed":
        other = room.look()
        other.wait(permission="allowed")
        look.socket.close()
        look = other
    elif way == "stopped":
        look.socket.send("stop")
        look.wait(typing=None)
    elif way == "reopened":
        look.socket.close()
        room.wait("look", None)
        look = room.look()
        room.answer("allow")
        look.wait(permission="allowed", typing=None)
    else:
        room.shell.close()
        room.shell = room.open_terminal()
        look.wait(typing=None, open=True)
    room.wait("typing", None)
    look.socket.send(b"echo typed >trap\n")
    look.wait_refusal()
    room.shell.send(b"cat trap\n")
    read_until(room.shell, b"No such file")


def test_keys_never_go_to_another_terminal(room: Room) -> None:
    second = room.open_terminal()
    room.run("echo in the first")
    look = room.allowed()
    room.run("echo in the second", second)
    third = room.open_terminal()
    look.socket.send(b"echo by the trainer\n")
    read_until(room.shell, b"by the trainer\r\n")
    look.wait_text(b"by the trainer\r\n")
    assert b"in the second" not in look.text
    look.socket.send("stop")
    look.wait(typing=None)
    room.run("echo now here", second)  # from now on the look follows the learner again
    look.wait_text(b"now here\r\n")
    for shell in (second, third):
        with suppress(ConnectionClosed):
            shell.close()


def test_a_look_ends_when_the_server_does(room: Room, cli: Cli, spring: str) -> None:
    look = room.allowed()
    room._board.child.kill()
    room._board.child.wait(timeout=60)
    with pytest.raises(ConnectionClosed):
        look.read(SOON)
    with served_class(cli, spring) as page, page.open("/board/screen?learner=anna-muller") as socket:
        look = Look(socket)
        look.wait(permission="asked", open=False, typing=None)
        socket.send(b"echo typed >trap\n")
        look.wait_refusal()
