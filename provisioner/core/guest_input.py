"""Reads what a guest says, with a deadline, a size and a type.

A learner is root in the machine, so that every line from it may be endless, late, or anything but an answer. All that is not
a good answer is a MachineError, in bounded time and memory. Deadlines are points of time.monotonic().
"""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import IO, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from provisioner.core import text
from provisioner.core.errors import MachineError

T = TypeVar("T")
N = TypeVar("N", int, float)
DEPTH = 20  # of JSON in JSON
LARGEST = 2**53  # a number; whole ones beyond it are not the same in every JSON reader
EVIDENCE_LENGTH = 200  # characters of a bad answer that are shown


class TooLate(MachineError):
    """No answer within its time."""


class TooMuch(MachineError):
    """More than an answer may be."""


class BadAnswer(MachineError):
    """Something else than what was asked for."""


class Lines:
    """Bytes that come in pieces, as lines of at most so many bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._partial_line = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that the piece completes. Raises TooMuch."""
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = bytes(self._partial_line) + lines[0]
            self._partial_line.clear()
        self._partial_line += rest
        if len(self._partial_line) > self._most or any(len(line) > self._most for line in lines):
            raise too_much("a line of the guest's", self._most)
        return lines


class Pipe:
    """A pipe that a thread reads, at most so many bytes ahead: waiting for it can be interrupted, and ends in time.

    changed: shared by pipes that are waited for together.
    """

    def __init__(self, source: IO[bytes], most: int, changed: threading.Condition | None = None) -> None:
        self.most = most
        self.is_closed = False  # its writers have closed it
        self.changed = changed or threading.Condition()
        self._source, self._buffer, self._given_up = source, bytearray(), False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with self._source:
            while not self.is_closed:
                try:
                    piece = os.read(self._source.fileno(), 1 << 16)
                except OSError:
                    piece = b""
                with self.changed:
                    self._buffer += piece
                    self.is_closed = not piece
                    self.changed.notify_all()
                    self.changed.wait_for(lambda: not self.full or self._given_up)
                    if self._given_up:
                        return

    def close(self) -> None:
        """Reads no further. A thread that waits for bytes goes on waiting until there are some, or nobody can write any."""
        with self.changed:
            self._given_up = True
            self.changed.notify_all()

    @property
    def full(self) -> bool:
        return len(self._buffer) > self.most

    @property
    def is_settled(self) -> bool:
        return self.is_closed or self.full

    def take(self) -> bytes:
        """All that has come."""
        with self.changed:
            content = bytes(self._buffer)
            self._buffer.clear()
            self.changed.notify_all()
        return content

    def line(self, deadline: float) -> bytes | None:
        """The next line, without its end; None where no whole one will come. Raises TooLate, TooMuch."""
        with self.changed:
            wait(self.changed, lambda: b"\n" in self._buffer or self.is_settled, deadline)
            end = self._buffer.find(b"\n")
            if end < 0 and self.full:
                raise too_much("a line of the guest's", self.most)
            if end < 0 and self.is_closed:
                return None
            if end < 0:
                raise TooLate("the guest did not answer in time", evidence=format_evidence(bytes(self._buffer)))
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self.changed.notify_all()
        return line


def wait(changed: threading.Condition, done: Callable[[], bool], deadline: float) -> bool:
    """Whether it was done in time. In slices: where signals do not wake a waiting thread, they are taken between two."""
    while not done():
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return False
        changed.wait(min(seconds, 0.5))
    return True


def write(target: IO[bytes], content: bytes, deadline: float) -> None:
    """Writes to a program that may not read. Raises TooLate; one that has ended is noticed where it is read from."""

    def work() -> None:
        try:
            target.write(content)
            target.flush()
        except (OSError, ValueError):
            pass

    writer = threading.Thread(target=work, daemon=True)
    writer.start()
    writer.join(max(0.0, deadline - time.monotonic()))
    if writer.is_alive():
        raise TooLate("the guest did not read what it was asked in time")


