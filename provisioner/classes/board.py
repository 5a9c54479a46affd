"""The trainer's board: where everybody is, live, and what a trainer does from there."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.classes.classroom import Classroom
from provisioner.classes.desk import Desk
from provisioner.classes.standing import Standings, ask_states
from provisioner.core import text
from provisioner.core.errors import LabError, UsageError
from provisioner.page.requests import Request, perform

_LOOK = 0.5  # seconds between two looks for what is new
_STATES_EVERY = 10.0  # seconds; machines are asked one after the other
_DRAWN_EVERY = 15.0  # seconds, where nothing but time has passed
_MOST_REQUESTS = 50  # of one board at a time
_MOST_MINUTES = 24 * 60


class Board:
    """All boards that are open. connected: how many pages of a learner are open."""

    def __init__(self, standings: Standings, desk: Desk, classroom: Classroom, connected: Callable[[str], int], *,
                 trust: bool, slots: asyncio.Semaphore) -> None:  # fmt: skip
        self._standings, self._desk, self._classroom = standings, desk, classroom
        self._connected, self._trust, self._slots = connected, trust, slots
        self._tabs: set[WebSocket] = set()
        self._states: Mapping[str, str] = {}
        self._busy: dict[str, str] = {}

    async def serve(self, socket: WebSocket) -> None:
        """One board, until it is closed."""
        await socket.accept()
        self._tabs.add(socket)
        running: set[asyncio.Task[None]] = set()
        try:
            await asyncio.to_thread(self._standings.update)
            await socket.send_text(_dump({"board": await asyncio.to_thread(self.describe)}))
            await socket.send_text(_dump({"busy": self._busy}))
            while True:
                message = json.loads(await socket.receive_text())
                if not isinstance(message, dict) or len(running) >= _MOST_REQUESTS:
                    break
                task = asyncio.create_task(self._answer(socket, message))
                running.add(task)
                task.add_done_callback(running.discard)
        except (WebSocketDisconnect, ValueError, KeyError, RuntimeError):
            pass
        finally:
            self._tabs.discard(socket)
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()

    async def follow(self) -> None:
        """Tells all boards what is new, for as long as the server runs."""
        asked_at = drawn_at = 0.0
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._classroom.changed.wait(), _LOOK)
            is_new = self._classroom.changed.is_set()
            self._classroom.changed.clear()
            if not self._tabs:
                continue
            with suppress(LabError, OSError):  # the next look may succeed
                if time.monotonic() - asked_at > _STATES_EVERY:
                    states = await asyncio.to_thread(ask_states, self._standings.course, self._standings.lab)
                    is_new, self._states, asked_at = is_new or states != self._states, states, time.monotonic()
                is_new |= await asyncio.to_thread(self._standings.update)
                if is_new or time.monotonic() - drawn_at > _DRAWN_EVERY:
                    drawn_at = time.monotonic()
                    await self._tell({"board": await asyncio.to_thread(self.describe)})

    def describe(self) -> dict[str, Any]:
        """As the browser's part has it (static/board.js)."""
        hands, laptops = self._desk.hands(), self._desk.laptops()
        medians, lab = self._standings.medians(), self._standings.lab
        rows = [
            {
                **row.as_dict(), "laptop": row.learner.slug in laptops,
                "state": "laptop" if row.learner.slug in laptops else self._states.get(row.seat, "missing"),
                "hand": hands[row.learner.slug].as_dict() if row.learner.slug in hands else None,
                "connected": self._connected(row.learner.slug),
            }
            for row in self._standings.rows()
        ]  # fmt: skip
        exercises = [(f"{lab.number}.{e.number}", e.entry.title) for e in lab.exercises]
        return {
            "class": self._standings.course.name, "lab": lab.number, "title": lab.manifest.title, "rows": rows,
            "until": self._desk.end(), "now": time.time(),
            "exercises": [{"name": name, "title": title, "median": medians[name]} for name, title in exercises],
        }  # fmt: skip

    async def _tell(self, message: dict[str, Any]) -> None:
        line = _dump(message)
        for socket in list(self._tabs):
            try:
                await asyncio.wait_for(socket.send_text(line), _STATES_EVERY)
            except (RuntimeError, WebSocketDisconnect, TimeoutError):  # it reads nothing: the others do not wait for it again
                self._tabs.discard(socket)

    async def _answer(self, socket: WebSocket, message: dict[str, Any]) -> None:
        try:
            answer: dict[str, Any] = {"result": await self._do(message)}
        except LabError as error:
            answer = {"error": error.as_dict()}
        except TimeoutError:
            answer = {"error": {"error": "it has taken too long, and was ended", "evidence": "", "hint": ""}}
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.send_text(_dump({"id": message.get("id"), **answer}))

    async def _do(self, message: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Raises LabError, and UsageError for what the board does not ask for."""
        slugs = {learner.slug for learner in self._standings.course.learners}
        lab = str(self._standings.lab.number)
        match message:
            case {"do": "message", "to": str(learner), "text": str(words)} if words.strip() and learner in slugs | {""}:
                self._desk.send(learner, text.line(words))
                self._classroom.tell(learner)
            case {"do": "lower", "to": str(learner)} if learner in slugs:
                self._desk.lower_hand(learner)
                self._classroom.tell(learner)
                self._classroom.changed.set()
            case {"do": "until", "time": str(clock)}:
                self._set_end(_parse_clock(clock) if clock else None)
            case {"do": "extend", "minutes": int(minutes)} if 0 < minutes <= _MOST_MINUTES:
                self._set_end((self._desk.end() or time.time()) + minutes * 60)
            case {"do": "check", "to": str(learner)} if learner in slugs:
                return await self._run(learner, "check", lab, "--quick", "--unasked", "--json")
            case {"do": "reset", "to": str(learner)} if learner in slugs | {""}:
                return await self._run_for(learner, "reset", lab, "--json")
            case {"do": "goto", "to": str(learner), "target": str(target)} if learner in slugs and target in self._targets():
                return await self._run(learner, "goto", target, "--json")
            case _:
                raise UsageError(f"the board cannot ask for {str(message)[:200]}")
        return {}

    def _targets(self) -> set[str]:
        return {f"{self._standings.lab.number}.{e.number}" for e in self._standings.lab.exercises}

    def _set_end(self, end: float | None) -> None:
        self._desk.set_end(end)
        self._classroom.tell()
        self._classroom.changed.set()

    async def _run_for(self, learner: str, *words: str) -> dict[str, str]:
        """For one, or for all who have a machine. Returns what failed, by learner."""
        present = [r.learner.slug for r in self._standings.rows() if self._states.get(r.seat) != "missing"]
        names = [learner] if learner else present
        results = await asyncio.gather(*(self._run(name, *words) for name in names), return_exceptions=True)
        problems = {name: str(result) for name, result in zip(names, results, strict=True) if isinstance(result, LabError)}
        if learner and problems:
            raise LabError(problems[learner])
        return problems

    async def _run(self, learner: str, *words: str) -> Any:  # noqa: ANN401 - JSON
        """A command of lab at somebody's seat."""
        seat = f"{self._standings.course.name}-{learner}"
        async with self._slots:
            self._busy[learner] = words[0]
            await self._tell({"busy": self._busy})
            try:
                return await perform(Request((*words, "--seat", seat)), _ignore, trust=self._trust)
            finally:
                self._busy.pop(learner, None)
                await self._tell({"busy": self._busy})
                self._classroom.changed.set()


async def _ignore(_: str) -> None:
    pass


def _parse_clock(clock: str) -> float:
    """Seconds since 1970 of the next time that a clock shows this. Raises UsageError."""
    match = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", clock.strip())
    if not match:
        raise UsageError(f"{clock[:20]!r} is no time", hint="as in 16:30")
    current = datetime.now().astimezone()
    end = current.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    return (end if end > current else end + timedelta(days=1)).timestamp()


def _dump(message: dict[str, Any]) -> str:
    return json.dumps(text.within(message))
