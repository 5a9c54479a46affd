"""The page's server: addresses, and how it is run."""

import asyncio
import mimetypes
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from provisioner.page import terminal
from provisioner.page.guard import Guard
from provisioner.page.live import Live
from provisioner.page.terminal import Observe
from provisioner.page.view import Subject

for ending in (".js", ".mjs"):  # Windows' registry may say otherwise, and browsers run no script of another type
    mimetypes.add_type("text/javascript", ending)
STATIC = Path(__file__).with_name("static")
_MESSAGE = 1 << 16  # bytes of one of a browser's messages; pasted text comes in pieces
_END_PATIENCE = 5  # seconds for open connections, when it ends


def make_page(subject: Subject, live: Live, parts: Path, observe: Observe | None = None) -> Starlette:
    """The page of a seat, without doors. parts: the folder of what comes from others. observe: for each terminal."""

    async def show_page(_: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def show_lab(_: Request) -> Response:
        return JSONResponse(await live.describe())

    async def open_terminal(web_socket: WebSocket) -> None:
        await terminal.serve(web_socket, subject.lab, subject.seat, live.note_key, observe)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await live.end()

    routes = [
        Route("/", show_page), Route("/api/lab", show_lab), WebSocketRoute("/live", live.serve),
        WebSocketRoute("/terminal", open_terminal), Mount("/static", StaticFiles(directory=STATIC)),
        Mount("/parts", StaticFiles(directory=parts)),
    ]  # fmt: skip
    return Starlette(routes=routes, lifespan=lifespan)


def serve(subject: Subject, parts: Path, *, port: int, trust: bool, ready: Callable[[str], None]) -> None:
    """Serves until a signal ends it. port: 0 for a free one. ready: is called with the address, which has the token."""
    token = secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", port)) as listener:
        port = listener.getsockname()[1]
        app = Guard(make_page(subject, Live(subject, trust=trust), parts), token, port)
        ready(f"http://127.0.0.1:{port}/?token={token}")
        run(app, listener)


def run(app: ASGIApp, listener: socket.socket, **options: str) -> None:
    """Until a signal ends it. options: more of uvicorn's, such as ssl_certfile."""
    config = uvicorn.Config(
        app, log_level="warning", lifespan="on", ws="websockets-sansio", ws_max_size=_MESSAGE, ws_per_message_deflate=False,
        timeout_graceful_shutdown=_END_PATIENCE, server_header=False, date_header=False, **options,  # type: ignore[arg-type]
    )  # fmt: skip
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
