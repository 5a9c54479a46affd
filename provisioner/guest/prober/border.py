"""Watches the machine's cards for the packets of probes from and to zones. Runs as root in the machine.

Silence alone proves nothing: root can drop a packet in its zone, or in the switch. A packet socket of a card sees what comes
in before any rule of the machine, and what goes out after all of them.
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
Sender = tuple[str, int, str]  # a probe's own address and port, and the address that it went to

SOL_PACKET, PACKET_STATISTICS, PACKET_HOST, PACKET_OUTGOING, ETH_P_ALL = 263, 6, 0, 4, 3
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33
BUFFER_BYTES = 8 << 20  # bytes of packets that are not read yet
GRACE = 0.3  # seconds that a packet may come after its probe is over
FAULTS = ("lost", "answered", "unanswered", "unseen")
MIN_HOPS = 32  # a packet of a zone has made no hop: one with less left was meant to die in the machine
TCP, UDP, OTHER, SYN, ACK = 6, 17, 147, 2, 16  # OTHER: and all above it (checks/draw.py)
NUMBERS = {"tcp": TCP, "udp": UDP}
# Classic BPF, for packets of IPv4 and IPv6: all of UDP and of other protocols, and what has TCP's SYN. Each: code, jumps
# if true and if not, value.
_FILTER = (
    (0x30, 0, 0, 0), (0x54, 0, 0, 0xF0), (0x15, 0, 7, 0x40),  # the version; 4:
    (0x30, 0, 0, 9), (0x15, 12, 0, UDP), (0x35, 11, 0, OTHER), (0x15, 0, 11, TCP), (0xB1, 0, 0, 0), (0x50, 0, 0, 13),
    (0x45, 7, 8, SYN),
    (0x15, 0, 7, 0x60), (0x30, 0, 0, 6), (0x15, 4, 0, UDP), (0x35, 3, 0, OTHER), (0x15, 0, 3, TCP), (0x30, 0, 0, 53),  # 6
    (0x45, 0, 1, SYN),
    (0x06, 0, 0, 128), (0x06, 0, 0, 0),  # the first bytes of it; nothing
)  # fmt: skip


class Tap:
    """Records the packets of one card."""

    def __init__(self, card: str) -> None:
        """Raises OSError."""
        self.index = socket.if_nametoindex(card)
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, 0
        )  # protocol 0: nothing is received before the filter is set
        program = array.array("B", b"".join(struct.pack("HBBI", *instruction) for instruction in _FILTER))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), program.buffer_info()[0]))
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._socket.bind((card, ETH_P_ALL))
        self._socket.setblocking(False)
        self.incoming: set[Packet] = set()
        self.outgoing: set[Packet] = set()

    def read(self) -> int:
        """Reads the packets since the last call; returns how many were dropped for lack of buffer space. Raises OSError."""
        while True:
            try:
                packet, address = self._socket.recvfrom(128)
            except BlockingIOError:
                break
            if (parsed := _read(packet)) and address[2] == PACKET_OUTGOING:
                self.outgoing.add(parsed[0])
            elif parsed and address[2] == PACKET_HOST and parsed[1] >= MIN_HOPS:  # not for another Ethernet address
                self.incoming.add(parsed[0])
        return int(struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1])

    def forget(self) -> None:
        self.read()
        self.incoming.clear()
        self.outgoing.clear()

    def close(self) -> None:
        self._socket.close()


def _read(packet: bytes) -> tuple[Packet, int] | None:
    """The packet and its remaining hops. The protocol of an answer is negative."""
    if packet[0] >> 4 == 4:
        offset, proto, hops, source, target = (packet[0] & 15) * 4, packet[9], packet[8], packet[12:16], packet[16:20]
    else:
        offset, proto, hops, source, target = 40, packet[6], packet[7], packet[8:24], packet[24:40]
    if len(packet) < offset + {TCP: 14, UDP: 8}.get(proto, 0):
        return None
    ports = struct.unpack("!HH", packet[offset : offset + 4]) if proto < OTHER else (0, 0)
    is_answer = proto == TCP and packet[offset + 13] & ACK
    return (-proto if is_answer else proto, source, ports[0], target, ports[1]), hops


_taps: dict[str, Tap] = {}  # kept for the next batch: closing one takes tens of milliseconds


class Watch:
    """Watches the cards during one batch of probes. Created before they are sent."""

    def __init__(self, batch: list[Json]) -> None:
        self._errors: dict[str, str] = {}  # cards that cannot be watched
        self._missing_cards: set[str] = set()
        probes = [p for p in batch if p.get("border")]
        for p in probes:
            p.setdefault("senders", [])
        self._cards = {p["border"]["card"] for p in probes}
        for card in self._cards:
            self._try(card, self._open)

    def judge(self, batch: list[Json], results: list[Json]) -> None:
        """Notes in each result what the card saw of its probe: `lost` (it never came), `answered` (it came, and so went the
        answer), `unanswered` (it went, and no answer came), `unseen` (it could not be watched); empty where that is as it
        should be."""
        states = self._classify_batch(batch, results)
        if "lost" in states or "unanswered" in states:
            time.sleep(GRACE)
            states = self._classify_batch(batch, results)
        for p, result, state in zip(batch, results, states, strict=True):
            faults = {"open": ("lost",), "broken": (), "absent": ()}.get(result["verdict"], FAULTS)
            result["border"] = state if state in faults else ""
            if result["border"] == "unseen":
                result["detail"] += f"; its way could not be watched: {self._errors[p['border']['card']]}"

    def _classify_batch(self, batch: list[Json], results: list[Json]) -> list[str]:
        for card in self._cards - self._missing_cards - self._errors.keys():
            self._try(card, self._read)
        return [self._classify(p, result["verdict"] == "open") for p, result in zip(batch, results, strict=True)]

    def _classify(self, p: Json, is_open: bool) -> str:
        if not p.get("border"):
            return ""
        card, sender = p["border"]["card"], p["border"]["sender"]
        if card in self._missing_cards:
            return "lost" if sender else ""
        if card in self._errors:
            return "unseen"
        return _classify_incoming(_taps[card], p, is_open) if sender else _classify_outgoing(_taps[card], p)

    def _try(self, card: str, work: Any) -> None:  # noqa: ANN401
        try:
            work(card)
        except OSError as error:
            if tap := _taps.pop(card, None):
                tap.close()
            try:
                socket.if_nametoindex(card)
            except OSError:
                self._missing_cards.add(card)  # nothing comes in by a card that is not there
            else:
                self._errors[card] = error.strerror or type(error).__name__

    def _open(self, card: str) -> None:
        tap = _taps.get(card)
        if tap and tap.index != socket.if_nametoindex(card):  # the card was created again
            tap.close()
            tap = None
        tap = _taps[card] = tap or Tap(card)
        tap.forget()

    def _read(self, card: str) -> None:
        if _taps[card].read():
            self._errors[card] = "too many packets at once"


def _classify_incoming(tap: Tap, p: Json, is_open: bool) -> str:
    """A probe from a zone. With several targets all must have arrived; if it is open, one of them."""
    packets = [_make_packet(p, p["border"]["sender"], port, target) for _, port, target in p["senders"]]
    if any(_reverse(packet) in tap.outgoing for packet in packets):
        return "answered"
    arrivals = [packet in tap.incoming for packet in packets]
    return "arrived" if any(arrivals) and (is_open or all(arrivals)) else "lost"


def _classify_outgoing(tap: Tap, p: Json) -> str:
    """A probe to a zone, whose source address may have been rewritten. If an answer came back, the machine dropped it."""
    made_packets = [_make_packet(p, target, port, target) for _, port, target in p["senders"]]
    sent_packets = {(*packet[2:], packet[0]) for packet in made_packets}
    packets = [packet for packet in tap.outgoing if (*packet[2:], packet[0]) in sent_packets]
    if not packets:
        return ""
    return "left" if any(_reverse(packet) in tap.incoming for packet in packets) else "unanswered"


def _make_packet(p: Json, source: str, port: int, target: str) -> Packet:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    source_address, target_address = (socket.inet_pton(family, address) for address in (source, target))
    if p["proto"] == "other":
        return p["port"], source_address, 0, target_address, 0
    return NUMBERS[p["proto"]], source_address, port, target_address, p["port"]


def _reverse(packet: Packet) -> Packet:
    """The answer to a packet."""
    proto, source, port, target, target_port = packet
    return -proto if proto == TCP else proto, target, target_port, source, port
