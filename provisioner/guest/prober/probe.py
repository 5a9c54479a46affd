"""Sends probes and reads the answers. Runs as root in the machine.

The start is most of the cost of a probe on an emulated machine: it uses threads, because asyncio takes as long to import as
the rest; and imports nothing for the sake of types.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from contextlib import suppress
from select import POLLIN, POLLOUT
from threading import Thread

from provisioner.guest.prober.border import Watch
from provisioner.guest.prober.calls import (
    BURST,
    IPV6_DSTOPTS,
    PADDING,
    PortTaken,
    call_at_once,
    connect,
    forget_calls,
)
from provisioner.guest.prober.engine import Absent, Broken, Json
from provisioner.guest.prober.listeners import KINDS, Listeners
from provisioner.guest.prober.load import BUSY, BUSY_WAIT, count_busy, read_ticks, wait_ready
from provisioner.guest.prober.strangers import prepare
from provisioner.guest.prober.vantage import EVERYWHERE, is_inside, list_doors, open_socket, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    Target = tuple[Any, ...]  # an address and a port, perhaps with the card that a link-local address is of
    T = TypeVar("T")
    R = TypeVar("R")

Outcome = tuple[str, str, str]  # verdict, answer, detail

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
ANSWER_WAIT = 5.0  # seconds for an answer on an established connection
MAX_TEXT = 200  # characters of an answer: the names of services are shorter
ECHO = {4: (1, 8, 0), 6: (58, 128, 129)}  # by family: ICMP's number, and the types of an echo request and of its reply
RESEND = 0.7  # seconds until a datagram is sent again
MOST_EARLIER = 1000  # datagrams that a socket may have heard before it asks
DOORS_TRIED = 20  # of a machine at which nobody knows what listens
PORTS_TRIED = 20  # beginning with the one that was drawn
NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL)  # the last is a route that is a black hole
REJECTED = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)


def run_parallel(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Runs the work for all items, each in its own thread; returns the results in the same order. What finds no room for
    one more thread runs in this one: a machine limits how many there are."""
    results: dict[int, R] = {}
    errors: list[BaseException] = []

    def run(index: int, item: T) -> None:
        try:
            results[index] = work(item)
        except Exception as error:  # noqa: BLE001 - raised by the thread that waits for it
            errors.append(error)

    threads: list[Thread] = []
    for entry in enumerate(items):
        thread = Thread(target=run, args=entry, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            run(*entry)
        else:
            threads.append(thread)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(items))]


def exchange(batch: list[Json]) -> list[Json]:
    """Sends all probes at once, and adds what the machine's cards saw of them."""
    prepare(batch)
    forget_calls()
    watch = Watch(batch)
    with Listeners(batch) as listeners:
        results = run_parallel(lambda p: probe(p, listeners), batch)
        watch.judge(batch, results)
    return results


def probe(p: Json, listeners: Listeners) -> Json:
    started = time.monotonic()
    p["words"] = os.urandom(6).hex()  # of a datagram: it is known again where it arrives
    try:
        listeners.demand(p)
        verdict, answer, detail = _exchange(p)
        if p.get("burst") and verdict in ("filtered", "refused", "unreachable") and call_at_once(p, BURST):
            verdict, detail = "open", f"of {BURST} calls at once, some got through"
        if p.get("banned_answer") and verdict != "open":
            verdict, answer, detail = _look_elsewhere(p) or (verdict, answer, detail)
        if p.get("calls") and verdict == "open" and (count := call_at_once(p, p["calls"], p["wait"])) < p["calls"]:
            verdict, detail = "filtered", f"of {p['calls']} calls at once, {count} got through"
    except Broken as error:
        verdict, answer, detail = "broken", "", str(error)
    except Absent as error:
        verdict, answer, detail = "absent", "", str(error)
    if p["words"] in listeners.payloads and verdict != "open":
        verdict, detail = "open", "it arrived, and no answer came back"
    return {"verdict": verdict, "answer": answer, "detail": detail, "ms": round((time.monotonic() - started) * 1000)}


def _exchange(p: Json) -> Outcome:
    """With several addresses: open if one of them is; if all of the machine's are to answer, if all are."""
    targets = resolve(p)
    if len(targets) == 1:
        outcomes = [_ask(p, targets[0])]
    else:
        ports = _vary_ports(p.get("sport", 0), len(targets))
        outcomes = run_parallel(lambda pair: _ask({**p, "sport": pair[0]}, pair[1]), list(zip(ports, targets, strict=True)))
    require_all = p["to"] == EVERYWHERE and not p.get("closed", False)
    deciding = next((i for i, outcome in enumerate(outcomes) if (outcome[0] == "open") is not require_all), 0)
    verdict, answer, detail = outcomes[deciding]
    return verdict, answer, f"{detail}, at {targets[deciding]}" if p["to"] == EVERYWHERE else detail


def _look_elsewhere(p: Json) -> Outcome | None:
    """Whether the service answers at another port of the machine, which the lab does not know."""
    doors, address = list_doors(p["lab_ports"])[:DOORS_TRIED], resolve(p)[0]
    outcomes = run_parallel(lambda port: _ask({**p, "port": port, "sport": 0, "senders": []}, address), doors)
    for port, (verdict, answer, _) in zip(doors, outcomes, strict=True):
        if verdict == "open" and answer.startswith(p["banned_answer"]):
            return verdict, f"{answer}, at port {port}", "answered"
    return None


def _vary_ports(port: int, count: int) -> list[int]:
    """The port that was drawn, and for further addresses others: above those that a kernel takes by itself, low ones, and any.
    0 where any will do."""
    if not port:
        return [0] * count
    return [port, *([61_000 + port % 4_000, 1 + port % 1_000, 1_024 + port * 7 % 60_000] * count)][:count]


