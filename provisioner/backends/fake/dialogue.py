"""A shell of a fake machine at a terminal: prompts, echoes, runs lines, and obeys Ctrl-C and Ctrl-D."""

import re
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from provisioner.backends.fake.demo import Notes, find_file
from provisioner.backends.fake.guest import Guest
from provisioner.backends.fake.shell import Shell

if TYPE_CHECKING:
    import asyncssh

_BREAK, _END, _ERASE = "\x03", "\x04", "\x08\x7f"
_FLOOD = "y\r\n" * 4096


class Keys:
    """What is typed, character by character. resize: is called with a terminal's new size."""

    def __init__(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        self._process = process
        self._waiting: deque[str] = deque()
        self.resize: Callable[[int, int], None] = lambda *_: None

    async def wait(self) -> None:
        """Until there is one, or the end."""
        import asyncssh

        while not self._waiting:
            try:
                data = await self._process.stdin.read(4096)
            except asyncssh.TerminalSizeChanged as change:
                self.resize(change.width, change.height)
                continue
            self._waiting.extend(data.decode("utf-8", "replace") or _END)

    async def next(self) -> str:
        await self.wait()
        return self._waiting.popleft()


async def talk(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest) -> str:
    """Until `exit` or Ctrl-D. Returns what power a line has asked for (shell.py), which ends it as well."""
    zone = re.search(r"debian_chroot=(\S+)", process.command or "")
    prompt = f"{f'({zone[1]})' if zone else ''}learner@lab:~$ "
    notes = Notes(guest, find_file(process.command or ""))
    process.stdout.write(prompt.encode())
    try:
        return await _converse(process, guest, prompt, notes)
    finally:
        notes.end()


async def _converse(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest, prompt: str, notes: Notes) -> str:
    keys, line = Keys(process), ""
    while True:
        character = await keys.next()
        if character == _BREAK:
            line = ""
            process.stdout.write(f"^C\r\n{prompt}".encode())
        elif character in "\r\n":
            process.stdout.write(b"\r\n")
            notes.add(line)
            if line.strip() == "exit":
                return ""
            if line.strip() == "yes":
                await _flood(process, keys)
            elif line.strip() == "screen":
                await _draw(process, keys)
            elif power := _run(process, guest, line):
                return power
            line = ""
            process.stdout.write(prompt.encode())
        elif character == _END:
            return ""
        elif character in _ERASE:
            process.stdout.write(b"\b \b" if line else b"")
            line = line[:-1]
        else:
            line += character
            process.stdout.write(character.encode())


def _run(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest, line: str) -> str:
    shell = Shell(guest, "learner")
    try:
        shell.run(line)
    except (OSError, ValueError, IndexError) as error:
        shell.fail(str(error))
    process.stdout.write((shell.out + shell.err).replace("\n", "\r\n").encode())
    return shell.power


async def _draw(process: "asyncssh.SSHServerProcess[bytes]", keys: Keys) -> None:
    """As a program does that fills the screen: anew with each size, until somebody types."""
    keys.resize = lambda columns, rows: process.stdout.write(f"a screen of {columns} by {rows}\r\n".encode())
    keys.resize(*process.term_size[:2])
    await keys.wait()
    keys.resize = lambda *_: None


async def _flood(process: "asyncssh.SSHServerProcess[bytes]", keys: Keys) -> None:
    """As `yes` does, until somebody types."""
    import asyncio

    key = asyncio.ensure_future(keys.wait())
    while not key.done():
        process.stdout.write(_FLOOD.encode())
        await process.stdout.drain()
        await asyncio.sleep(0)
