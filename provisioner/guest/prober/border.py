"""What the machine's own cards saw of probes from zones, and of probes to them. Runs as root in the machine.

Silence alone proves nothing: whoever is root here can stop a packet in its zone, or in the switch on its way. A packet
socket of a card sees what comes in before any rule of the machine, and what goes out after all of them.
"""

from __future__ import annotations

import array
import socket
import struct
import time

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any

Json = dict[str, "Any"]
Packet = tuple[int, bytes, int, bytes, int]  # protocol, whose address and port it comes from, whose it goes to
Sent = tuple[str, int, str]  # a probe's own address and port, and the address that it went to

SOL_PACKET, PACKET_STATISTICS, PACKET_HOST, PACKET_OUTGOING, ETH_P_ALL = 263, 6, 0, 4, 3
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33
ROOM = 8 << 20  # bytes of packets that are not read yet
LATE = 0.3  # seconds that a packet may come after its probe is over
BAD = ("lost", "answered", "unanswered", "unseen")
NEAR = 32  # a packet of a zone has made no hop: one with less left was meant to die in the machine
TCP, UDP, OTHER, SYN, ACK = 6, 17, 253, 2, 16
NUMBERS = {"tcp": TCP, "udp": UDP, "other": OTHER}
# Classic BPF, for packets of IPv4 and IPv6: all of UDP and of the other protocol, and what has TCP's SYN. Each: code, jumps
# if true and if not, value.
_FILTER = (
    (0x30, 0, 0, 0), (0x54, 0, 0, 0xF0), (0x15, 0, 7, 0x40),  # the version; 4:
    (0x30, 0, 0, 9), (0x15, 12, 0, UDP), (0x15, 11, 0, OTHER), (0x15, 0, 11, TCP), (0xB1, 0, 0, 0), (0x50, 0, 0, 13),
    (0x45, 7, 8, SYN),
    (0x15, 0, 7, 0x60), (0x30, 0, 0, 6), (0x15, 4, 0, UDP), (0x15, 3, 0, OTHER), (0x15, 0, 3, TCP), (0x30, 0, 0, 53),  # 6
    (0x45, 0, 1, SYN),
    (0x06, 0, 0, 128), (0x06, 0, 0, 0),  # the first bytes of it; nothing
)  # fmt: skip


class Tap:
    """The packets of one card, from now on."""

    def __init__(self, card: str) -> None:
        """Raises OSError."""
        self.index = socket.if_nametoindex(card)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # of no protocol until the filter stands
        program = array.array("B", b"".join(struct.pack("HBBI", *one) for one in _FILTER))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), program.buffer_info()[0]))
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        self._socket.bind((card, ETH_P_ALL))
        self._socket.setblocking(False)
        self.came: set[Packet] = set()
        self.went: set[Packet] = set()

    def read(self) -> int:
        """What has passed since the last time; how many packets there was no room for. Raises OSError."""
        while True:
            try:
                packet, where = self._socket.recvfrom(128)
            except BlockingIOError:
                break
            if (read := _read(packet)) and where[2] == PACKET_OUTGOING:
                self.went.add(read[0])
            elif read and where[2] == PACKET_HOST and read[1] >= NEAR:  # another's, by its Ethernet address, goes nowhere
                self.came.add(read[0])
        return int(struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])

    def forget(self) -> None:
        self.read()
        self.came.clear()
        self.went.clear()

    def close(self) -> None:
        self._socket.close()


def _read(packet: bytes) -> tuple[Packet, int] | None:
    """And the hops that it has left. An answer's protocol is negative: the other way round it is none."""
    if packet[0] >> 4 == 4:
        at, proto, left, source, target = (packet[0] & 15) * 4, packet[9], packet[8], packet[12:16], packet[16:20]
    else:
        at, proto, left, source, target = 40, packet[6], packet[7], packet[8:24], packet[24:40]
    if len(packet) < at + {TCP: 14, UDP: 8}.get(proto, 0):
        return None
    ports = struct.unpack("!HH", packet[at : at + 4]) if proto != OTHER else (0, 0)
    answer = proto == TCP and packet[at + 13] & ACK
    return (-proto if answer else proto, source, ports[0], target, ports[1]), left


