"""The one gateway to other programs: argument lists, never shell strings; output kept for the error."""

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import HostError, LabError

EVIDENCE_LINES = 20
END_PATIENCE = 2.0  # seconds for a program to end by itself


@dataclass(frozen=True)
class Completed:
    argv: tuple[str, ...]
    code: int
    out: str
    err: str = ""


class CommandFailed(LabError):
    """A program ended with an unexpected code; the message carries a line that can be pasted."""

    def __init__(self, done: Completed, hint: str = "") -> None:
        said = (done.err.strip() or done.out.strip()).splitlines()[-EVIDENCE_LINES:]
        super().__init__(
            f"{Path(done.argv[0]).name} failed with code {done.code}",
            evidence="\n".join([f"$ {shlex.join(done.argv)}", *said]),
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
) -> Completed:
    """Runs to the end and returns what it said. timeout in seconds. Raises CommandFailed, HostError, LabError.

    umask: another than our own, for a program that makes files for others.
    """
    try:
        done = subprocess.run(
            list(argv), input=input, capture_output=True, text=True, errors="replace",
            timeout=timeout, env=_environment(env), cwd=cwd, check=False, umask=umask,
            stdin=subprocess.DEVNULL if input is None else None,
        )  # fmt: skip
    except FileNotFoundError:
        raise _missing(argv[0]) from None
    except subprocess.TimeoutExpired:
        raise LabError(
            f"{Path(argv[0]).name} gave no answer within {timeout:.0f} s", evidence=f"$ {shlex.join(argv)}", hint=hint
        ) from None
    result = Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
    if check and result.code:
        raise CommandFailed(result, hint)
    return result


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    hint: str = "",
    umask: int = -1,
) -> None:
    """Runs a long program; each line of its output goes to the log file and to on_line. Raises CommandFailed.

    umask: as for run().
    """
    kept: list[str] = []
    try:
        child = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", env=_environment(env), umask=umask,
        )  # fmt: skip
    except FileNotFoundError:
        raise _missing(argv[0]) from None
    with child, log.open("a", encoding="utf-8") as sink:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                sink.write(line)
                kept = [*kept[-EVIDENCE_LINES:], line]
                on_line(line.rstrip("\n"))
        except BaseException:
            child.terminate()  # Ctrl-C leaves no child behind
            with suppress(subprocess.TimeoutExpired):
                child.wait(END_PATIENCE)
            child.kill()
            raise
    if child.returncode:
        raise CommandFailed(Completed(tuple(argv), child.returncode, "".join(kept)), hint or f"the whole log: {log}")
