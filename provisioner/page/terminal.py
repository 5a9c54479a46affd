"""Terminals of the page: a shell in the machine, or as seen from a zone, over SSH."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import asyncssh
from starlette.websockets import WebSocket, WebSocketDisconnect

from provisioner.content.lab import Lab
from provisioner.core.errors import LabError
from provisioner.page.shell import WINDOW, Shell
from provisioner.seats.seat import Seat

PATIENCE = 30.0  # seconds until the machine answers
_MOST_PASTED = 500  # messages of a browser that the machine has not taken yet
_MOST_COLUMNS = 1000
_KEEP_ALIVE = 20.0  # seconds
_REDRAW = 0.2  # seconds between two sizes: a program that sees both at once draws nothing
MACHINE, ZONE = "machine", "zone:"


class Observer(Protocol):
    """Somebody else who sees a terminal."""

    def show(self, data: bytes) -> None: ...
    def note_key(self) -> None: ...
    def resize(self, columns: int, rows: int) -> None: ...
    def close(self) -> None: ...


class Controls(Protocol):
    """What an observer may do with a terminal."""

    def enter(self, keys: bytes) -> bool: ...
    def redraw(self) -> None: ...


Observe = Callable[[Controls], Observer]


async def serve(
    socket: WebSocket, lab: Lab, seat: Seat, note_key: Callable[[], None], observe: Observe | None = None
) -> None:  # fmt: skip
    """One terminal, until the browser closes it or its shell ends, for which it is told why."""
    await socket.accept()
    place = socket.query_params.get("place", MACHINE)
    zones = [name for net in lab.manifest.networks.values() for name in net.zones]
    if place != MACHINE and place.removeprefix(ZONE) not in zones:
        await _end(socket, "there is no such place")
        return
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await _connect(seat, is_root=place != MACHINE)
    except (OSError, asyncssh.Error, LabError, ValueError, TimeoutError) as error:
        await _end(socket, f"the machine does not answer: {error or 'it takes too long'}")
        return
    async with connection:
        size = _size(socket.query_params.get("columns"), socket.query_params.get("rows"))
        command = _enter(place.removeprefix(ZONE)) if place != MACHINE else None
        try:
            _, session = await connection.create_session(
                Shell, command, term_type="xterm-256color", term_size=size, encoding=None, window=WINDOW
            )
        except (OSError, asyncssh.Error) as error:
            await _end(socket, f"the machine gives no shell: {error}")
            return
        assert isinstance(session, Shell)
        await _Terminal(socket, session, size, note_key).run(observe)


async def _connect(seat: Seat, *, is_root: bool) -> asyncssh.SSHClientConnection:
    """As the seat's ssh_config says. Raises OSError, ValueError and what asyncssh raises."""
    record = await asyncio.to_thread(seat.read)
    if record is None:
        raise ValueError("it is not up")
    kind, key, *_ = seat.host_key.with_suffix(".pub").read_text().split()
    return await asyncssh.connect(
        record.address, record.port, username="root" if is_root else "learner", client_keys=[str(seat.key)], config=None,
        known_hosts=asyncssh.import_known_hosts(f"* {kind} {key}\n"), agent_path=None, keepalive_interval=_KEEP_ALIVE,
        x509_trusted_certs=None,
    )  # fmt: skip


def _enter(zone: str) -> str:
    """A learner's shell with the cards of a zone, whose name its prompt says. zone: a name of the manifest."""
    return f"exec ip netns exec {zone} su --login learner --command 'exec env debian_chroot={zone} bash -i'"


def _size(columns: object, rows: object) -> tuple[int, int]:
    try:
        wide, high = int(str(columns)), int(str(rows))
    except ValueError:
        return 80, 24
    return min(max(wide, 2), _MOST_COLUMNS), min(max(high, 2), _MOST_COLUMNS)


async def _end(socket: WebSocket, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps({"ended": reason}))
        await socket.close()


class _Terminal:
    """Copies both ways. What the browser has not drawn is limited: a program that writes without end waits."""

    def __init__(self, socket: WebSocket, shell: Shell, size: tuple[int, int], note_key: Callable[[], None]) -> None:
        self._socket = socket
        self._shell = shell
        self._size = size
        self._note_key = note_key
        self._observer: Observer | None = None
        self._redrawing: asyncio.Task[None] | None = None
        self._undrawn = 0
        self._room = asyncio.Event()
        self._room.set()
        self._typed: asyncio.Queue[bytes] = asyncio.Queue(_MOST_PASTED)
        self._reason = "the shell has ended"

    async def run(self, observe: Observe | None) -> None:
        if observe:
            self._observer = observe(self)
            self._observer.resize(*self._size)
        try:
            await self._copy()
        finally:
            if self._observer:
                self._observer.close()

    async def _copy(self) -> None:
        tasks = [asyncio.create_task(work) for work in (self._write(), self._read(), self._type())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:  # also where the server ends
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._shell.close()
        await _end(self._socket, self._reason)

    def enter(self, keys: bytes) -> bool:
        """Of the observer. Whether there is room for them: what is too much of the observer's does not end the terminal."""
        if self._typed.full():
            return False
        self._note_key()
        self._typed.put_nowait(keys)
        return True

    def redraw(self) -> None:
        """Has programs draw their screen, for somebody who has not seen it: for a moment the terminal is one row smaller.
        Nothing is typed."""
        self._redrawing = asyncio.create_task(self._change_size())

    async def _change_size(self) -> None:
        with suppress(asyncssh.Error, OSError):
            columns, rows = self._size
            self._shell.resize(columns, max(1, rows - 1))
            await asyncio.sleep(_REDRAW)
            self._shell.resize(*self._size)

    async def _write(self) -> None:
        """What the shell says, to the browser."""
        with suppress(RuntimeError, WebSocketDisconnect, asyncssh.Error, OSError):
            while data := await self._shell.read():
                await self._room.wait()
                self._undrawn += len(data)
                if self._undrawn > WINDOW:
                    self._room.clear()
                await self._socket.send_bytes(data)
                if self._observer:
                    self._observer.show(data)

    async def _read(self) -> None:
        """What is typed, and what the browser says of itself. It never waits for the machine, which may wait for it: what is
        drawn is told behind what is pasted."""
        with suppress(RuntimeError, WebSocketDisconnect, asyncssh.Error, OSError, ValueError):
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                if data := message.get("bytes"):
                    self._note_key()
                    if self._observer:
                        self._observer.note_key()
                    if self._typed.full():
                        self._reason = "more was pasted than the machine takes"
                        return
                    self._typed.put_nowait(data)
                elif words := message.get("text"):
                    self._take(json.loads(words))

    async def _type(self) -> None:
        with suppress(asyncssh.Error, OSError):
            while True:
                await self._shell.write(await self._typed.get())

    def _take(self, message: object) -> None:
        match message:
            case {"resize": [columns, rows]}:
                self._size = _size(columns, rows)
                self._shell.resize(*self._size)
                if self._observer:
                    self._observer.resize(*self._size)
            case {"ack": int(number)} if number > 0:
                self._undrawn = max(0, self._undrawn - number)
                if self._undrawn <= WINDOW:
                    self._room.set()