_taps: dict[str, Tap] = {}  # they stay for the next batch: closing one takes the kernel tens of milliseconds


class Watch:
    """Of one batch of probes, from before they are sent."""

    def __init__(self, batch: list[Json]) -> None:
        self._why: dict[str, str] = {}  # cards that cannot be watched
        self._gone: set[str] = set()
        watched = [p for p in batch if p.get("border")]
        for p in watched:
            p.setdefault("senders", [])
        self._cards = {p["border"]["card"] for p in watched}
        for card in self._cards:
            self._try(card, self._open)

    def judge(self, batch: list[Json], results: list[Json]) -> None:
        """Notes in each result what the card saw of its probe: `lost` (it never came), `answered` (it came, and so went the
        answer), `unanswered` (it went, and no answer came), `unseen` (it could not be watched); empty where that is as it
        should be."""
        seen = self._judged(batch, results)
        if "lost" in seen or "unanswered" in seen:
            time.sleep(LATE)
            seen = self._judged(batch, results)
        for p, result, what in zip(batch, results, seen, strict=True):
            bad = {"open": ("lost",), "broken": (), "absent": ()}.get(result["verdict"], BAD)
            result["border"] = what if what in bad else ""
            if result["border"] == "unseen":
                result["detail"] += f"; its way could not be watched: {self._why[p['border']['card']]}"

    def _judged(self, batch: list[Json], results: list[Json]) -> list[str]:
        for card in self._cards - self._gone - self._why.keys():
            self._try(card, self._read)
        return [self._of(p, result["verdict"] == "open") for p, result in zip(batch, results, strict=True)]

    def _of(self, p: Json, open_: bool) -> str:
        if not p.get("border"):
            return ""
        card, sender = p["border"]["card"], p["border"]["sender"]
        if card in self._gone:
            return "lost" if sender else ""
        if card in self._why:
            return "unseen"
        return _in(_taps[card], p, open_) if sender else _out(_taps[card], p)

    def _try(self, card: str, work: Any) -> None:  # noqa: ANN401
        try:
            work(card)
        except OSError as error:
            if tap := _taps.pop(card, None):
                tap.close()
            try:
                socket.if_nametoindex(card)
            except OSError:
                self._gone.add(card)  # nothing comes in by a card that is not there
            else:
                self._why[card] = error.strerror or type(error).__name__

    def _open(self, card: str) -> None:
        tap = _taps.get(card)
        if tap and tap.index != socket.if_nametoindex(card):  # somebody has made it anew
            tap.close()
            tap = None
        tap = _taps[card] = tap or Tap(card)
        tap.forget()

    def _read(self, card: str) -> None:
        if _taps[card].read():
            self._why[card] = "too many packets at once"


def _in(tap: Tap, p: Json, open_: bool) -> str:
    """Of a probe that comes from a zone. With several targets each has to have come; of an open one, one."""
    routes = [_packet(p, p["border"]["sender"], port, to) for _, port, to in p["senders"]]
    if any(_back(way) in tap.went for way in routes):
        return "answered"
    came = [way in tap.came for way in routes]
    return "arrived" if any(came) and (open_ or all(came)) else "lost"


def _out(tap: Tap, p: Json) -> str:
    """Of a probe that goes to a zone, from an address that is perhaps another one by now. An answer that came back was ours
    to stop."""
    sent = {_packet(p, to, port, to)[2:] + (NUMBERS[p["proto"]],) for _, port, to in p["senders"]}
    routes = [way for way in tap.went if (*way[2:], way[0]) in sent]
    if not routes:
        return ""
    return "left" if any(_back(way) in tap.came for way in routes) else "unanswered"


def _packet(p: Json, source: str, port: int, to: str) -> Packet:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    here, there = (socket.inet_pton(family, address) for address in (source, to))
    if p["proto"] == "other":
        return OTHER, here, 0, there, 0
    return NUMBERS[p["proto"]], here, port, there, p["port"]


def _back(way: Packet) -> Packet:
    """The answer to it."""
    proto, here, port, there, its = way
    return -proto if proto == TCP else proto, there, its, here, port
