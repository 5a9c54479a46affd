"""What a learner's page has of the class: a hand to raise, messages of the trainer, a clock, and what the trainer shows."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.classes.course import Course
from provisioner.classes.desk import Demo, Desk
from provisioner.classes.looks import Permission, Question
from provisioner.core import text
from provisioner.core.errors import LabError

_MOST_WAITING = 50  # messages for a tab that reads nothing
_LOOK = 0.25  # seconds between two looks for what the trainer has entered, in another process
_NO_DEMO = Demo(-1, ())
_NO_PERMISSIONS: Mapping[Question, Permission | None] = {"look": None, "typing": None}


@dataclass(eq=False)
class _Tab:
    """queue: what is on its way to it. removed, last: what it knows of the trainer's commands, as the desk counts them."""

    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    removed: int = -1
    last: int = 0

    def take(self, demo: Demo) -> None:
        """What is new of it. Without room nothing is noted as known: it comes with the next look."""
        news = [command for command in demo.commands if command["id"] > self.last]
        if not news and demo.removed <= self.removed:
            return
        with suppress(asyncio.QueueFull):
            self.queue.put_nowait(json.dumps(text.within({"demo": {"removed": demo.removed, "commands": news}})))
            self.removed = max(self.removed, demo.removed)
            self.last = max(self.last, demo.removed, *(command["id"] for command in news))


class Classroom:
    """The tabs of all learners."""

    def __init__(self, course: Course, desk: Desk) -> None:
        self._desk, self._course = desk, course
        self.permissions: Callable[[str], Mapping[Question, Permission | None]] = lambda _: _NO_PERMISSIONS  # the trainer's
        self.answer: Callable[[str, Question, bool], None] = lambda *_: None
        self._names = {learner.slug: learner.name for learner in course.learners}
        self._tabs: defaultdict[str, set[_Tab]] = defaultdict(set)
        self.changed = asyncio.Event()  # set when somebody has raised or lowered a hand, come or gone

    async def serve(self, socket: WebSocket, learner: str) -> None:
        await socket.accept()
        tab = _Tab()
        self._tabs[learner].add(tab)
        self.changed.set()
        self.tell(learner)
        sender = asyncio.create_task(_send(socket, tab.queue))
        try:
            tab.take(await asyncio.to_thread(self._desk.demo))
            while True:
                self._take(learner, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError, KeyError, LabError):  # a full disk: what was asked is not shown as done
            pass
        finally:
            self._tabs[learner].discard(tab)
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
            for tab in self._tabs[name]:
                with suppress(asyncio.QueueFull):
                    tab.queue.put_nowait(line)

    async def follow(self) -> None:
        """Tells all tabs what the trainer has entered in a demonstration, for as long as the server runs."""
        while True:
            await asyncio.sleep(_LOOK)
            tabs = [tab for tabs in self._tabs.values() for tab in tabs]
            with suppress(LabError, OSError):  # the next look may succeed
                demo = await asyncio.to_thread(self._desk.demo, min(tab.last for tab in tabs)) if tabs else _NO_DEMO
                for tab in tabs:
                    tab.take(demo)

    def _describe(self, learner: str) -> dict[str, Any]:
        hand, permissions = self._desk.hands().get(learner), self.permissions(learner)
        return {
            "name": self._course.name, "learner": self._names.get(learner, learner), "until": self._desk.end(),
            "hand": hand.as_dict() if hand else None, "messages": self._desk.unread(learner), "now": time.time(),
            "look": permissions["look"], "typing": permissions["typing"],
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
                self.answer(learner, "look", answer == "allow")
            case {"do": "allow-typing" | "deny-typing" as answer}:
                self.answer(learner, "typing", answer == "allow-typing")
            case _:
                raise ValueError
        self.changed.set()
        self.tell(learner)


async def _send(socket: WebSocket, queue: "asyncio.Queue[str]") -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while True:
            await socket.send_text(await queue.get())
