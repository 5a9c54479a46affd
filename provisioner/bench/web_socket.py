"""A WebSocket client of one socket and no thread: the threads of an ordinary client take longer than a key's echo."""

import socket
from collections.abc import Mapping
from types import TracebackType

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from provisioner.core.errors import HostError

_PIECE = 1 << 18  # bytes that are read at once


class WebSocket:
    """Use it as a context manager: it closes the connection. headers: besides those of the protocol. timeout: in seconds, for
    each read. Raises HostError where the server refuses or ends."""

    def __init__(self, address: str, headers: Mapping[str, str], timeout: float) -> None:
        uri = parse_uri(address)
        self._socket = socket.create_connection((uri.host, uri.port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = ClientProtocol(uri, max_size=None)
        request = self._protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        self._frames: list[Frame] = []
        while not any(isinstance(event, Response) for event in self._receive()):
            pass

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()

    def send(self, data: bytes | str) -> None:
        if isinstance(data, str):
            self._protocol.send_text(data.encode())
        else:
            self._protocol.send_binary(data)
        self._flush()

    def receive(self) -> bytes:
        """What the next message holds, text or not."""
        while not self._frames:
            self._receive()
        return bytes(self._frames.pop(0).data)

    def _receive(self) -> list[object]:
        try:
            data = self._socket.recv(_PIECE)
        except TimeoutError:
            data = b""
        if not data:
            raise HostError("the page's server does not answer")
        self._protocol.receive_data(data)
        events: list[object] = list(self._protocol.events_received())
        if self._protocol.handshake_exc:
            raise HostError(f"the page's server refuses a terminal: {self._protocol.handshake_exc}")
        self._flush()  # pongs
        self._frames += [e for e in events if isinstance(e, Frame) and e.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)]
        return events

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)
