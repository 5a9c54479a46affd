"""How probes call: from the address and the port that were drawn, and many at once. Runs as root in the machine."""

from __future__ import annotations

import errno
import select
import socket
import time
from select import POLLERR, POLLHUP, POLLOUT
from threading import Lock

from provisioner.guest.prober.engine import Broken, Json
from provisioner.guest.prober.vantage import open_socket, resolve, share_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Target = tuple[Any, ...]  # an address and a port, perhaps with the card that a link-local address is of

BURST, BURST_WAIT = 64, 1.0  # calls at once, and seconds for one of them to get through: what is slowed down is not closed
IPV6_DSTOPTS, PADDING = 59, bytes((0, 0, 1, 4, 0, 0, 0, 0))  # a header before UDP's, which says nothing

_routes: set[Target] = set()  # of a batch: a sender's address and port, and where it sends to
_routes_lock = Lock()


def forget_calls() -> None:
    """Before each batch."""
    _routes.clear()


class PortTaken(Exception):
    """The same goes from the same port to the same place already, or did a moment ago."""


def connect(s: socket.socket, target: Target, p: Json) -> int:
    """Returns errno, as connect_ex. Adds the addresses and the port to `senders` where a request has that. Raises PortTaken."""
    sender = p.get("sender")
    if not sender and not p.get("sport") and "senders" not in p:
        return s.connect_ex(target)
    scope = (0, sender.get("scope", 0)) if sender and s.family == socket.AF_INET6 else ()
    _bind(s, (sender["address"] if sender else "", p.get("sport", 0), *scope), target)
    code = s.connect_ex(target)
    if code == errno.EADDRNOTAVAIL and p.get("sport"):
        raise PortTaken
    if "senders" in p:
        p["senders"].append((*s.getsockname()[:2], target[0]))
    return code


def _bind(s: socket.socket, place: tuple[Any, ...], target: Target) -> None:
    """To a port that it keeps, also when it is refused at once. Raises PortTaken and Broken."""
    route = (s.type, *place[:2], *target)
    if place[1]:
        with _routes_lock:
            if route in _routes:
                raise PortTaken
            _routes.add(route)
    share_port(s)
    try:
        s.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken from None
        raise Broken(f"nothing can be sent from {place[0]} port {place[1]}: {error.strerror}") from None


def call_at_once(p: Json, calls: int, patience: float = BURST_WAIT) -> int:
    """How many of so many calls get through."""
    family, target = (socket.AF_INET6 if p["family"] == 6 else socket.AF_INET), (resolve(p)[0], p["port"])
    sockets, poll, count = [], select.poll(), 0
    try:
        for number in range(calls):
            s = open_socket(p["from"], family, socket.SOCK_STREAM, user=p.get("user", 0))
            sockets.append(s)
            s.setblocking(False)
            if p.get("burst") and p["family"] == 6 and number % 2:  # a header before TCP's: it is TCP all the same
                s.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, PADDING)
            connect(s, target, {"sender": p.get("sender")})
            poll.register(s, POLLOUT)
        waiting, deadline = calls, time.monotonic() + patience
        while waiting and (remaining := deadline - time.monotonic()) > 0:
            for descriptor, event in poll.poll(remaining * 1000):
                poll.unregister(descriptor)
                waiting -= 1
                count += bool(event & POLLOUT and not event & (POLLERR | POLLHUP))
    finally:
        for s in sockets:
            s.close()
    return count
