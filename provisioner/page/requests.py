"""What the page may ask for: each request is a command of `lab`, which runs as a process of its own."""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from provisioner.content.lab import Lab
from provisioner.core.errors import LabError, UsageError

DEADLINE = 1800.0  # seconds; the first preparation on a slow host takes most of it
END_PATIENCE = 60.0  # seconds for a command to clean up
_MOST = 8 << 20  # bytes of a result
_LINE = 1 << 14  # bytes of a line of progress
_WORD = re.compile(r"[\w][\w@:./,=-]{0,99}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,23}")
Progress = Callable[[str], Awaitable[None]]
Output = Literal["json", "text", "nothing"]


@dataclass(frozen=True)
class Request:
    """words: of the command. output: what its standard output is. changes: whether the lab may look otherwise afterwards."""

    words: tuple[str, ...]
    output: Output = "json"
    changes: bool = True


def parse_request(lab: Lab, seat_name: str, message: Mapping[str, Any]) -> Request:
    """A browser's message. Raises UsageError for what the page does not ask for, or not in this form."""
    number = str(lab.number)
    options = ("--seat", seat_name) if seat_name else ()
    match message:
        case {"do": "check", "target": str(target)}:
            more = [f"--{name}" for name in ("quick", "disruptive") if message.get(name) is True]
            return Request(("check", _target(lab, target), *more, "--json", *options))
        case {"do": "map", "target": str(target)}:
            return Request(("map", _target(lab, target), "--json", *options), changes=False)
        case {"do": "trace", "from": str(source), "to": str(service), "family": 4 | 6 as family}:
            words = ("trace", number, _word(service), "--from", _word(source), f"-{family}", "--json")
            return Request((*words, *options), changes=False)
        case {"do": "ways", "target": str(target)}:
            return Request(("predict", _target(lab, target), "--json", *options), changes=False)
        case {"do": "predict", "target": str(target), "guesses": list(guesses)} if all(type(g) is bool for g in guesses):
            text = ",".join("y" if guess else "n" for guess in guesses)
            after = ("--after",) if message.get("after") is True else ()
            return Request(("predict", _target(lab, target), "--guess", text, *after, "--json", *options))
        case {"do": "hint", "target": str(target)}:
            return Request(("hint", _target(lab, target), "--json", *options))
        case {"do": "solution", "target": str(target)}:
            return Request(("solve", _target(lab, target), "--show", *options), "text")
        case {"do": "solve", "target": str(target)}:
            return Request(("solve", _target(lab, target), *options), "nothing")
        case {"do": "up" | "reset" as command}:
            return Request((command, number, "--json", *options), "nothing")
        case {"do": "stop"}:
            return Request(("stop", number, *options), "nothing")
        case {"do": "goto", "target": str(target)}:
            return Request(("goto", _target(lab, target), "--json", *options), "nothing")
        case {"do": "save" | "restore" as command, "name": str(name)} if _NAME.fullmatch(name):
            return Request((command, number, name, *options), "nothing")
    raise UsageError(f"the page cannot ask for {str(message)[:200]}")


def _target(lab: Lab, text: str) -> str:
    names = {str(lab.number), *(f"{lab.number}.{e.number}" for e in lab.exercises)}
    if text not in names:
        raise UsageError(f"{text[:40]!r} is nothing of this lab")
    return text


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise UsageError(f"{text[:40]!r} is no zone and no service")
    return text


async def perform(request: Request, progress: Progress, *, trust: bool) -> Any:  # noqa: ANN401 - JSON
    """The result of a command. progress is called with each line that it says meanwhile. Raises LabError with what the command
    lines went wrong. Cancelled, it ends the command by SIGTERM, and waits until that has cleaned up."""
    words = [sys.executable, "-m", "provisioner", *(["--trust"] if trust else []), *request.words]
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=_LINE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    try:
        async with asyncio.timeout(DEADLINE):
            output, lines = await asyncio.gather(_read(process.stdout), _follow(process.stderr, progress))
            code = await process.wait()
    except BaseException:
        await asyncio.shield(_end(process))
        raise
    return _result(request, code, output, lines)


async def _read(stream: asyncio.StreamReader) -> str:
    data = b""
    while part := await stream.read(1 << 16):
        data += part
        if len(data) > _MOST:
            raise LabError(f"a command of lab has said more than {_MOST >> 20} MiB")
    return data.decode("utf-8", "replace")


async def _follow(stream: asyncio.StreamReader, progress: Progress) -> list[str]:
    """The last lines of a command's progress, which is told as it comes."""
    lines: list[str] = []
    while True:
        try:
            data = await stream.readline()
        except ValueError:  # a line beyond the limit
            continue
        if not data:
            return lines
        line = data.decode("utf-8", "replace").rstrip()
        lines = [*lines[-49:], line]
        await progress(line)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()  # not as Ctrl-C, which is ignored in a script's background
        try:
            await asyncio.wait_for(process.wait(), END_PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()


def _result(request: Request, code: int, output: str, lines: list[str]) -> Any:  # noqa: ANN401 - JSON
    is_verdict = request.words[0] == "check" or request.words[0] == "trace"
    try:
        value = json.loads(output) if request.output == "json" else output
    except ValueError:
        value = None
    if isinstance(value, dict) and "error" in value:
        raise LabError(str(value["error"]), evidence=str(value.get("evidence", "")), hint=str(value.get("hint", "")))
    if value is None or (code and not is_verdict):
        raise LabError(f"lab {' '.join(request.words)} ended with code {code}", evidence="\n".join(lines[-8:]))
    return {"text": value} if request.output == "text" else {} if request.output == "nothing" else value
