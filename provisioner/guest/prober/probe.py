"""One exchange of real packets, and what came back. Runs as root in the machine.

Starting is most of what a probe costs on an emulated machine: threads, because asyncio takes as long to import as all
the rest of a start; and nothing is imported for the sake of types.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from select import POLLIN, POLLOUT, poll
from threading import Thread

from provisioner.guest.prober.border import Watch
from provisioner.guest.prober.engine import Absent, Broken, Json
from provisioner.guest.prober.listeners import KINDS, OTHER, Listeners
from provisioner.guest.prober.strangers import prepare
from provisioner.guest.prober.vantage import EVERYWHERE, addresses, inside, open_socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    Target = tuple[Any, ...]  # an address and a port, perhaps with the card that a link-local address is of
    T = TypeVar("T")
    R = TypeVar("R")

Outcome = tuple[str, str, str]  # verdict, answer, detail

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
ANSWER_WAIT = 5.0  # seconds for an answer on a connection that stands
BUSY_WAIT = 30.0  # seconds more that a wait may take while the machine has work to do
BUSY = 0.8  # processors that are at work
LONGEST = 200  # characters of an answer: the names of services are shorter
RESEND = 0.7  # seconds until a datagram is sent again
PORTS_TRIED = 20  # beginning with the one that was drawn
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL)  # the last is a route that is a black hole
REJECTED = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)


def together(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Does the work for all at once, each in a thread of its own; the results in the same order."""
    done: dict[int, R] = {}
    failed: list[BaseException] = []

    def one(index: int, item: T) -> None:
        try:
            done[index] = work(item)
        except Exception as error:  # noqa: BLE001 - raised by the thread that waits for it
            failed.append(error)

    threads = []
    for each in enumerate(items):
        thread = Thread(target=one, args=each, daemon=True)
        try:
            thread.start()
            threads.append(thread)
        except RuntimeError:  # as many as the machine lets a service have: then one after the other
            one(*each)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [done[index] for index in range(len(items))]


def exchange(batch: list[Json]) -> list[Json]:
    """All at once, and what the machine's cards saw of them."""
    prepare(batch)
    watch = Watch(batch)
    with Listeners(batch) as listeners:
        results = together(lambda p: probe(p, listeners), batch)
        watch.judge(batch, results)
    return results


def probe(p: Json, listeners: Listeners) -> Json:
    started = time.monotonic()
    p["words"] = os.urandom(6).hex()  # of a datagram: it is known again where it arrives
    try:
        listeners.demand(p)
        verdict, answer, detail = _exchange(p)
    except Broken as error:
        verdict, answer, detail = "broken", "", str(error)
    except Absent as error:
        verdict, answer, detail = "absent", "", str(error)
    if p["words"] in listeners.heard and verdict != "open":
        verdict, detail = "open", "it arrived, and no answer came back"
    return {"verdict": verdict, "answer": answer, "detail": detail, "ms": round((time.monotonic() - started) * 1000)}


def _exchange(p: Json) -> Outcome:
    """With several addresses: open if one of them is; if all of the machine's are asked and all are to answer, if all are."""
    to = addresses(p)
    found = [_ask(p, to[0])] if len(to) == 1 else together(lambda address: _ask(p, address), to)
    all_of_them = p["to"] == EVERYWHERE and not p.get("closed", False)
    telling = next((i for i, one in enumerate(found) if (one[0] == "open") is not all_of_them), 0)
    verdict, answer, detail = found[telling]
    return verdict, answer, f"{detail}, at {to[telling]}" if p["to"] == EVERYWHERE else detail


class PortTaken(Exception):
    """Somebody else asks the same of the same port, from the same one."""


def _ask(p: Json, to: str) -> Outcome:
    for further in range(PORTS_TRIED):
        try:
            return _ask_from({**p, "sport": p["sport"] + further} if further else p, to)
        except PortTaken:
            continue
    raise Broken(f"all ports from {p['sport']} on are taken")


def _ask_from(p: Json, to: str) -> Outcome:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    proto = p["proto"]
    with open_socket(p["from"], family, KINDS[proto], OTHER if proto == "other" else 0) as s:
        s.setblocking(False)
        scope = ((p.get("sender") or {}).get("scope", 0),) if family == socket.AF_INET6 else ()
        target = (to, p["port"], 0, *scope) if scope else (to, p["port"])
        return (_tcp if proto == "tcp" else _datagrams)(s, target, p)


def connect(s: socket.socket, target: Target, p: Json) -> int:
    """errno, as connect_ex. senders: where somebody wants to know which address and port it was sent from, and where to."""
    sender = p.get("sender")
    if not sender and not p.get("sport") and "senders" not in p:
        return s.connect_ex(target)
    address = sender["address"] if sender else ""
    _bind(s, (address, p.get("sport", 0), *((0, sender.get("scope", 0)) if sender and s.family == socket.AF_INET6 else ())))
    code = s.connect_ex(target)
    if "senders" in p:
        p["senders"].append((*s.getsockname()[:2], target[0]))
    return code


