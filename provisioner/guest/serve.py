"""The prober's end in the machine: reads requests from its standard input, and answers.

It is sent along with each check, with the modules that it stands on: nothing of it lies in the machine, where it could
be replaced. A line in: {"probes": [...]}, {"trace": [...]} or {"idle": SECONDS}. A line out: {"results": ...} in the
same order, or {"error": ...}. Python's standard library only; 3.11 or newer.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from provisioner.guest.probe import at_work, probe, ticks
from provisioner.guest.trace import trace
from provisioner.guest.vantage import Absent, Broken, Json, forget


async def probes(batch: list[Json]) -> list[Json]:
    return await asyncio.gather(*(probe(p) for p in batch))


_looked: list[tuple[tuple[int, int], float]] = [(ticks(), time.monotonic())]  # the last look only


async def idle(pause: float) -> list[float]:
    """The share of the processors' time since the last call, 0 to 1, with nothing to do; and the seconds since then."""
    await asyncio.sleep(pause)
    before, then = _looked.pop()
    _looked.append((ticks(), time.monotonic()))
    now, when = _looked[0]
    return [1 - at_work(before, now) / (os.cpu_count() or 1), when - then]


async def serve() -> None:
    sources: dict[str, Callable[[Any], Awaitable[object]]] = {"probes": probes, "trace": trace, "idle": idle}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        (kind, content), *_ = request.items()
        forget()
        try:
            answer = {"results": await sources[kind](content)}
        except (Broken, Absent) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


def main() -> None:
    asyncio.run(serve())
