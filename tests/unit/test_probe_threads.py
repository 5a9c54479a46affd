"""A machine that lets a service have few threads answers all probes of a batch all the same."""

import os
import socket
from threading import Thread

import pytest

from provisioner.guest.prober import probe

ALLOWED = 3


def test_what_gets_no_thread_is_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0

    class Scarce(Thread):
        def start(self) -> None:
            nonlocal started
            started += 1
            if started > ALLOWED:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(probe, "Thread", Scarce)
    assert probe.run_parallel(lambda number: number * 2, range(8)) == [number * 2 for number in range(8)]


def test_what_was_sent_to_its_port_before_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a socket is connected, it takes datagrams of all, and of whom it will ask."""
    kind = (socket.AF_INET, socket.SOCK_DGRAM)
    with socket.socket(*kind) as client, socket.socket(*kind) as server, socket.socket(*kind) as stranger:
        client.setblocking(False)
        server.bind(("127.0.0.1", 0))

        def connect(s: socket.socket, target: tuple[str, int], _: object) -> int:
            s.bind(("127.0.0.1", 0))
            for sender in (stranger, server):
                sender.sendto(b"a question", s.getsockname())
            return s.connect_ex(target)

        def answer(_: socket.socket, p: dict[str, object]) -> str:
            server.sendto(b"the answer", client.getsockname())
            return receive(client, p)

        receive = probe._receive
        monkeypatch.setattr(probe, "connect", connect)
        monkeypatch.setattr(probe, "_receive", answer)
        call = {"proto": "udp", "family": 4, "wait": 0.1, "words": "ours"}
        assert probe._datagrams(client, server.getsockname(), call) == ("open", "the answer", "answered")


@pytest.mark.skipif(os.geteuid() != 0, reason="root reads everything, and only root has raw sockets")
@pytest.mark.parametrize(("family", "address"), [(4, "127.0.0.1"), (6, "::1")])
def test_a_raw_socket_has_no_peer(family: int, address: str) -> None:
    ping = {"from": "machine", "port": 0, "family": family, "proto": "icmp", "wait": 5.0, "words": "0123456789ab"}
    assert probe._ask_from(ping, 0, address) == ("open", "", "answered")


def test_a_raw_socket_hears_what_others_ask() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setblocking(False)

        class Raw:
            """As the kernel gives it to a raw socket, over IPv6: without a header."""

            type, family = socket.SOCK_RAW, socket.AF_INET6
            fileno, recv = ours.fileno, ours.recv

        for text in (b"ours", b"a question", b"any 1 theirs", b"any 1 ours"):
            theirs.send(text)
        assert probe._receive(Raw(), {"proto": "other", "family": 6, "words": "ours"}) == "any 1"  # type: ignore[arg-type]