def too_much(what: str, most: int) -> TooMuch:
    return TooMuch(f"{what} is longer than {_size(most)}", hint="lab reset replaces the machine by a fresh one")


def _size(most: int) -> str:
    return f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"


def format_evidence(content: bytes) -> str:
    return content[:EVIDENCE_LENGTH].decode(errors="replace") + ("…" if len(content) > EVIDENCE_LENGTH else "")


def decode(content: bytes, kind: type[T]) -> T:
    """JSON as a value of that type (see fit). Raises BadAnswer."""
    try:
        return cast(T, _typed(json.loads(content, parse_constant=_refuse), kind))
    except (ValueError, RecursionError) as error:  # bytes that are no text and numbers too long among them
        raise _bad(error, format_evidence(content)) from None


def fit(value: object, kind: type[T]) -> T:
    """JSON, decoded, as that type: a dataclass, tuple[X, ...], dict[str, X], X | None, Literal, str, int, float, bool, or
    object for any JSON. A dataclass has the fields without a default, and none that it does not know. Raises BadAnswer."""
    try:
        return cast(T, _typed(value, kind))
    except (ValueError, RecursionError) as error:
        raise _bad(error, format_evidence(json.dumps(value, default=str).encode())) from None


def _bad(error: Exception, content: str) -> BadAnswer:
    why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return BadAnswer(
        "the guest's answer has an unexpected format", evidence=f"{text.line(why, EVIDENCE_LENGTH)}\n{text.line(content)}"
    )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _typed(value: object, kind: Any, at: str = "answer") -> Any:  # noqa: ANN401 - a type, and a value of it
    """Raises ValueError, which says where it is another."""
    origin, of = get_origin(kind), get_args(kind)
    if kind is object:
        _bounded(value, DEPTH)
        return value
    if is_dataclass(kind):
        return _record(value, cast(type, kind), at)
    if origin is tuple:
        return tuple(_typed(item, of[0], f"{at}[{n}]") for n, item in enumerate(_is(value, list, at)))
    if origin is dict:
        return {name: _typed(item, of[1], f"{at}.{name}") for name, item in _is(value, dict, at).items()}
    if origin in (Union, UnionType):
        return None if value is None else _typed(value, next(option for option in of if option is not NoneType), at)
    if origin is Literal:
        if value not in of or isinstance(value, bool):
            raise ValueError(f"{at} is not one of {', '.join(map(str, of))}")
        return value
    return _plain(value, kind, at)


def _is(value: object, kind: type[T], at: str) -> T:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{at} is not of the type {kind.__name__}")
    return value


def _record(value: object, kind: type, at: str) -> object:
    hints = _hints(kind)
    values = _is(value, dict, at)
    if not _required(kind) <= values.keys() <= hints.keys():
        raise ValueError(f"{at} does not have the fields {', '.join(hints)}")
    return kind(**{name: _typed(value, hints[name], f"{at}.{name}") for name, value in values.items()})


@cache
def _required(kind: type) -> frozenset[str]:
    return frozenset(f.name for f in fields(cast(Any, kind)) if f.default is MISSING and f.default_factory is MISSING)


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(cast(Any, kind))}


def _plain(value: object, kind: type, at: str) -> object:
    if kind is float:
        return float(_number(_is(value, int, at) if isinstance(value, int) else _is(value, float, at), at))
    return _number(_is(value, int, at), at) if kind is int else _is(value, kind, at)


def _number(value: N, at: str) -> N:
    if not -LARGEST <= value <= LARGEST:  # infinite ones, and what is not a number
        raise ValueError(f"{at} is out of range")
    return value


def _bounded(value: object, depth: int) -> None:
    if depth < 0:
        raise ValueError("nested too deeply")
    if isinstance(value, float):
        _number(value, "a number")
    if isinstance(value, int):
        _number(value, "a number")
    inner: Sequence[object] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _bounded(item, depth - 1)
