"""What a trainer's shell says of its commands in a fake machine, as guest/scripts/demo-shell does it, and who follows that."""

import asyncio
import base64
import re
from typing import TYPE_CHECKING

from provisioner.backends.fake.guest import Guest

if TYPE_CHECKING:
    import asyncssh

_FILE = re.compile(r"/dev/shm/lab-demo-[0-9a-f]+")  # noqa: S108 - of the machine
_LOOK = 0.02  # seconds


def find_file(command: str) -> str:
    """Empty where the command is not one of a demonstration."""
    match = _FILE.search(command)
    return match[0] if match else ""


class Notes:
    """Of one shell. file: empty for a shell that nobody follows."""

    def __init__(self, guest: Guest, file: str) -> None:
        self._guest, self._file = guest, file
        self._history: list[str] = []

    def add(self, line: str) -> None:
        if not self._file or not line.strip():
            return
        if not line.startswith(" "):
            self._history.append(line)
        last = f"{len(self._history):>5}  {self._history[-1]}\n" if self._history else ""
        self._write(base64.b64encode(last.encode()).decode())

    def end(self) -> None:
        if self._file:
            self._write("end")

    def _write(self, line: str) -> None:
        self._guest.write(self._file, f"{line}\n", append=True)


async def follow(process: "asyncssh.SSHServerProcess[bytes]", guest: Guest, file: str) -> None:
    """As `tail -f`, until the shell ends, or nobody reads it any more. The file is gone then."""
    content = ""
    guest.write(file, content)
    process.stdout.write(b"ready\n")
    while not content.endswith("end\n") and not process.stdout.is_closing():
        await asyncio.sleep(_LOOK)
        size, content = len(content), guest.read(file)
        process.stdout.write(content[size:].encode())
    guest.place(file).unlink(missing_ok=True)
