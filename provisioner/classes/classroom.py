"""What a learner's page has of the class: a hand to raise, messages of the trainer, a clock."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.classes.course import Course
from provisioner.classes.desk import Desk
from provisioner.core import text
from provisioner.core.errors import LabError

_MOST_WAITING = 50  # messages for a tab that reads nothing


class Classroom:
    """The tabs of all learners."""

    def __init__(self, course: Course, desk: Desk) -> None:
        self._desk, self._course = desk, course
        self.permission: Callable[[str], str | None] = lambda _: None  # of somebody's screen, for the trainer
        self.answer: Callable[[str, bool], None] = lambda *_: None
        self._names = {learner.slug: learner.name for learner in course.learners}
        self._tabs: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self.changed = asyncio.Event()  # set when somebody has raised or lowered a hand, come or gone

    async def serve(self, socket: WebSocket, learner: str) -> None:
        await socket.accept()
        queue: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)
        self._tabs[learner].add(queue)
        self.changed.set()
        self.tell(learner)
        sender = asyncio.create_task(_send(socket, queue))
        try:
            while True:
                self._take(learner, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError, KeyError, LabError):  # a full disk: what was asked is not shown as done
            pass
        finally:
            self._tabs[learner].discard(queue)
            sender.cancel()
            self.changed.set()
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    def connected(self, learner: str) -> int:
        """How many tabs somebody has open."""
        return len(self._tabs[learner])

    def tell(self, learner: str = "") -> None:
        """What is new, to the tabs of one, or of all."""
        for name in [learner] if learner else list(self._tabs):
            line = json.dumps(text.within({"class": self._describe(name)}))
            for queue in self._tabs[name]:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(line)

    def _describe(self, learner: str) -> dict[str, Any]:
        hand = self._desk.hands().get(learner)
        return {
            "name": self._course.name, "learner": self._names.get(learner, learner), "until": self._desk.end(),
            "hand": hand.as_dict() if hand else None, "messages": self._desk.unread(learner), "now": time.time(),
            "look": self.permission(learner),
        }  # fmt: skip

    def _take(self, learner: str, message: object) -> None:
        match message:
            case {"do": "raise", "text": str(words)}:
                self._desk.raise_hand(learner, text.line(words))
            case {"do": "lower"}:
                self._desk.lower_hand(learner)
            case {"do": "read", "id": int(number)}:
                self._desk.put_away(learner, number)
            case {"do": "allow" | "deny" as answer}:
                self.answer(learner, answer == "allow")
            case _:
                raise ValueError
        self.changed.set()
        self.tell(learner)


async def _send(socket: WebSocket, queue: "asyncio.Queue[str]") -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while True:
            await socket.send_text(await queue.get())
