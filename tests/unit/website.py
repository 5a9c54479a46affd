"""A real web server in a thread, with or without TLS, which can misbehave in every way that real ones do."""

import hashlib
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "disk image.qcow2"
BODY = bytes(range(256)) * 8192  # 2 MiB
SHA256 = hashlib.sha256(BODY).hexdigest()
SHA512 = hashlib.sha512(BODY).hexdigest()
IMAGE = f"/{NAME.replace(' ', '%20')}"
SUMS = "/SUMS"


@dataclass
class Request:
    """What one client asked for, and how many bytes of the body it got."""

    range: str | None
    status: int
    sent: int = 0


@dataclass
class Site:
    """What the server has, and how it behaves."""

    body: bytes = BODY
    sums: str = f"{SHA256} *{NAME}\n"
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    status: int = 0  # if set, the answer to every request
    trouble: tuple[int, ...] = ()  # which requests get a 503
    drops: int = 0  # how many replies break off half way
    says_length: bool = True
    claims: int = 0  # a Content-Length that is not true
    pause: float = 0.0  # seconds between pieces of 64 KiB
    moved: dict[str, str] = field(default_factory=dict)  # path -> where a 302 sends its client
    log: list[Request] = field(default_factory=list)
    sums_request: Request = field(default_factory=lambda: Request(None, 200))
    root: str = ""  # http://127.0.0.1:port

    @property
    def port(self) -> int:
        return int(self.root.rpartition(":")[2])

    @property
    def url(self) -> str:
        return self.root + IMAGE

    @property
    def sums_url(self) -> str:
        return self.root + SUMS

    def first_byte(self, asked: str | None, condition: str | None) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", asked or "")
        honoured = self.ranges and condition in (None, *self.headers.values())
        return int(found[1]) if found and honoured else 0


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        if self.path in self.site.moved:
            self._send(302, b"", {"Location": self.site.moved[self.path]})
            return
        if self.path == SUMS and not self.site.status:
            self._send(200, self.site.sums.encode(), {}, self.site.sums_request)
            return
        site, asked = self.site, self.headers["Range"]
        first = site.first_byte(asked, self.headers["If-Range"])
        trouble = 503 if len(site.log) in site.trouble else 0
        status = site.status or trouble or (416 if first >= len(site.body) > 0 else 206 if first else 200)
        site.log.append(Request(asked, status))
        if status not in (200, 206):
            self._send(status, b"", {"Content-Range": f"bytes */{len(site.body)}"})
            return
        extent = {"Content-Range": f"bytes {first}-{len(site.body) - 1}/{len(site.body)}"}
        self._send(status, site.body[first:], site.headers | (extent if first else {}), site.log[-1])

    def _send(self, status: int, body: bytes, headers: dict[str, str], entry: Request | None = None) -> None:
        self.send_response(status)
        if self.site.says_length:
            headers = {"Content-Length": str(self.site.claims or len(body)), **headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if entry in self.site.log and self.site.drops:
            self.site.drops -= 1
            body = body[: len(body) // 2]
        for at in range(0, len(body), 1 << 16):
            piece = body[at : at + (1 << 16)]
            try:
                self.wfile.write(piece)
            except OSError:  # the client went away, as some tests make it do
                return
            if entry:
                entry.sent += len(piece)
                time.sleep(self.site.pause)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(site: Site, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.root = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
