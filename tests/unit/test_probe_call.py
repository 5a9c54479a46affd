"""A call of which the kernel says that it succeeded, though nobody is at its other end."""

import socket

import pytest

from provisioner.guest.prober import probe

CALL = {"from": "machine", "proto": "tcp", "family": 4, "wait": 1.0, "port": 80}


def test_what_has_no_peer_was_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen with Linux 6.18 after an ICMP error: SO_ERROR is 0, and the socket is closed. It is asked again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        target, calls = server.getsockname(), []

        def forget(s: socket.socket, *_: object) -> int:
            calls.append(s)
            if len(calls) == 1:
                return 0  # as if it were connected
            s.setblocking(True)
            s.connect(target)
            server.accept()[0].sendall(b"answer\n")
            s.setblocking(False)
            return 0

        monkeypatch.setattr(probe, "connect", forget)
        assert probe._ask(CALL, "127.0.0.1") == ("open", "answer", "answered")
    assert len(calls) == 2
