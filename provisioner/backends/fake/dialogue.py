"""A shell of a fake machine at a terminal: prompts, echoes, runs lines, and obeys Ctrl-C and Ctrl-D."""

import re
from typing import TYPE_CHECKING

from provisioner.backends.fake.guest import Guest
from provisioner.backends.fake.shell import Shell

if TYPE_CHECKING:
    import asyncssh

_BREAK, _END, _ERASE = "\x03", "\x04", "\x08\x7f"
_FLOOD = "y\r\n" * 4096


async def talk(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest) -> str:
    """Until `exit` or Ctrl-D. Returns what power a line has asked for (shell.py), which ends it as well."""
    zone = re.search(r"debian_chroot=(\S+)", process.command or "")
    prompt = f"{f'({zone[1]})' if zone else ''}learner@lab:~$ "
    line = ""
    process.stdout.write(prompt.encode())
    while data := await _read(process):
        for character in data.decode("utf-8", "replace"):
            if character == _BREAK:
                line = ""
                process.stdout.write(f"^C\r\n{prompt}".encode())
            elif character in "\r\n":
                process.stdout.write(b"\r\n")
                if line.strip() == "exit":
                    return ""
                if line.strip() == "yes":
                    await _flood(process)
                elif power := _run(process, guest, line):
                    return power
                line = ""
                process.stdout.write(prompt.encode())
            elif character == _END and not line:
                return ""
            elif character in _ERASE:
                process.stdout.write(b"\b \b" if line else b"")
                line = line[:-1]
            else:
                line += character
                process.stdout.write(character.encode())
    return ""


async def _read(process: "asyncssh.SSHServerProcess[bytes]") -> bytes:
    """What is typed. A terminal's new size is of no matter here."""
    import asyncssh

    while True:
        try:
            return await process.stdin.read(4096)
        except asyncssh.TerminalSizeChanged:
            pass


def _run(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest, line: str) -> str:
    shell = Shell(guest, "learner")
    try:
        shell.run(line)
    except (OSError, ValueError, IndexError) as error:
        shell.fail(str(error))
    process.stdout.write((shell.out + shell.err).replace("\n", "\r\n").encode())
    return shell.power


async def _flood(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    """As `yes` does, until somebody types."""
    import asyncio

    key = asyncio.ensure_future(_read(process))
    while not key.done():
        process.stdout.write(_FLOOD.encode())
        await process.stdout.drain()
        await asyncio.sleep(0)
