"""What is live on the page: requests of its tabs, one after the other, and what all tabs are told."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.core import text
from provisioner.core.errors import LabError
from provisioner.page.requests import Request, parse_request, perform
from provisioner.page.view import Subject, describe

_MOST_MESSAGES = 200  # that wait for a tab which reads no more; then it is given up
_MOST_REQUESTS = 20  # of one tab at a time
_TRY_AGAIN_LATER = 1013  # as RFC 6455's registry has it
CALM = 2.0  # seconds without a key, after which a watched lab is checked


class Live:
    """All tabs of a page. trust: of a lab of others, as the page's owner has said. slots: which pages of one server share."""

    def __init__(self, subject: Subject, *, trust: bool, slots: asyncio.Semaphore | None = None) -> None:
        self.subject = subject
        self._slots = slots or asyncio.Semaphore(_MOST_REQUESTS)
        self._trust = trust
        self._tabs: dict[WebSocket, asyncio.Queue[str]] = {}
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_key = 0.0
        self._last_request = time.monotonic()
        self._watches = False
        self._watcher: set[asyncio.Task[None]] = set()  # one, or none
        self._activity = ""

    async def serve(self, socket: WebSocket) -> None:
        """One tab, until it is closed. What it has asked for goes on then, as the machine may be half changed."""
        await socket.accept()
        queue = self._tabs[socket] = asyncio.Queue(_MOST_MESSAGES)
        queue.put_nowait(_dump({"busy": self._activity, "watching": self._watches}))
        sender = asyncio.create_task(self._send(socket, queue))
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                message = json.loads(await socket.receive_text())
                if not isinstance(message, dict) or len(running) >= _MOST_REQUESTS:
                    break
                self._start(self._answer(socket, queue, message), running)
        except (WebSocketDisconnect, ValueError, KeyError):
            pass
        finally:
            del self._tabs[socket]
            sender.cancel()
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    async def end(self) -> None:
        """Interrupts what runs, as Ctrl-C does."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None], *sets: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        for tasks in (self._tasks, *sets):
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    def count_idle(self) -> float:
        """Seconds since somebody has typed or asked for something; 0 while something runs."""
        return 0.0 if self._turn.locked() else time.monotonic() - max(self._last_key, self._last_request)

    async def ask(self, message: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """As if a tab had asked, of which all are told. Raises LabError and TimeoutError."""
        return await self._perform(lambda _: None, None, parse_request(self.subject.lab, _seat_option(self.subject), message))

    def note_key(self) -> None:
        """Somebody works in a terminal."""
        self._last_key = time.monotonic()

    async def tell(self, **message: Any) -> None:  # noqa: ANN401 - JSON
        """All tabs. One that reads nothing is not waited for."""
        line = _dump(message)
        for socket, queue in list(self._tabs.items()):
            self._put(socket, queue, line)

    def _put(self, socket: WebSocket, queue: "asyncio.Queue[str]", line: str) -> None:
        """A tab that reads nothing any more is closed: it would wait for an answer that was dropped."""
        try:
            queue.put_nowait(line)
        except asyncio.QueueFull:
            if self._tabs.get(socket) is queue:
                self._start(self._give_up(socket))

    @staticmethod
    async def _give_up(socket: WebSocket) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_TRY_AGAIN_LATER)

    async def _tell_busy(self, activity: str) -> None:
        self._activity = activity
        await self.tell(busy=activity)

    async def describe(self) -> dict[str, Any]:
        return await asyncio.to_thread(describe, self.subject)

    async def refresh(self) -> None:
        await self.tell(lab=await self.describe())

    async def _send(self, socket: WebSocket, queue: "asyncio.Queue[str]") -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            while True:
                await socket.send_text(await queue.get())

    async def _answer(self, socket: WebSocket, queue: "asyncio.Queue[str]", message: dict[str, Any]) -> None:
        number = message.get("id")
        try:
            if message.get("do") == "watch":
                result: Any = await self._watch(on=message.get("on") is True)
            else:
                request = parse_request(self.subject.lab, _seat_option(self.subject), message)
                result = await self._perform(lambda line: self._put(socket, queue, line), number, request)
            answer: dict[str, Any] = {"id": number, "result": result}
        except LabError as error:
            answer = {"id": number, "error": {**error.as_dict(), "hint": self.subject.adapt(error.hint)}}
        except TimeoutError:
            answer = {"id": number, "error": {"error": "it has taken too long, and was ended", "evidence": "", "hint": ""}}
        self._put(socket, queue, _dump(answer))

    async def _perform(self, put: Callable[[str], None], number: object, request: Request) -> Any:  # noqa: ANN401 - JSON
        async def progress(line: str) -> None:
            put(_dump({"id": number, "progress": self.subject.adapt(text.line(line))}))

        async with self._turn, self._slots:  # `lab` would wait for the machine as well, and say so
            await self._tell_busy(" ".join(request.words[:2]))
            try:
                return await perform(request, progress, trust=self._trust)
            finally:
                await self._tell_busy("")
                self._last_request = time.monotonic()
                if request.changes:
                    await self.refresh()

    async def _watch(self, *, on: bool) -> dict[str, bool]:
        self._watches = on
        if on and not self._watcher:
            self._start(self._watch_on(), self._watcher)
        await self.tell(watching=on)
        return {"on": on}

    async def _watch_on(self) -> None:
        """A quick check of all, when somebody has worked and pauses."""
        checked_at = 0.0
        message = {"do": "check", "target": str(self.subject.lab.number), "quick": True}
        words = parse_request(self.subject.lab, _seat_option(self.subject), message).words
        while self._watches:
            await asyncio.sleep(0.5)
            if self._tabs and (checked_at < self._last_key < time.monotonic() - CALM or not checked_at):
                checked_at = time.monotonic()
                with suppress(LabError, TimeoutError):
                    async with self._turn, self._slots:
                        result = await perform(Request((*words, "--unasked")), _ignore, trust=self._trust)
                    await self.tell(watched=result)
                    await self.refresh()


async def _ignore(_: str) -> None:
    pass


def _seat_option(subject: Subject) -> str:
    return subject.seat.name.partition("-")[2]


def _dump(message: dict[str, Any]) -> str:
    return json.dumps(text.within(message))
