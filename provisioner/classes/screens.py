"""Learners' terminals, as the board asks for them: one web socket a look."""

import asyncio
import json
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.classes.classroom import Classroom
from provisioner.classes.looks import Look, Looks, Permission, Question, Screen
from provisioner.page.terminal import Controls

_REFUSAL = json.dumps({"refused": True})


class Screens:
    """Of a whole class. Nothing of it is kept when the server ends."""

    def __init__(self, classroom: Classroom) -> None:
        self._classroom = classroom
        self._looks: dict[str, Looks] = {}
        classroom.permissions, classroom.answer = self.permissions, self.answer

    def open(self, learner: str, controls: Controls) -> Screen:
        """A terminal of somebody's."""
        return self._of(learner).open(controls)

    def permissions(self, learner: str) -> dict[Question, Permission | None]:
        return self._of(learner).permissions()

    def answer(self, learner: str, question: Question, is_allowed: bool) -> None:  # noqa: FBT001 - as the classroom has it
        self._of(learner).answer(question, is_allowed)

    async def serve(self, socket: WebSocket, learner: str) -> None:
        """One look, until it is closed."""
        await socket.accept()
        looks, look = self._of(learner), Look()
        looks.begin(look)
        sender = asyncio.create_task(_send(socket, look))
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                if not _take(looks, look, message.get("bytes"), message.get("text")):
                    await socket.send_text(_REFUSAL)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            sender.cancel()
            looks.end(look)

    def _of(self, learner: str) -> Looks:
        if learner not in self._looks:
            self._looks[learner] = Looks(lambda: self._classroom.tell(learner))
        return self._looks[learner]


def _take(looks: Looks, look: Look, keys: bytes | None, request: str | None) -> bool:
    """Whether it was done: what the learner has not allowed, and what is no request, is refused."""
    if keys:
        return looks.enter(look, keys)
    if request == "ask":
        return looks.ask_typing(look)
    if request == "stop":
        looks.stop_typing(look)
        return True
    return False


async def _send(socket: WebSocket, look: Look) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while True:
            piece = await look.queue.get()
            await (socket.send_bytes(piece) if isinstance(piece, bytes) else socket.send_text(piece))
