"""The one gateway to other programs: argument lists, never shell strings; output kept for the error."""

import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from provisioner.core.errors import HostError, LabError
from provisioner.core.guest_input import Pipe, TooLate, wait, write

EVIDENCE_LINES = 20
COMPLAINT_BYTES = 4096  # bytes of what a program complained about
MOST, LONGEST_LINE = 64 << 20, 1 << 20  # bytes that a program may say, and of one line
END_PATIENCE = 2.0  # seconds for a program to end by itself
HELD_OPEN = 1.0  # seconds for what a program that has ended said last, where others hold its pipes open
LOOK = 0.2  # seconds between two looks whether it has ended


@dataclass(frozen=True)
class Completed:
    argv: tuple[str, ...]
    code: int
    out: str
    err: str = ""


class CommandFailed(LabError):
    """A program ended with an unexpected code; the message carries a line that can be pasted."""

    def __init__(self, done: Completed, hint: str = "") -> None:
        lines = (done.err.strip() or done.out.strip()).splitlines()[-EVIDENCE_LINES:]
        super().__init__(
            f"{Path(done.argv[0]).name} failed with code {done.code}",
            evidence="\n".join([f"$ {shlex.join(done.argv)}", *lines]),
            hint=hint,
        )
        self.done = done


def _environment(extra: Mapping[str, str] | None) -> dict[str, str] | None:
    return {**os.environ, **extra} if extra else None


def _missing(program: str) -> HostError:
    return HostError(f"{program} is not installed", hint="lab doctor says what is missing and how to get it")


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    timeout: float | None = None,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    hint: str = "",
    umask: int = -1,
    most: int = MOST,
    failure: type[LabError] = LabError,
) -> Completed:
    """Runs to the end and returns what it said. timeout in seconds; most: bytes that it may say. A program that takes or says
    more is ended, and is a `failure`. Raises CommandFailed, HostError, and that.

    umask: another than our own, for a program that makes files for others.
    """
    child = _start(argv, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE, stderr=subprocess.PIPE,
                   env=_environment(env), cwd=cwd, umask=umask)  # fmt: skip
    changed = threading.Condition()
    out, err = (Pipe(_piped(pipe), most, changed) for pipe in (child.stdout, child.stderr))
    deadline = time.monotonic() + timeout if timeout is not None else float("inf")
    try:
        if input is not None:
            threading.Thread(target=_feed, args=(_piped(child.stdin), input.encode()), daemon=True).start()
        ended = _wait(child, (out, err), changed, deadline)
    finally:
        _end(child, out, err)
    if out.full or err.full:
        what = f"{Path(argv[0]).name} said more than {most >> 10} KiB"
        raise failure(what, evidence=f"$ {shlex.join(argv)}\n{_decode(err.take()[-COMPLAINT_BYTES:])}", hint=hint)
    if not ended:
        what = f"{Path(argv[0]).name} gave no answer within {timeout:.0f} s"
        raise failure(what, evidence=f"$ {shlex.join(argv)}", hint=hint)
    result = Completed(tuple(argv), child.returncode, _decode(out.take()), _decode(err.take()))
    if check and result.code:
        raise CommandFailed(result, hint)
    return result


def _start(argv: Sequence[str], **settings: Any) -> "subprocess.Popen[bytes]":  # noqa: ANN401 - as Popen's
    try:
        return subprocess.Popen(list(argv), stdout=subprocess.PIPE, **settings)
    except FileNotFoundError as error:
        if error.filename not in (argv[0], None):
            raise
        raise _missing(argv[0]) from None


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _feed(pipe: IO[bytes], content: bytes) -> None:
    with suppress(OSError), pipe:  # it may end before it has read all
        pipe.write(content)


def _wait(child: "subprocess.Popen[bytes]", pipes: Sequence[Pipe], changed: threading.Condition, deadline: float) -> bool:
    """Until the program has ended and nobody has more to say. A pipe that others hold open (a kept connection, a program in
    the background) is not waited for any longer than that. Whether it ended in time."""
    limit = deadline
    while time.monotonic() < limit:
        with changed:
            said_all = wait(changed, lambda: all(p.is_closed for p in pipes) or any(p.full for p in pipes),
                            min(limit, time.monotonic() + LOOK))  # fmt: skip
        if any(p.full for p in pipes):
            return False
        if said_all:
            try:
                child.wait(None if deadline == float("inf") else max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
            return True
        if child.poll() is not None and limit == deadline:
            limit = min(deadline, time.monotonic() + HELD_OPEN)
    return child.poll() is not None


def _end(child: "subprocess.Popen[bytes]", *pipes: Pipe) -> None:
    """At once, whatever holds its pipes open."""
    if child.poll() is None:
        child.kill()
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_PATIENCE)
    for pipe in pipes:
        pipe.close()


def _decode(output: bytes) -> str:
    return output.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    hint: str = "",
    umask: int = -1,
    most: int = MOST,
) -> None:
    """Runs a long program; each line of its output goes to the log file and to on_line. most: bytes, of all lines; umask: as
    for run(). Raises CommandFailed, LabError."""
    tail: list[str] = []
    child = _start(argv, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=_environment(env), umask=umask)
    out, size, name = Pipe(_piped(child.stdout), LONGEST_LINE), 0, Path(argv[0]).name
    deadline = time.monotonic() + timeout if timeout is not None else float("inf")
    try:
        with log.open("a", encoding="utf-8") as sink:
            while (raw := out.line(deadline)) is not None:
                line = _decode(raw)
                size += len(raw)
                _require(size <= most, f"{name} said more than {most >> 20} MiB", tail, log)
                sink.write(line + "\n")
                tail = [*tail[-EVIDENCE_LINES:], line]
                on_line(line)
            if rest := _decode(out.take()):
                sink.write(rest)
                tail.append(rest)
                on_line(rest)
        child.wait()
    except BaseException:
        child.terminate()  # Ctrl-C leaves no child behind
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_PATIENCE)
        raise
    finally:
        _end(child, out)
    if child.returncode:
        raise CommandFailed(Completed(tuple(argv), child.returncode, "\n".join(tail)), hint or f"the whole log: {log}")


def _require(good: bool, what: str, tail: list[str], log: Path) -> None:
    if not good:
        raise LabError(what, evidence="\n".join(tail), hint=f"the whole log: {log}")


class Conversation:
    """A program that is asked line by line, and answers each with one. most: bytes of a line."""

    def __init__(self, argv: Sequence[str], most: int) -> None:
        self._child = _start(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self._out = Pipe(_piped(self._child.stdout), most)
        self._err = Pipe(_piped(self._child.stderr), LONGEST_LINE)

    def say(self, line: str, deadline: float) -> None:
        """Raises TooLate."""
        write(_piped(self._child.stdin), f"{line}\n".encode(), deadline)

    def hear(self, deadline: float) -> bytes | None:
        """None where it has ended. Raises TooLate, TooMuch."""
        ended = False
        while True:
            try:
                return self._out.line(min(deadline, time.monotonic() + HELD_OPEN))
            except TooLate:
                if time.monotonic() >= deadline:
                    raise
            if ended:
                return None
            ended = self._child.poll() is not None

    def complaints(self) -> str:
        """What it said on stderr, once it has ended or was given up."""
        with self._err.changed:
            wait(self._err.changed, lambda: self._err.is_settled, time.monotonic() + END_PATIENCE)
        return _decode(self._err.take()[-COMPLAINT_BYTES:])

    def end(self) -> None:
        """Waits for nobody who holds its pipes open."""
        _end(self._child, self._out, self._err)
        with suppress(OSError):  # what was not read
            _piped(self._child.stdin).close()
