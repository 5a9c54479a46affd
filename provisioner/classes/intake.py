"""What joined laptops report: events, each of which is counted once, however often it comes.

Such verdicts are the laptop's word.
"""

import asyncio
import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from provisioner.classes.course import Course
from provisioner.classes.desk import Desk
from provisioner.progress.event import KINDS, Event
from provisioner.progress.store import Store

_MOST_BODY = 2 << 20  # bytes of one report
_MOST_EVENTS = 1000
_MOST_TEXT = 200  # characters of what is a name or an outcome


class Intake:
    """Of one class. store: the trainer's own, so that all numbers are those of one file."""

    def __init__(self, course: Course, desk: Desk, store: Store) -> None:
        self._course, self._desk, self._store = course, desk, store
        self._seats = {learner.slug: course.seat_name(learner) for learner in course.learners}

    async def take(self, request: Request, learner: str) -> Response:
        """The answer to a report: what the trainer has to say."""
        data = b""
        async for part in request.stream():
            data += part
            if len(data) > _MOST_BODY:
                return PlainTextResponse("a report of more than 2 MiB\n", 413)
        try:
            device, events = _parse(json.loads(data), self._seats[learner])
        except (ValueError, KeyError, TypeError, RecursionError):
            return PlainTextResponse("no report of a laptop\n", 400)
        return JSONResponse(await asyncio.to_thread(self._keep, learner, device, events))

    def _keep(self, learner: str, device: str, events: list[tuple[int, Event]]) -> dict[str, Any]:
        self._store.take(f"{learner}/{device}", events)
        self._desk.note_laptop(learner)
        messages = self._desk.unread(learner)
        for message in messages:
            self._desk.put_away(learner, message["id"])
        return {"messages": [message["text"] for message in messages], "until": self._desk.end()}


def _parse(report: object, seat: str) -> tuple[str, list[tuple[int, Event]]]:
    """The device, and its events with their numbers. Raises ValueError, KeyError and TypeError for what is no report."""
    if not isinstance(report, dict) or len(report["events"]) > _MOST_EVENTS:
        raise ValueError
    device = _text(report["device"])
    return device, [(_number(item["id"]), _event(item, seat)) for item in report["events"]]


def _event(item: dict[str, Any], seat: str) -> Event:
    kind = item["kind"]
    if kind not in KINDS or not isinstance(item["details"], dict):
        raise ValueError
    time = datetime.fromisoformat(_text(item["time"])).timestamp()
    return Event(kind, _text(item["lab"]), seat, _text(item["exercise"]), _text(item["outcome"]), float(item["seconds"]),
                 {**item["details"], "laptop": True}, _text(item["lab_version"]), time)  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise ValueError
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 < value < 1 << 53:
        raise ValueError
    return value
