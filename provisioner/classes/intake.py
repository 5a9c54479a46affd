"""What joined laptops report: events, each of which is counted once, however often it comes.

Such verdicts are the laptop's word.
"""

import asyncio
import json
import math
import time
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from provisioner.classes.course import Course
from provisioner.classes.desk import Desk
from provisioner.classes.doors import read_body
from provisioner.progress.event import KINDS, Event
from provisioner.progress.store import Store

_MOST_BODY = 2 << 20  # bytes of one report
_MOST_EVENTS = 1000
_MOST_TEXT = 200  # characters of what is a name or an outcome
_CLOCK_ERROR = 3600.0  # seconds by which a laptop's clock may be fast
_MOST_REASONS, _MOST_REASON = 200, 4000  # of a check; characters of each


class Intake:
    """Of one class. store: the trainer's own, so that all numbers are those of one file."""

    def __init__(self, course: Course, desk: Desk, store: Store) -> None:
        self._course, self._desk, self._store = course, desk, store
        self._seats = {learner.slug: course.seat_name(learner) for learner in course.learners}

    async def take(self, request: Request, learner: str) -> Response:
        """The answer to a report: what the trainer has to say."""
        data = await read_body(request, _MOST_BODY)
        if data is None:
            return PlainTextResponse("a report of more than 2 MiB, or one that did not come in time\n", 413)
        try:
            device, events, last_message = _parse(json.loads(data), self._seats[learner])
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
            return PlainTextResponse("no report of a laptop\n", 400)
        return JSONResponse(await asyncio.to_thread(self._keep, learner, device, events, last_message))

    def _keep(self, learner: str, device: str, events: list[tuple[int, Event]], last_message: int) -> dict[str, Any]:
        """last_message: the last message that has come; it is repeated until then, as an answer may be lost."""
        self._store.take(f"{learner}/{device}", events)
        self._desk.note_laptop(learner)
        messages = self._desk.unread(learner)
        for message in messages:
            if message["id"] <= last_message:
                self._desk.put_away(learner, message["id"])
        news = [{"id": message["id"], "text": message["text"]} for message in messages if message["id"] > last_message]
        return {"messages": news, "until": self._desk.end()}


def _parse(report: object, seat: str) -> tuple[str, list[tuple[int, Event]], int]:
    """The device, its events with their numbers, and the last message that it has. Raises ValueError, KeyError, TypeError and
    ArithmeticError for what is no report."""
    if not isinstance(report, dict) or not isinstance(report["events"], list) or len(report["events"]) > _MOST_EVENTS:
        raise ValueError
    events = [(_number(item["id"]), _event(item, seat)) for item in report["events"]]
    return _text(report["device"]), events, _number(report.get("last_message", 0), least=0)


def _event(item: dict[str, Any], seat: str) -> Event:
    kind, seconds = item["kind"], item["seconds"]
    if kind not in KINDS or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ValueError
    told_time = datetime.fromisoformat(_text(item["time"])).timestamp()
    moment = min(max(told_time, 0.0), time.time() + _CLOCK_ERROR)
    return Event(kind, _text(item["lab"]), seat, _text(item["exercise"]), _text(item["outcome"]), float(seconds),
                 _details(item["details"]), _text(item["lab_version"]), moment)  # fmt: skip


def _details(values: dict[str, Any]) -> dict[str, Any]:
    """Those that count for a class; another type would break the sums of all."""
    details: dict[str, Any] = {"laptop": True}
    for name in ("reasons", "solved"):
        if name in values:
            if not isinstance(values[name], list):
                raise TypeError
            details[name] = [_text(item, _MOST_REASON) for item in values[name][:_MOST_REASONS]]
    return {**details, **{name: True for name in ("quick", "watch", "review") if values.get(name) is True}}


def _text(value: object, most: int = _MOST_TEXT) -> str:
    if not isinstance(value, str):
        raise TypeError
    if len(value) > most:
        raise ValueError
    return value


def _number(value: object, least: int = 1) -> int:
    if type(value) is not int or not least <= value < 1 << 53:
        raise ValueError
    return value