def _ask(p: Json, address: str) -> Outcome:
    """From the port that was drawn, or the next that is free."""
    for offset in range(PORTS_TRIED):
        try:
            return _ask_from(p, p.get("sport", 0) and p["sport"] + offset, address)
        except PortTaken:
            continue
    raise Broken(f"all ports from {p.get('sport', 0)} on are taken")


def _ask_from(p: Json, port: int, address: str) -> Outcome:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    proto = p["proto"]
    number = p["port"] if proto == "other" else ECHO[p["family"]][0] if proto == "icmp" else 0
    with open_socket(p["from"], family, KINDS[proto], number, p.get("user", 0)) as s:
        s.setblocking(False)
        address, _, card = address.partition("%")
        scope = (int(card or (p.get("sender") or {}).get("scope", 0)),) if family == socket.AF_INET6 else ()
        target = (address, p["port"], 0, *scope) if scope else (address, p["port"])
        return (_tcp if proto == "tcp" else _datagrams)(s, target, {**p, "sport": port})


def _tcp(s: socket.socket, target: Target, p: Json) -> Outcome:
    # An error that comes at once is our own missing route, not an answer of the network.
    code = connect(s, target, p)
    if code in NO_ROUTE and is_inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    if code == errno.EINPROGRESS:
        try:
            wait_ready(s, POLLOUT, p["wait"])
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
    if not _has_peer(s):
        raise PortTaken  # so that it is asked again, from the next port
    return _read_answer(s)


def _has_peer(s: socket.socket) -> bool:
    """Whether it is connected. After an ICMP error a kernel (Linux 6.18) has been seen to say that there was none."""
    try:
        s.getpeername()
    except OSError:
        return False
    return True


def _read_answer(s: socket.socket) -> Outcome:
    """Reads the last line of the answer: an accepted connection alone may be a proxy's. After its first byte an answer has
    ANSWER_WAIT to end, and longer only while the machine is busy."""
    reply, deadline, start_ticks = b"", 0.0, (0, 0)
    try:
        s.sendall(REQUEST)
        while len(reply) < 4096:
            wait_ready(s, POLLIN, ANSWER_WAIT)
            chunk = s.recv(4096)
            reply += chunk
            if not chunk or reply.startswith(b"SSH-") and b"\n" in reply:
                break
            current_time = time.monotonic()
            if not deadline:
                deadline, start_ticks = current_time + ANSWER_WAIT, read_ticks()
            elif (
                current_time > deadline + BUSY_WAIT or current_time > deadline and count_busy(start_ticks, read_ticks()) < BUSY
            ):
                break
    except OSError as error:
        if not reply:
            return "open", "", f"accepted, and then said nothing ({type(error).__name__})"
    lines = reply.decode(errors="replace").strip().splitlines()
    banner = [line for line in lines[:1] if line.startswith("SSH-")]
    return "open", (banner or lines[-1:] or [""])[0][:MAX_TEXT], "answered"


def _datagrams(s: socket.socket, target: Target, p: Json) -> Outcome:
    code = connect(s, target, p)
    if code in NO_ROUTE and is_inside(p):
        return "unreachable", "", "a black hole" if code == errno.EINVAL else os.strerror(code)
    if code:
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    _forget_earlier(s)
    for attempt in range(max(1, round(p["wait"] / RESEND))):
        try:
            if attempt == 1 and p["family"] == 6 and p.get("closed"):
                s.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, PADDING)
            s.sendall(_payload(p, attempt))
            return "open", _receive(s, p), "answered"
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            return "refused", "", "port unreachable" if p["proto"] == "udp" else "protocol unreachable"
        except OSError as error:
            return "unreachable", "", str(error.strerror)
    return "filtered", "", "no answer"  # silence: not the same as closed


def _forget_earlier(s: socket.socket) -> None:
    """Until a socket is connected, it takes what all send to its port or protocol. Nothing of that is an answer to us."""
    with suppress(BlockingIOError):
        for _ in range(MOST_EARLIER):
            s.recv(4096)


def _payload(p: Json, attempt: int) -> bytes:
    """What a datagram says. A service is asked `?`, and if it must not answer, also something that no rule can know."""
    if p["proto"] == "icmp":
        return _echo_request(p)
    is_random = p.get("answers") or (attempt == 1 and p.get("closed"))
    return p["words"].encode() if is_random else b"?"


def _echo_request(p: Json) -> bytes:
    """With our words in it. The kernel sums up ICMPv6 itself."""
    kind, words = ECHO[p["family"]][1], p["words"].encode()  # an even number of bytes
    message: bytes = struct.pack("!BBHHH", kind, 0, 0, int(p["words"][:4], 16), 1) + words
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total >> 16) + (total & 0xFFFF)
    checksum = struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)
    return message[:2] + checksum + message[4:]


def _receive(s: socket.socket, p: Json) -> str:
    """The answer to a datagram. A raw socket hears more: itself, on the machine's way to itself, and what others ask and are
    answered; so a listener repeats our words."""
    words = p["words"].encode()
    while True:
        wait_ready(s, POLLIN, RESEND)
        answer = s.recv(4096)
        if s.type == socket.SOCK_RAW and s.family == socket.AF_INET:
            answer = answer[(answer[0] & 15) * 4 :]  # behind the header, which comes along
        if p["proto"] == "icmp":
            if answer[:1] == bytes([ECHO[p["family"]][2]]) and answer[8:] == words:
                return ""
        elif s.type != socket.SOCK_RAW or (answer != words and answer.endswith(words)):
            return answer.removesuffix(words).decode(errors="replace").strip()[:MAX_TEXT]
