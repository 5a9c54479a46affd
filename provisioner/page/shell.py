"""A shell in a machine, over SSH, that sends no more than is read.

asyncssh's own streams open the whole window again while data that nobody has read is still waiting (they pause in the middle of
delivering it): a program that writes quickly without end would fill the memory. Here reading is paused between deliveries only.
"""

import asyncio
from collections import deque

import asyncssh

WINDOW = 256 << 10  # bytes that may be waiting, and as many on their way


class Shell(asyncssh.SSHClientSession[bytes]):
    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._has_news = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_over = self._is_paused = False

    # --- what asyncssh calls

    def connection_made(self, chan: "asyncssh.SSHClientChannel[bytes]") -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._chunks.append(data)
        self._size += len(data)
        self._has_news.set()
        if self._size > WINDOW:
            asyncio.get_running_loop().call_soon(self._pause)  # not while it delivers

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _pause(self) -> None:
        if self._size > WINDOW and not self._is_paused:
            self._is_paused = True
            self._channel.pause_reading()

    def _end(self) -> None:
        self._is_over = True
        self._has_news.set()
        self._may_write.set()

    # --- what the terminal calls

    async def read(self) -> bytes:
        """The next piece of what it says; empty at its end."""
        while not self._chunks:
            if self._is_over:
                return b""
            if self._is_paused:
                self._is_paused = False
                self._channel.resume_reading()
                continue
            self._has_news.clear()
            await self._has_news.wait()
        data = self._chunks.popleft()
        self._size -= len(data)
        return data

    async def write(self, data: bytes) -> None:
        """Waits while the machine takes nothing. Raises OSError where there is no connection any more."""
        await self._may_write.wait()
        if self._is_over:
            raise BrokenPipeError
        self._channel.write(data)

    def resize(self, columns: int, rows: int) -> None:
        self._channel.change_terminal_size(columns, rows)

    def close(self) -> None:
        self._channel.close()
