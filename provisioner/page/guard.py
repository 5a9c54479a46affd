"""The doors of the page: who may ask, and what browsers are told to allow. A page that any web site could reach would give it a
shell."""

import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "lab"
# The styles of terminals are written by their script.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action "
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
_REFUSAL = "This page is for one person. Open the address that `lab page` has printed.\n"


class Guard:
    """Lets only requests in that have the token (as a cookie, or once in the address), for this server, from its own pages.

    A request for another Host is one of a web site that has its name lead here (DNS rebinding); one from another Origin comes
    from such a site's script.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"{_COOKIE}-{port}"  # cookies do not tell ports apart
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not is_own(headers, self._hosts, "http", is_web_socket=scope["type"] == "websocket"):
            await refuse(scope, receive, send, _REFUSAL)
        elif self._equals(read_cookie(headers, self._cookie)):
            await self._app(scope, receive, with_headers(send))
        elif scope["type"] == "http" and scope["path"] == "/" and self._equals(self._read_query(scope)):
            response = RedirectResponse("/", 303)
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            await response(scope, receive, with_headers(send))
        else:
            await refuse(scope, receive, send, _REFUSAL)

    def _equals(self, text: str) -> bool:
        return secrets.compare_digest(text.encode("utf-8", "replace"), self._token.encode())

    @staticmethod
    def _read_query(scope: Scope) -> str:
        return read_query(scope, "token")


def is_own(headers: Headers, hosts: Collection[str], scheme: str, *, is_web_socket: bool) -> bool:
    """Whether a request is for this server, from its own pages. hosts: with their ports."""
    host, origin = headers.get("host", ""), headers.get("origin")
    if host not in hosts:
        return False
    if origin != f"{scheme}://{host}" and (origin is not None or is_web_socket):  # for web sockets browsers always say it
        return False
    site = headers.get("sec-fetch-site", "same-origin")  # a script's or picture's; a click that leads here is neither
    return site in ("same-origin", "none") or headers.get("sec-fetch-mode") == "navigate"


async def refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(reason, 403)(scope, receive, with_headers(send))
    else:
        await receive()  # the request to connect, which is answered with 403 where it is not accepted
        await send({"type": "websocket.close", "code": 1008})


def read_cookie(headers: Headers, name: str) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return str(cookie.value) if cookie else ""


def read_query(scope: Scope, name: str) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get(name, [""])[0]


def with_headers(send: Send, form_action: str = "'none'") -> Send:
    """What browsers are told to allow. form_action: where forms may be sent to."""
    all_headers = {**_HEADERS, "Content-Security-Policy": _POLICY + form_action}

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.lower().encode(), value.encode()) for name, value in all_headers.items()]
            message["headers"] = [*message.get("headers", ()), *extra]
        await send(message)

    return send_with_headers
