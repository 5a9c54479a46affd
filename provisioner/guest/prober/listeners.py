"""What answers at ports that nobody has thought of, for the time of one batch. Runs as root in the machine.

A datagram that comes to one of them has got through, whether its answer does or not.
"""

from __future__ import annotations

import os
import socket
import struct
from select import POLLIN, poll
from threading import Thread

from provisioner.guest.prober.engine import Broken, Json
from provisioner.guest.prober.vantage import open_socket, share_port

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM, "other": socket.SOCK_RAW, "icmp": socket.SOCK_RAW}
IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50
CALLER_WAIT = 5.0  # seconds for what a caller says

Place = tuple[str, str, int]  # whose namespace, protocol, port (or the number of the other protocol)


class Listeners:
    """All that the probes of a batch ask for. A context: they are gone afterwards."""

    def __init__(self, batch: list[Json]) -> None:
        self.payloads: set[str] = set()  # what datagrams carried
        self._sockets: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._end, self._ended = os.pipe()
        self.broken: dict[Place, str] = {}
        for place, words in {self._place(p): p["answers"] for p in batch if p.get("answers")}.items():
            for family in (socket.AF_INET, socket.AF_INET6):
                try:
                    self._listen(place, family, words.encode())
                except (OSError, Broken) as error:
                    self.broken[place] = str(error)

    def __enter__(self) -> Listeners:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ended)  # which wakes those that wait
        for thread in self._threads:
            thread.join()
        for s in self._sockets:
            s.close()
        os.close(self._end)

    def demand(self, p: Json) -> None:
        """Raises Broken where nothing listens at the place of a probe that needs it."""
        if p.get("answers") and (why := self.broken.get(self._place(p))):
            raise Broken(f"nothing can listen at {p['listener']}:{p['port']}/{p['proto']}: {why}")

    @staticmethod
    def _place(p: Json) -> Place:
        return p["listener"], p["proto"], p["port"]

    def _listen(self, place: Place, family: socket.AddressFamily, words: bytes) -> None:
        """Raises OSError and Broken."""
        zone, proto, port = place
        s = open_socket(zone, family, KINDS[proto], port if proto == "other" else 0)
        self._sockets.append(s)
        six = family == socket.AF_INET6
        if six and proto != "other":
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if proto != "tcp":  # the answer comes from the address that was asked
            s.setsockopt(*((socket.IPPROTO_IPV6, IPV6_RECVPKTINFO) if six else (socket.IPPROTO_IP, IP_PKTINFO)), 1)
        share_port(s)
        s.bind(("", 0 if proto == "other" else port))
        s.setblocking(False)
        if proto == "tcp":
            s.listen(64)
        answer = self._accept if proto == "tcp" else self._datagram
        self._threads.append(Thread(target=self._serve, args=(s, answer, words), daemon=True))
        self._threads[-1].start()

    def _serve(self, s: socket.socket, answer: object, words: bytes) -> None:
        waiting = poll()
        waiting.register(s, POLLIN)
        waiting.register(self._end, POLLIN)
        while all(descriptor != self._end for descriptor, _ in waiting.poll()):
            try:
                answer(s, words)  # type: ignore[operator]
            except OSError:  # a caller who has gone, or an answer that is not let out
                continue

    @staticmethod
    def _accept(s: socket.socket, words: bytes) -> None:
        caller, _ = s.accept()
        with caller:
            caller.settimeout(CALLER_WAIT)
            caller.recv(4096)
            caller.sendall(words)

    def _datagram(self, s: socket.socket, words: bytes) -> None:
        payload, ancillary, _, caller = s.recvmsg(4096, 256)
        if s.type == socket.SOCK_RAW and s.family == socket.AF_INET:
            payload = payload[(payload[0] & 15) * 4 :]
        if payload.startswith(words):
            return  # an answer of ours, on the machine's own way to itself
        self.payloads.add(payload.decode(errors="replace"))
        s.sendmsg([words + b" " + payload], [_from(message) for message in ancillary], 0, caller)


def _from(ancillary: tuple[int, int, bytes]) -> tuple[int, int, bytes]:
    """The address that a datagram was sent to, as the one that its answer comes from."""
    level, kind, data = ancillary
    if level == socket.IPPROTO_IP:
        _, local, _ = struct.unpack("=I4s4s", data[:12])
        return level, kind, struct.pack("=I4s4s", 0, local, bytes(4))
    card = data[16:20] if data.startswith(b"\xfe\x80") else bytes(4)  # whose the address is, if there may be others like it
    return level, IPV6_PKTINFO, data[:16] + card
