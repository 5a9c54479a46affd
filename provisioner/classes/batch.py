"""Commands for many seats, side by side. Each is a process of its own: one that fails, or is ended, leaves the others alone."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.core.errors import LabError
from provisioner.core.progress import Step, say, step
from provisioner.page.requests import Output, Request, perform


@dataclass(frozen=True)
class Task:
    """words: of a command of lab. owner: whose it is, in messages."""

    owner: str
    words: tuple[str, ...]
    output: Output = "json"


@dataclass(frozen=True)
class Result:
    """value: what the command printed. error, hint: why it failed, or empty. seconds: that it took."""

    task: Task
    seconds: float
    value: Any = None
    error: str = ""
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        outcome = {"error": self.error, "hint": self.hint} if self.error else {"result": self.value}
        return {"seat": self.task.owner, "seconds": round(self.seconds, 1), **outcome}


def run(tasks: Sequence[Task], slots: int, title: str, *, trust: bool, first_alone: bool = False) -> list[Result]:
    """In the order of the tasks. slots: how many at a time. first_alone: it makes what the others use.

    An interrupt ends those that run, as Ctrl-C would, and waits until they have cleaned up; the others are not begun.
    """
    with step(title, key=f"class {tasks[0].words[0]} {len(tasks)}" if tasks else "") as progress:
        return asyncio.run(_run(tasks, slots, progress, trust=trust, first_alone=first_alone))


async def _run(tasks: Sequence[Task], slots: int, progress: Step, *, trust: bool, first_alone: bool) -> list[Result]:
    places = asyncio.Semaphore(max(1, slots))
    count = 0

    async def work(task: Task) -> Result:
        nonlocal count
        async with places:
            result = await _perform(task, progress, trust=trust)
        count += 1
        progress.fraction(count, len(tasks))
        say(f"! {task.owner}: {result.error}" if result.error else f"✓ {task.owner}  {result.seconds:.1f} s")
        return result

    first = [await work(task) for task in tasks[: int(first_alone)]]
    async with asyncio.TaskGroup() as group:
        rest = [group.create_task(work(task)) for task in tasks[len(first) :]]
    return [*first, *(task.result() for task in rest)]


async def _perform(task: Task, progress: Step, *, trust: bool) -> Result:
    async def show(line: str) -> None:
        progress.detail(f"{task.owner}: {line.strip()}"[:100])

    start = time.monotonic()
    try:
        value = await perform(Request(task.words, task.output), show, trust=trust)
    except LabError as error:
        return Result(task, time.monotonic() - start, error=f"{error.what}{_last_line(error.evidence)}", hint=error.hint)
    except TimeoutError:
        return Result(task, time.monotonic() - start, error="it has taken too long, and was ended")
    return Result(task, time.monotonic() - start, value)


def _last_line(evidence: str) -> str:
    lines = evidence.strip().splitlines()
    return f" ({lines[-1].strip()[:200]})" if lines else ""


def dump(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For --json."""
    return json.loads(json.dumps([result.as_dict() for result in results]))  # type: ignore[no-any-return]
