"""One exchange of real packets, and what came back. Runs as root in the machine."""

import asyncio
import errno
import os
import socket
import time
from collections.abc import Awaitable
from typing import Any

from provisioner.guest.vantage import Absent, Broken, Json, addresses, inside, open_socket

Outcome = tuple[str, str, str]  # verdict, answer, detail
Target = tuple[str, int]

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
ANSWER_WAIT = 5.0  # seconds for an answer on a connection that stands
BUSY_WAIT = 30.0  # seconds more that a wait may take while the machine has work to do
BUSY = 0.8  # processors that are at work
RESEND = 0.7  # seconds until a datagram is sent again
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL)  # the last is a route that is a black hole
REJECTED = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)


async def probe(p: Json) -> Json:
    started = time.monotonic()
    try:
        verdict, answer, detail = await _exchange(p)
    except Broken as error:
        verdict, answer, detail = "broken", "", str(error)
    except Absent as error:
        verdict, answer, detail = "absent", "", str(error)
    return {"verdict": verdict, "answer": answer, "detail": detail, "ms": round((time.monotonic() - started) * 1000)}


async def _exchange(p: Json) -> Outcome:
    """With several addresses: open if one of them is."""
    found = await asyncio.gather(*(_ask(p, to) for to in addresses(p)))
    return next((one for one in found if one[0] == "open"), found[0])


async def _ask(p: Json, to: str) -> Outcome:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    udp = p["proto"] == "udp"
    s = open_socket(p["from"], family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    with s:
        s.setblocking(False)
        return await (_udp if udp else _tcp)(s, (to, p["port"]), p)


def connect(s: socket.socket, target: Target, p: Json) -> int:
    """errno, as connect_ex. senders: where the probe wants to know which address and port it was sent from, as a trace does."""
    if "senders" not in p:
        return s.connect_ex(target)
    s.bind(("", 0))  # a port that it keeps, also when it is refused at once
    code = s.connect_ex(target)
    p["senders"].append(s.getsockname()[:2])
    return code


async def _tcp(s: socket.socket, target: Target, p: Json) -> Outcome:
    loop = asyncio.get_running_loop()
    # Called once by hand: an error that comes at once is our own missing route, not an answer of the network.
    code = connect(s, target, p)
    if code in NO_WAY and inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    if code == errno.EINPROGRESS:
        try:
            await patiently(_writable(loop, s), p["wait"])
        except TimeoutError:
            return "filtered", "", "no answer"
        code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code == errno.ECONNREFUSED:
        return "refused", "", "connection refused"
    if code in REJECTED:
        return "unreachable", "", os.strerror(code)
    if code == errno.ETIMEDOUT:
        return "filtered", "", "no answer"
    if code:
        raise Broken(os.strerror(code))
    return await _answer(loop, s)


async def patiently(awaited: Awaitable[Any], seconds: float) -> Any:  # noqa: ANN401 - what is awaited
    """Waits so long, and on while the machine is at work: on a busy host its answers are late, and still answers.

    Raises TimeoutError.
    """
    task = asyncio.ensure_future(awaited)
    deadline = time.monotonic() + seconds + BUSY_WAIT
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds / 2)
        while not done:
            before = ticks()
            done, _ = await asyncio.wait({task}, timeout=seconds / 2)
            if not done and (at_work(before, ticks()) < BUSY or time.monotonic() > deadline):
                raise TimeoutError
        return task.result()
    finally:
        task.cancel()


def ticks() -> tuple[int, int]:
    """Of all processors since the start: with nothing to do, and altogether."""
    with open("/proc/stat") as stat:  # noqa: PTH123 - the prober imports as little as it can: it starts sooner
        times = [int(t) for t in stat.readline().split()[1:9]]
    return times[3] + times[4], sum(times)


def at_work(before: tuple[int, int], now: tuple[int, int]) -> float:
    """How many processors had something to do between two readings."""
    rest, all_ = (there - here for here, there in zip(before, now, strict=True))
    return (1 - rest / max(1, all_)) * (os.cpu_count() or 1)


async def _writable(loop: asyncio.AbstractEventLoop, s: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_writer(s, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(s)


async def _answer(loop: asyncio.AbstractEventLoop, s: socket.socket) -> Outcome:
    """What the other side says, its last line: an accepted connection alone may be a proxy's."""
    said = b""
    try:
        await patiently(loop.sock_sendall(s, REQUEST), ANSWER_WAIT)
        while len(said) < 4096:
            chunk = await patiently(loop.sock_recv(s, 4096), ANSWER_WAIT)
            said += chunk
            if not chunk or said.startswith(b"SSH-") and b"\n" in said:
                break
    except (TimeoutError, OSError) as error:
        if not said:
            return "open", "", f"accepted, and then said nothing ({type(error).__name__})"
    lines = said.decode(errors="replace").strip().splitlines()
    banner = [line for line in lines[:1] if line.startswith("SSH-")]
    return "open", (banner or lines[-1:] or [""])[0], "answered"


async def _udp(s: socket.socket, target: Target, p: Json) -> Outcome:
    loop = asyncio.get_running_loop()
    code = connect(s, target, p)
    if code in NO_WAY and inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code:
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    for _ in range(max(1, round(p["wait"] / RESEND))):
        try:
            await loop.sock_sendall(s, p.get("send", "?").encode())
            said = await patiently(loop.sock_recv(s, 4096), RESEND)
            return "open", said.decode(errors="replace").strip(), "answered"
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            return "refused", "", "port unreachable"
        except OSError as error:
            return "unreachable", "", str(error.strerror)
    return "filtered", "", "no answer"  # silence: not the same as closed
