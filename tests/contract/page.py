"""A page that is served for tests, and what a browser sends that has opened its address."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from provisioner.page.parts import key
from tests.contract.conftest import Cli
from tests.forked import Child


@dataclass
class Page:
    """A page that is served. headers: what a browser sends that has opened its address."""

    address: str
    child: "Child | subprocess.Popen[str]"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        return request(self.origin, "GET", path, "", {**self.headers, **headers})

    def open(self, path: str, **headers: str) -> ClientConnection:
        sent = {"Origin": self.origin, **self.headers, **headers}
        return connect(
            self.origin.replace("http", "ws") + path,
            additional_headers=sent,
            origin=None,
            max_size=None,
            max_queue=None,
            proxy=None,
        )

    def ask(self, live: ClientConnection, **message: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:  # noqa: ANN401 - JSON
        """The answer, and all else that came before it."""
        live.send(json.dumps({"id": 7, **message}))
        others: list[dict[str, Any]] = []
        while True:
            said = json.loads(live.recv(timeout=120))
            if said.get("id") == 7 and "progress" not in said:
                return said, others
            others.append(said)


def request(origin: str, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers (their names in small letters), of an answer that is followed nowhere. body: of a form."""
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=60)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, path, body.encode() or None, {**form, **headers})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}


@contextmanager
def served(cli: Cli, *words: str) -> Iterator[Page]:
    """words: more of the command. cli: of fake machines, or of real ones."""
    with cli.start("page", "3", "--no-browser", *words) as child:
        page = Page(read_address(child, "The page of lab 3: "), child)
        page.headers["Cookie"] = cookie(page)
        yield page
        with suppress(ProcessLookupError):  # a test may have killed it
            os.kill(child.pid, signal.SIGINT)
        child.wait(timeout=60)


def read_address(child: "Child | subprocess.Popen[str]", words: str) -> str:
    """What a server prints behind these words, once it is there."""
    assert child.stdout
    line = ""
    while words not in line:
        line = child.stdout.readline()
        assert line, child.communicate()
    return line.partition("http")[1] + line.partition("http")[2].strip()


def cookie(page: Page) -> str:
    """What the address with the token gives."""
    host, port = page.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(f"GET {page.address.removeprefix(page.origin)} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answer = line.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 303")
    match = re.search(r"set-cookie: ([^;]+); HttpOnly; Path=/; SameSite=strict", answer, re.I)
    assert match, answer
    return match[1]


def read_until(shell: ClientConnection, wanted: bytes, seconds: float = 60) -> bytes:
    said, deadline = b"", time.monotonic() + seconds
    while wanted not in said:
        part = shell.recv(timeout=max(0.1, deadline - time.monotonic()))
        said = (said + (part if isinstance(part, bytes) else part.encode()))[-100_000:]
        with suppress(ConnectionClosed):
            shell.send(json.dumps({"ack": len(part)}))
    return said


def place_parts(home: Path, parts: Path) -> None:
    """parts: a folder that was fetched before."""
    folder = home / "cache" / "page"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / key()).symlink_to(parts)