def _bind(s: socket.socket, place: tuple[Any, ...]) -> None:
    """To a port that it keeps, also when it is refused at once; a drawn one may be taken: then to the next that is free."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for further in range(PORTS_TRIED):
        try:
            s.bind((place[0], place[1] + further, *place[2:]))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Broken(f"nothing can be sent from {place[0]} port {place[1]}: {error.strerror}") from None
        else:
            return
    raise Broken(f"all ports from {place[1]} on are taken")


def _tcp(s: socket.socket, target: Target, p: Json) -> Outcome:
    # An error that comes at once is our own missing route, not an answer of the network.
    code = connect(s, target, p)
    if code in NO_WAY and inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code == errno.EADDRNOTAVAIL and p.get("sport"):
        raise PortTaken
    if code in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    if code == errno.EINPROGRESS:
        try:
            patiently(s, POLLOUT, p["wait"])
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
    return _answer(s)


def patiently(s: socket.socket, event: int, seconds: float) -> None:
    """Waits so long for a socket, and on while the machine is at work: on a busy host its answers are late, and still
    answers. event: POLLIN or POLLOUT. Raises TimeoutError."""
    waiting = poll()
    waiting.register(s, event)
    half, deadline = seconds * 500, time.monotonic() + seconds + BUSY_WAIT
    if waiting.poll(half):
        return
    while True:
        before = ticks()
        if waiting.poll(half):
            return
        if at_work(before, ticks()) < BUSY or time.monotonic() > deadline:
            raise TimeoutError


def ticks() -> tuple[int, int]:
    """Of all processors since the start: with nothing to do, and altogether."""
    if os.path.exists("/run/systemd/container"):  # noqa: PTH110 - the host's processors, on which others are at work too
        return own_ticks()
    with open("/proc/stat") as stat:  # noqa: PTH123 - the prober imports as little as it can: it starts sooner
        times = [int(t) for t in stat.readline().split()[1:9]]
    return times[3] + times[4], sum(times)


def own_ticks() -> tuple[int, int]:
    """The same for a system container, in microseconds: what it had of the processors, or waited for."""
    group = "/sys/fs/cgroup/unified" if os.path.exists("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"  # noqa: PTH110
    with open(f"{group}/cpu.stat") as stat:  # noqa: PTH123
        busy = int(stat.readline().split()[1])
    try:
        with open(f"{group}/cpu.pressure") as pressure:  # noqa: PTH123
            busy += int(pressure.readline().rpartition("=")[2])
    except OSError:  # a kernel that keeps no such account
        pass
    all_ = int(time.monotonic() * 1e6) * (os.cpu_count() or 1)
    return all_ - busy, all_


def at_work(before: tuple[int, int], now: tuple[int, int]) -> float:
    """How many processors had something to do between two readings."""
    rest, all_ = (there - here for here, there in zip(before, now, strict=True))
    return (1 - rest / max(1, all_)) * (os.cpu_count() or 1)


def _answer(s: socket.socket) -> Outcome:
    """What the other side says, its last line: an accepted connection alone may be a proxy's. One that has begun has so long
    to say the rest, and longer only while the machine is at work."""
    said, late, before = b"", 0.0, (0, 0)
    try:
        s.sendall(REQUEST)
        while len(said) < 4096:
            patiently(s, POLLIN, ANSWER_WAIT)
            chunk = s.recv(4096)
            said += chunk
            if not chunk or said.startswith(b"SSH-") and b"\n" in said:
                break
            now = time.monotonic()
            if not late:
                late, before = now + ANSWER_WAIT, ticks()
            elif now > late + BUSY_WAIT or now > late and at_work(before, ticks()) < BUSY:
                break
    except OSError as error:
        if not said:
            return "open", "", f"accepted, and then said nothing ({type(error).__name__})"
    lines = said.decode(errors="replace").strip().splitlines()
    banner = [line for line in lines[:1] if line.startswith("SSH-")]
    return "open", (banner or lines[-1:] or [""])[0][:LONGEST], "answered"


def _datagrams(s: socket.socket, target: Target, p: Json) -> Outcome:
    code = connect(s, target, p)
    if code in NO_WAY and inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code:
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    for attempt in range(max(1, round(p["wait"] / RESEND))):
        try:
            s.sendall(_said(p, attempt))
            return "open", _answered(s, p["words"]), "answered"
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            return "refused", "", "port unreachable" if p["proto"] == "udp" else "protocol unreachable"
        except OSError as error:
            return "unreachable", "", str(error.strerror)
    return "filtered", "", "no answer"  # silence: not the same as closed


def _said(p: Json, attempt: int) -> bytes:
    """What a datagram says. A service is asked `?`, and if it must not answer, also something that no rule can know."""
    drawn = p.get("answers") or (attempt == 1 and p.get("closed"))
    return p["words"].encode() if drawn else b"?"


def _answered(s: socket.socket, words: str) -> str:
    """The answer to a datagram. What a raw socket hears of itself, on the machine's way to itself, is none."""
    while True:
        patiently(s, POLLIN, RESEND)
        answer = s.recv(4096)
        if s.type == socket.SOCK_RAW and s.family == socket.AF_INET:
            answer = answer[(answer[0] & 15) * 4 :]  # behind the header, which comes along
        if s.type != socket.SOCK_RAW or answer != words.encode():
            return answer.decode(errors="replace").removesuffix(words).strip()[:LONGEST]
