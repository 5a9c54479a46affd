"""The prober's main program: reads requests from standard input, and answers. Runs as root in the machine.

It is sent with each check, with the modules that it imports: it is not stored in the machine, where it could be replaced.
Its first line is "ready". A line in: {"probes": [...]}, {"trace": [...]}, {"measure": PROGRAM}, {"idle": SECONDS} or
{"evidence": {...}}. A line out: {"results": ...} in the same order, or {"error": ...}. It ends as soon as the host has closed
the connection.
Python's standard library only; 3.11 or newer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from select import POLLRDHUP, poll
from threading import Thread

from provisioner.guest.prober.engine import Absent, Broken, zones
from provisioner.guest.prober.evidence import collect
from provisioner.guest.prober.load import count_busy, read_ticks
from provisioner.guest.prober.measure import measure
from provisioner.guest.prober.probe import exchange
from provisioner.guest.prober.strangers import leave
from provisioner.guest.prober.trace import trace
from provisioner.guest.prober.vantage import forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_last_reading: list[tuple[tuple[int, int], float]] = [(read_ticks(), time.monotonic())]  # the last one only


def idle(pause: float) -> list[float]:
    """The share of the processors' time since the last call, 0 to 1, with nothing to do; and the seconds since then."""
    time.sleep(pause)
    old_ticks, old_time = _last_reading.pop()
    _last_reading.append((read_ticks(), time.monotonic()))
    new_ticks, new_time = _last_reading[0]
    return [1 - count_busy(old_ticks, new_ticks) / (os.cpu_count() or 1), new_time - old_time]


def main() -> None:
    sources: dict[str, Callable[[Any], object]] = {
        "probes": exchange, "trace": trace, "measure": measure, "idle": idle, "evidence": collect,
    }  # fmt: skip
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # many calls at once, of many probes side by side
    Thread(target=_end_with_the_host, daemon=True).start()
    print(json.dumps("ready"), flush=True)
    try:
        _serve(sources)
    finally:
        leave()


def _serve(sources: dict[str, Callable[[Any], object]]) -> None:
    for line in sys.stdin:
        request = json.loads(line)
        (kind, content), *_ = request.items()
        forget()
        if kind in ("probes", "trace"):
            zones.update(probe["from"] for probe in content)
        try:
            answer = {"results": sources[kind](content)}
        except (Broken, Absent) as error:
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - an unusual machine may raise anything
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def _end_with_the_host() -> None:
    """Interrupts the program when the host has gone, so that it cleans up: its probes would only keep the machine busy."""
    poller = poll()
    poller.register(0, POLLRDHUP)
    poller.poll()
    os.kill(os.getpid(), 2)
