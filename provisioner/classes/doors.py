"""The doors of a class's server: a learner enters once with the code of their card, the trainer with the address that was
printed; from then on a cookie says whose page it is."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Collection
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioner.classes.desk import TRAINER, Desk
from provisioner.page.guard import is_own, read_cookie, read_query, refuse, with_headers

STATIC = Path(__file__).with_name("static")
LEARNER = "learner"  # in a request's scope: whose it is, TRAINER for the trainer
REPORT = "/report"  # of joined laptops, which have a token and no cookie
_REFUSAL = "This page is for a class. Enter with the code of your card.\n"
_MOST_FORM = 4096  # bytes
_PATIENCE = 20.0  # seconds for what somebody sends
_LOOK = 5.0  # seconds between two looks whether a session has ended
_GUESSES, _MINUTE = 10, 60.0  # wrong codes a minute, from one address: of 49 bits, nobody guesses one
_MOST_REMEMBERED = 10_000
_OPEN = ("/class-static/enter.css",)  # what the page to enter needs
_TOO_MANY = 429


class Guesses:
    """Wrong codes of the last minute, by address."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, str]] = deque(maxlen=_MOST_REMEMBERED)

    def note(self, address: str) -> None:
        self._times.append((time.monotonic(), address))

    def are_too_many(self, address: str) -> bool:
        while self._times and self._times[0][0] < time.monotonic() - _MINUTE:
            self._times.popleft()
        return sum(caller == address for _, caller in self._times) >= _GUESSES


class Doors:
    """Lets a request in with whose it is in its scope. hosts: names of this server, with its port."""

    def __init__(self, app: ASGIApp, desk: Desk, name: str, hosts: Collection[str], scheme: str, port: int) -> None:
        self._app, self._desk, self._name = app, desk, name
        self._hosts, self._scheme = hosts, scheme
        self._cookie = f"lab-class-{port}"
        self._guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers, is_web_socket = Headers(scope=scope), scope["type"] == "websocket"
        if not is_own(headers, self._hosts, self._scheme, is_web_socket=is_web_socket):
            await refuse(scope, receive, send, _REFUSAL)
            return
        if not is_web_socket and (answer := await self._enter(scope, receive)):
            await answer(scope, receive, with_headers(send, "'self'"))
            return
        token = _read_token(headers) if scope["path"] == REPORT else read_cookie(headers, self._cookie)
        learner = self._desk.find_session(token)
        if learner is not None or scope["path"] in _OPEN:
            take = self._while_valid(receive, token) if is_web_socket else receive
            await self._app({**scope, LEARNER: learner}, take, with_headers(send))
        elif scope["path"] == "/" and not is_web_socket:
            page = self._show(read_query(scope, "code")[:20], "")
            await page(scope, receive, with_headers(send, "'self'"))
        else:
            await refuse(scope, receive, send, _REFUSAL)

    def _while_valid(self, receive: Receive, token: str) -> Receive:
        """What a browser sends on a web socket; that it has gone, as soon as its session has ended."""
        waiting: asyncio.Task[Message] | None = None

        async def receive_while_valid() -> Message:
            nonlocal waiting
            waiting = waiting or asyncio.ensure_future(receive())
            try:
                while not (await asyncio.wait({waiting}, timeout=_LOOK))[0]:
                    if self._desk.find_session(token) is None:
                        waiting.cancel()
                        return {"type": "websocket.disconnect", "code": 1008}
            except asyncio.CancelledError:
                waiting.cancel()
                raise
            message, waiting = waiting.result(), None
            return message

        return receive_while_valid

    async def _enter(self, scope: Scope, receive: Receive) -> Response | None:
        """The answer to a code, or to the trainer's address; None for all other requests."""
        if scope["path"] == "/board" and self._desk.find_session(token := read_query(scope, "token")) == TRAINER:
            return self._admit(token, "/board")
        if scope["path"] not in ("/enter", "/join") or scope["method"] != "POST":
            return None
        is_laptop = scope["path"] == "/join"
        address = scope["client"][0] if scope.get("client") else ""
        if self._guesses.are_too_many(address):
            return self._deny("", "Too many codes were wrong. Wait a minute.", _TOO_MANY, is_laptop=is_laptop)
        body = await read_body(Request(scope, receive), _MOST_FORM) or b""
        code = _read_code(body.decode("utf-8", "replace"), is_json=is_laptop)
        session = self._desk.enter(code)
        if session is None:
            self._guesses.note(address)
            reason = "This is no code of this class, or it was used. Your trainer has another one for you."
            return self._deny(code[:20], reason, 200, is_laptop=is_laptop)
        if is_laptop:
            return JSONResponse({"class": self._name, "learner": session[0], "token": session[1]})
        return self._admit(session[1], "/")

    def _deny(self, code: str, problem: str, status: int, *, is_laptop: bool) -> Response:
        return JSONResponse({"error": problem}, status) if is_laptop else self._show(code, problem, status)

    def _admit(self, token: str, path: str) -> Response:
        response = RedirectResponse(path, 303)
        response.set_cookie(self._cookie, token, httponly=True, samesite="strict", secure=self._scheme == "https")
        return response

    def _show(self, code: str, problem: str, status: int = 200) -> Response:
        page = (STATIC / "enter.html").read_text(encoding="utf-8")
        for name, text in (("class", self._name), ("problem", problem), ("code", code)):
            page = page.replace(f"{{{{{name}}}}}", escape(text.replace("{{", "")))
        return HTMLResponse(page, status)


async def read_body(request: Request, most: int) -> bytes | None:
    """None for one of more bytes, or that does not come in time."""
    data = b""
    try:
        async with asyncio.timeout(_PATIENCE):
            async for part in request.stream():
                data += part
                if len(data) > most:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return data


def _read_code(body: str, *, is_json: bool) -> str:
    """Of a form, or of a laptop's question; empty for what is neither."""
    if not is_json:
        return parse_qs(body).get("code", [""])[0]
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _read_token(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""
