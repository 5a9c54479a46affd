"""The trainer's demonstration: commands entered in a shell of a machine go to the class's desk, and from there to its learners.

They come from bash itself, before each is run (guest/scripts/demo-shell): by a file in the machine's memory, which a second
connection follows. What is typed into programs, at a prompt for a password for instance, is no command of bash's; nor is their
output.
"""

import base64
import binascii
import re
import secrets
import threading
import time
from collections.abc import Callable

from provisioner.core import guest_input
from provisioner.core.errors import LabError
from provisioner.core.guest_input import BadAnswer, TooLate, TooMuch
from provisioner.core.paths import PACKAGE
from provisioner.core.process import Conversation
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

MOST_COMMANDS = 5000  # of one shell
_LONGEST_LINE = 16 << 10  # bytes; the shell sends at most 8000, in base64
_PATIENCE = 60.0  # seconds until the machine follows
_LOOK = 1.0  # seconds between two looks whether the shell has ended
_LAST_WORDS = 3.0  # seconds for what was entered last
_HISTORY = re.compile(r"(\d{1,9})[* ] ?(\S.*)", re.DOTALL)
_ENDS = ("exit", "logout")  # what ends the demonstration is no part of it
FOLLOW = 'umask 077; : >"$1" && echo ready && exec tail -n +1 -f "$1"'


def shell_command(seat: Seat, file: str) -> list[str]:
    """The trainer's shell, which appends to that file of the machine."""
    program = base64.b64encode((PACKAGE / "guest" / "scripts" / "demo-shell").read_bytes()).decode()
    line = f"lab_demo_file={file} exec bash --rcfile <(echo {program} | base64 -d) -i"
    return [*ssh.command(seat, user=ssh.LEARNER, options=("-tt",)), "--", f"exec bash -c '{line}'"]


class Follower(threading.Thread):
    """Of one shell. take: is called with each command that is entered. count: how many were. problem: why it ended early."""

    def __init__(self, seat: Seat, take: Callable[[str], None]) -> None:
        super().__init__(daemon=True)
        self.file = f"/dev/shm/lab-demo-{secrets.token_hex(8)}"  # noqa: S108 - of the machine, in its memory
        self.count, self.problem = 0, ""
        self._take, self._number = take, 0
        self._deadline = float("inf")
        self._ready = threading.Event()
        words = ("sh", "-c", FOLLOW, "sh", self.file)
        self._conversation = Conversation(ssh.command(seat, *words, user=ssh.LEARNER), _LONGEST_LINE)

    def wait_ready(self) -> None:
        """Until what is entered would be followed. Raises LabError."""
        self.start()
        self._ready.wait(_PATIENCE + _LOOK)
        if self.problem or not self._ready.is_set():
            self._conversation.end()
            raise LabError("the machine cannot be followed", evidence=self.problem or self._conversation.complaints())

    def finish(self) -> None:
        """The shell has ended: what was entered last is waited for, but not for long."""
        self._deadline = time.monotonic() + _LAST_WORDS
        self.join(_LAST_WORDS + 2 * _LOOK)
        self._conversation.end()

    def run(self) -> None:
        try:
            if self._conversation.hear(time.monotonic() + _PATIENCE) != b"ready":
                raise BadAnswer(f"the machine did not begin to follow: {self._conversation.complaints()}")
            self._ready.set()
            while (line := self._read_line()) not in (None, b"end"):
                self._note(line or b"")
        except LabError as error:
            self.problem = str(error)
        self._ready.set()

    def _read_line(self) -> bytes | None:
        """None at the end. A trainer may talk for an hour between two commands: only what comes has a limit."""
        while time.monotonic() < self._deadline:
            try:
                return self._conversation.hear(time.monotonic() + _LOOK)
            except TooLate:
                continue
        return None

    def _note(self, line: bytes) -> None:
        number, command = parse(line)
        if number == self._number or command in _ENDS:
            return  # the last one once more: bash has kept this one for itself, as it begins with a space
        self._number = number
        self.count += 1
        if self.count > MOST_COMMANDS:
            raise TooMuch(f"more than {MOST_COMMANDS} commands in one demonstration")
        self._take(command)


def parse(line: bytes) -> tuple[int, str]:
    """A command with its number in the shell's history; number 0 where the history is empty. Raises BadAnswer."""
    try:
        content = base64.b64decode(line, validate=True).decode("utf-8", "replace").strip()
    except binascii.Error:
        raise BadAnswer("the machine says what is no command", evidence=guest_input.format_evidence(line)) from None
    match = _HISTORY.fullmatch(content)
    if content and not match:
        raise BadAnswer("the machine says what is no command", evidence=guest_input.format_evidence(content.encode()))
    return (int(match[1]), match[2]) if match else (0, "")
