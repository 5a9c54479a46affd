"""A class's server: behind its doors, the page of each learner's own seat, and the board."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from provisioner.classes.board import Board
from provisioner.classes.classroom import Classroom
from provisioner.classes.course import Course
from provisioner.classes.desk import TRAINER, Desk
from provisioner.classes.doors import LEARNER, REPORT, STATIC, Doors
from provisioner.classes.intake import Intake
from provisioner.classes.screens import Screens
from provisioner.classes.standing import Standings
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.page import app
from provisioner.page.guard import refuse
from provisioner.page.live import Live
from provisioner.page.view import Subject
from provisioner.progress.store import Store

_LOOK = 20.0  # seconds between two looks for machines that nobody works at
_NOT_THERE = "This page is for somebody else.\n"


@dataclass
class Settings:
    """make_subject: the lab at a learner's seat. parts: the folder of the page's parts. slots: commands at a time."""

    course: Course
    lab: int
    desk: Desk
    make_subject: Callable[[str], Subject]
    parts: Path
    slots: int
    trust: bool


@dataclass
class Site:
    """Who may be here is said by the doors; here everybody gets what is theirs."""

    settings: Settings
    _pages: dict[str, tuple[Live, ASGIApp]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.settings.slots)
        self._classroom = Classroom(self.settings.course, self.settings.desk)
        self._screens = Screens(self._classroom)
        self._intake = Intake(self.settings.course, self.settings.desk, Store(Home.find().events))
        standings = Standings(self.settings.course, self.settings.lab)
        self._board = Board(standings, self.settings.desk, self._classroom, self._count_tabs,
                            trust=self.settings.trust, slots=self._slots)  # fmt: skip

    def make_app(self) -> ASGIApp:
        async def show_board(request: Request) -> Response:
            is_trainer = request.scope[LEARNER] == TRAINER
            return FileResponse(STATIC / "board.html") if is_trainer else PlainTextResponse(_NOT_THERE, 403)

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            works = (self._board.follow(), self._classroom.follow(), self._suspend_idle())
            tasks = [asyncio.create_task(work) for work in works]
            yield
            for task in tasks:
                task.cancel()
            for live, _page in self._pages.values():
                await live.end()

        routes = [
            Route("/board", show_board), WebSocketRoute("/board/live", self._open_board),
            WebSocketRoute("/board/screen", self._open_screen), WebSocketRoute("/class", self._open_class),
            Route(REPORT, self._take_report, methods=["POST"]), Mount("/class-static", StaticFiles(directory=STATIC)),
            Mount("/static", StaticFiles(directory=app.STATIC)), Mount("/parts", StaticFiles(directory=self.settings.parts)),
            Mount("/", self._show_page),
        ]  # fmt: skip
        return Starlette(routes=routes, lifespan=lifespan)

    async def _take_report(self, request: Request) -> Response:
        learner = request.scope[LEARNER]
        return await self._intake.take(request, learner) if learner else PlainTextResponse(_NOT_THERE, 403)

    async def _open_board(self, web_socket: WebSocket) -> None:
        if web_socket.scope[LEARNER] != TRAINER:
            await web_socket.close()
            return
        await self._board.serve(web_socket)

    async def _open_screen(self, web_socket: WebSocket) -> None:
        """Of the learner who is named, for the trainer."""
        learner = web_socket.query_params.get("learner", "")
        if web_socket.scope[LEARNER] != TRAINER or learner not in {x.slug for x in self.settings.course.learners}:
            await web_socket.close()
            return
        await self._screens.serve(web_socket, learner)

    async def _open_class(self, web_socket: WebSocket) -> None:
        if not web_socket.scope[LEARNER]:
            await web_socket.close()
            return
        await self._classroom.serve(web_socket, web_socket.scope[LEARNER])

    async def _show_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page of a learner's own seat; the trainer's is the board."""
        learner = scope[LEARNER]
        if not learner:
            if scope["type"] == "http" and learner == TRAINER:
                await RedirectResponse("/board", 303)(scope, receive, send)
            else:
                await refuse(scope, receive, send, _NOT_THERE)
            return
        try:
            _, page = self._pages.get(learner) or await self._make_page(learner)
        except LabError as error:
            await PlainTextResponse(f"{error.what}\n", 503)(scope, receive, send)
            return
        await page(scope, receive, send)

    async def _suspend_idle(self) -> None:
        """Machines that nobody works at. A key in a terminal starts them again."""
        patience = 60.0 * (self.settings.course.file.idle or 0)
        incapable = set[str]()
        while patience:
            await asyncio.sleep(min(_LOOK, patience / 4))
            for learner, (live, _) in list(self._pages.items()):
                if learner in incapable or live.count_idle() < patience:
                    continue
                with suppress(LabError, OSError, TimeoutError):  # of one seat: the others are looked at
                    lab = await live.describe()
                    if lab["machine"]["state"] == "running" and not lab["can_save"]:
                        incapable.add(learner)
                    elif lab["machine"]["state"] == "running":
                        await live.ask({"do": "stop"})

    async def _make_page(self, learner: str) -> tuple[Live, ASGIApp]:
        subject = await asyncio.to_thread(self.settings.make_subject, learner)
        if learner not in self._pages:
            live = Live(subject, trust=self.settings.trust, slots=self._slots)
            page = app.make_page(subject, live, self.settings.parts, lambda controls: self._screens.open(learner, controls))
            self._pages[learner] = live, page
        return self._pages[learner]

    def _count_tabs(self, learner: str) -> int:
        return self._classroom.connected(learner)


def serve(settings: Settings, host: str, port: int, certificate: Path | None, ready: Callable[[str, int], None]) -> None:
    """Serves until a signal ends it. certificate: a PEM file with its key. ready: is called with scheme and port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        port = listener.getsockname()[1]
        scheme = "https" if certificate else "http"
        names = {f"[{host}]" if ":" in host else host, *({"localhost"} if host == "127.0.0.1" else ())}
        hosts = {f"{name}:{port}" for name in names}
        doors = Doors(Site(settings).make_app(), settings.desk, settings.course.name, hosts, scheme, port)
        ready(scheme, port)
        options = {"ssl_certfile": str(certificate), "ssl_keyfile": str(certificate)} if certificate else {}
        app.run(doors, listener, **options)
