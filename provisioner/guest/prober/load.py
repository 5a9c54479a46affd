"""How busy the machine is: a busy one answers late, and an answer that is late is one. Runs as root in the machine."""

from __future__ import annotations

import os
import time
from select import poll

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    import socket

BUSY_WAIT = 30.0  # seconds more that a wait may take while the machine has work to do
BUSY = 0.8  # processors


def wait_ready(s: socket.socket, event: int, seconds: float) -> None:
    """Waits for a socket, and longer while the machine is busy: on a busy host answers are late, but they are answers.
    event: POLLIN or POLLOUT. Raises TimeoutError."""
    poller = poll()
    poller.register(s, event)
    half_ms, deadline = seconds * 500, time.monotonic() + seconds + BUSY_WAIT
    if poller.poll(half_ms):
        return
    while True:
        start_ticks = read_ticks()
        if poller.poll(half_ms):
            return
        if count_busy(start_ticks, read_ticks()) < BUSY or time.monotonic() > deadline:
            raise TimeoutError


def read_ticks() -> tuple[int, int]:
    """Ticks of all processors since the boot: idle, and total."""
    if os.path.exists("/run/systemd/container"):  # noqa: PTH110 - the host's processors, on which others are at work too
        return read_own_ticks()
    with open("/proc/stat") as stat:  # noqa: PTH123 - the prober imports as little as it can: it starts sooner
        times = [int(t) for t in stat.readline().split()[1:9]]
    return times[3] + times[4], sum(times)


def read_own_ticks() -> tuple[int, int]:
    """The same for a system container, in microseconds: the time that it used processors or waited for them."""
    group = "/sys/fs/cgroup/unified" if os.path.exists("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"  # noqa: PTH110
    with open(f"{group}/cpu.stat") as stat:  # noqa: PTH123
        busy = int(stat.readline().split()[1])
    try:
        with open(f"{group}/cpu.pressure") as pressure:  # noqa: PTH123
            busy += int(pressure.readline().rpartition("=")[2])
    except OSError:  # the kernel has no pressure accounting
        pass
    total = int(time.monotonic() * 1e6) * (os.cpu_count() or 1)
    return total - busy, total


def count_busy(start: tuple[int, int], end: tuple[int, int]) -> float:
    """The number of processors that were busy between two readings."""
    idle, total = (end_ticks - start_ticks for start_ticks, end_ticks in zip(start, end, strict=True))
    return (1 - idle / max(1, total)) * (os.cpu_count() or 1)
