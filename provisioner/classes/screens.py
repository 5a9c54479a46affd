"""Learners' terminals, as the trainer may see them: after a question, which the learner answers once, and can take back."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from typing import Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.classes.classroom import Classroom

_HISTORY = 1 << 16  # bytes with which a look begins: what was written last
_MOST_WAITING = 100  # pieces for a board that is slow; then it begins anew from the history
Permission = Literal["asked", "allowed", "denied"]


class Screen:
    """One terminal of a learner's."""

    def __init__(self, screens: "Screens", learner: str) -> None:
        self._screens, self._learner = screens, learner
        self.history = bytearray()
        self.size = (80, 24)

    def show(self, data: bytes) -> None:
        """What its shell has written."""
        self.history += data
        del self.history[:-_HISTORY]
        self._screens.pass_on(self._learner, self, data)

    def note_key(self) -> None:
        """Somebody types in it: it is the one to be looked at."""
        self._screens.turn_to(self._learner, self)

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)
        self._screens.pass_on(self._learner, self, _dump_size(self.size))

    def close(self) -> None:
        self._screens.close(self._learner, self)


class Screens:
    """Of a whole class. Nothing of it is kept when the server ends."""

    def __init__(self, classroom: Classroom) -> None:
        self._classroom = classroom
        self._open: defaultdict[str, list[Screen]] = defaultdict(list)  # the one to be looked at is the last
        self._viewers: defaultdict[str, set[asyncio.Queue[bytes | str]]] = defaultdict(set)
        self._permissions: dict[str, Permission] = {}
        classroom.permission, classroom.answer = self.permission, self.answer

    def open(self, learner: str) -> Screen:
        screen = Screen(self, learner)
        self._open[learner].append(screen)
        self._begin(learner)
        return screen

    def turn_to(self, learner: str, screen: Screen) -> None:
        screens = self._open[learner]
        if screens[-1] is not screen and screen in screens:
            screens.remove(screen)
            screens.append(screen)
            self._begin(learner)

    def close(self, learner: str, screen: Screen) -> None:
        with suppress(ValueError):
            self._open[learner].remove(screen)
        self._begin(learner)

    def pass_on(self, learner: str, screen: Screen, piece: bytes | str) -> None:
        if self._permissions.get(learner) != "allowed" or self._open[learner][-1:] != [screen]:
            return
        for queue in self._viewers[learner]:
            try:
                queue.put_nowait(piece)
            except asyncio.QueueFull:
                self._refill(queue, screen)

    # --- what the learner says

    def permission(self, learner: str) -> Permission | None:
        """None while nobody looks."""
        return self._permissions.get(learner) if self._viewers[learner] else None

    def answer(self, learner: str, is_allowed: bool) -> None:  # noqa: FBT001 - as the classroom has it
        self._permissions[learner] = "allowed" if is_allowed else "denied"
        self._begin(learner)

    # --- what the trainer sees

    async def serve(self, socket: WebSocket, learner: str) -> None:
        """One look, until it is closed. The learner is asked, unless they have allowed it before."""
        await socket.accept()
        queue: asyncio.Queue[bytes | str] = asyncio.Queue(_MOST_WAITING)
        self._viewers[learner].add(queue)
        if self._permissions.get(learner) != "allowed":
            self._permissions[learner] = "asked"
        self._begin(learner)
        sender = asyncio.create_task(_send(socket, queue))
        try:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._viewers[learner].discard(queue)
            sender.cancel()
            self._classroom.tell(learner)

    def _begin(self, learner: str) -> None:
        """Everybody who looks begins anew; the learner is told who does."""
        for queue in self._viewers[learner]:
            self._refill(queue, self._open[learner][-1] if self._open[learner] else None, self._permissions.get(learner))
        self._classroom.tell(learner)

    def _refill(
        self, queue: "asyncio.Queue[bytes | str]", screen: Screen | None, permission: Permission | None = "allowed"
    ) -> None:  # fmt: skip
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(json.dumps({"permission": permission, "open": screen is not None}))
        if permission == "allowed" and screen:
            queue.put_nowait(_dump_size(screen.size))
            queue.put_nowait(bytes(screen.history))


async def _send(socket: WebSocket, queue: "asyncio.Queue[bytes | str]") -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while True:
            piece = await queue.get()
            await (socket.send_bytes(piece) if isinstance(piece, bytes) else socket.send_text(piece))


def _dump_size(size: tuple[int, int]) -> str:
    return json.dumps({"size": size})
