"""The prober's end in the machine: reads requests from its standard input, and answers.

It is sent along with each check, with the modules that it stands on: nothing of it lies in the machine, where it could
be replaced. Its first line is "ready". A line in: {"probes": [...]}, {"trace": [...]}, {"measure": PROGRAM} or
{"idle": SECONDS}. A line out: {"results": ...} in the same order, or {"error": ...}. When nobody listens any more, it ends at
once. Python's standard library only; 3.11 or newer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from select import POLLRDHUP, poll
from threading import Thread

from provisioner.guest.prober.engine import Absent, Broken, zones
from provisioner.guest.prober.measure import measure
from provisioner.guest.prober.probe import at_work, exchange, ticks
from provisioner.guest.prober.strangers import leave
from provisioner.guest.prober.trace import trace
from provisioner.guest.prober.vantage import forget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


_looked: list[tuple[tuple[int, int], float]] = [(ticks(), time.monotonic())]  # the last look only


def idle(pause: float) -> list[float]:
    """The share of the processors' time since the last call, 0 to 1, with nothing to do; and the seconds since then."""
    time.sleep(pause)
    before, then = _looked.pop()
    _looked.append((ticks(), time.monotonic()))
    now, when = _looked[0]
    return [1 - at_work(before, now) / (os.cpu_count() or 1), when - then]


def main() -> None:
    sources: dict[str, Callable[[Any], object]] = {"probes": exchange, "trace": trace, "measure": measure, "idle": idle}
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
        except Exception as error:  # noqa: BLE001 - of a machine that is not like others
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def _end_with_the_host() -> None:
    """Whoever asked has gone: what is under way would only keep the machine busy. As Ctrl-C, so that it is cleared up."""
    end = poll()
    end.register(0, POLLRDHUP)
    end.poll()
    os.kill(os.getpid(), 2)
