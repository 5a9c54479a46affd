"""The page in the browser, as a browser uses it: what it loads, the echo of a key beside `lab ssh`, and a flood of output."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil

from provisioner.bench.web_socket import WebSocket
from provisioner.core.errors import HostError
from provisioner.page import app, parts

if TYPE_CHECKING:
    from provisioner.bench import Bench

_KEYS = 50  # a round
_FLOOD = 64 << 20  # bytes
_PATIENCE = 60.0  # seconds
_KEY, _ERASE_LINE, _INTERRUPT = b"x", b"\x15", b"\x03"


class Page:
    """`lab page` of the bench's seat, in a process of its own. Use it as a context manager: it ends it."""

    def __init__(self, bench: "Bench") -> None:
        self.bench, lab, seat = bench, bench.lab.number, bench.seat.name.partition("-")[2]
        parts.find(bench.home)
        words = [sys.executable, "-m", "provisioner", "page", str(lab), "--seat", seat, "--no-browser", "--yes"]
        self._server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self) -> "Page":
        for line in self._server.stdout or ():
            if "http://" in line:
                self._address = urlsplit(line[line.index("http://") :].strip())
                self._cookie = self._enter()
                return self
        self._server.wait()
        raise HostError("the page did not start", hint=f"try it: lab page {self.bench.lab.number}")

    def __exit__(self, *error: object) -> None:
        self._server.terminate()
        self._server.wait()

    def run(self) -> None:
        for _ in range(self.bench.rounds):
            self._load()
        with self._terminal() as shell, _login(self.bench) as (write, read):
            for _ in range(self.bench.rounds):  # by turns, so that both have the same host
                self._echo("page key", "a key's echo on the page", "ssh key", shell.send, shell.receive)
                self._echo("ssh key", "a key's echo by `lab ssh`", "", write, read)
        with self._terminal() as shell:
            self._flood(shell)

    # --- what is measured

    def _load(self) -> None:
        files = [f"/static/{file.name}" for file in app.STATIC.iterdir() if file.suffix in (".js", ".css")]
        with self.bench.timed("page", "the page, all that it loads"):
            for path in ("/", "/api/lab", *files):
                self._get(path)

    def _echo(self, key: str, what: str, against: str, write: Callable[[bytes], object], read: Callable[[], bytes]) -> None:
        """The median of a round, in milliseconds."""
        values = []
        for _ in range(_KEYS):
            start = time.monotonic()
            write(_KEY)
            while _KEY not in read():
                pass
            values.append((time.monotonic() - start) * 1000)
        write(_ERASE_LINE)
        self.bench.note(key, what, sorted(values)[_KEYS // 2], "ms", against)

    def _flood(self, shell: WebSocket) -> None:
        """The server's memory after much output, beside what it had before."""
        memory = psutil.Process(self._server.pid).memory_info
        self.bench.note("page memory", "memory of the page's server", memory().rss / (1 << 20), "MiB")
        shell.send(f"yes | head -c {_FLOOD}\r".encode())
        size = 0
        while size < _FLOOD:
            chunk = len(shell.receive())
            shell.send(json.dumps({"ack": chunk}))
            size += chunk
        self.bench.note("flood", "the same, after 64 MiB of output", memory().rss / (1 << 20), "MiB", "page memory")

    # --- how

    def _enter(self) -> str:
        """The cookie that the address with the token gives."""
        connection = http.client.HTTPConnection(self._address.netloc, timeout=_PATIENCE)
        connection.request("GET", f"/?{self._address.query}")
        return (connection.getresponse().getheader("Set-Cookie") or "").partition(";")[0]

    def _get(self, path: str) -> None:
        connection = http.client.HTTPConnection(self._address.netloc, timeout=_PATIENCE)
        connection.request("GET", path, headers={"Cookie": self._cookie})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise HostError(f"the page answers {answer.status} for {path}", hint=f"try it: lab page {self.bench.lab.number}")

    @contextmanager
    def _terminal(self) -> Iterator[WebSocket]:
        """A terminal that has shown its prompt."""
        headers = {"Cookie": self._cookie, "Origin": f"http://{self._address.netloc}"}
        address = f"ws://{self._address.netloc}/terminal?place=machine&columns=80&rows=24"
        with WebSocket(address, headers, _PATIENCE) as shell:
            while b"$ " not in shell.receive():
                pass
            yield shell


@contextmanager
def _login(bench: "Bench") -> Iterator[tuple[Callable[[bytes], object], Callable[[], bytes]]]:
    """`lab ssh` in a terminal, at its prompt: how to write to it, and to read from it."""
    if sys.platform == "win32":
        raise NotImplementedError
    import pty

    terminal, shell_end = pty.openpty()
    seat = bench.seat.name.partition("-")[2]
    words = [sys.executable, "-m", "provisioner", "ssh", str(bench.lab.number), "--seat", seat]
    shell = subprocess.Popen(words, stdin=shell_end, stdout=shell_end, stderr=shell_end, start_new_session=True)
    os.close(shell_end)

    def read() -> bytes:
        return os.read(terminal, 1 << 16)

    try:
        while b"$ " not in read():
            pass
        yield lambda data: os.write(terminal, data), read
    finally:
        os.close(terminal)
        shell.terminate()
        shell.wait()
