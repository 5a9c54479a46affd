"""What packets cannot tell: a check's own program, which runs as root in the machine."""

from __future__ import annotations

import os

from provisioner.guest.prober.engine import Absent, Broken, docker, first_process

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any


def read(path: str) -> str:
    """A file of the machine, or of the kernel, up to its first million characters. Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib takes as long as all the rest
        return file.read(1_000_000)


def written(path: str) -> str:
    """What the learner wrote there; empty if that is no file."""
    return read(path) if os.path.isfile(path) else ""  # noqa: PTH113


def processes(root: str = "/proc") -> list[str]:
    """The folders of all processes that are seen there; none where there is no such folder (any more)."""
    try:
        return [f"{root}/{name}" for name in os.listdir(root) if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []


def measure(program: str) -> Any:  # noqa: ANN401 - JSON
    """What the program leaves in `seen`. It may use all that is imported or defined here. Raises Broken."""
    names: dict[str, Any] = {
        "Absent": Absent, "docker": docker, "first_process": first_process, "processes": processes, "read": read,
        "written": written,
    }  # fmt: skip
    try:
        exec(compile(program, "the check's program", "exec"), names)  # noqa: S102 - it comes from the lab's folder
    except Exception as error:
        line = error.__traceback__.tb_next.tb_lineno if error.__traceback__ and error.__traceback__.tb_next else 0
        raise Broken(f"line {line} of the check's program: {type(error).__name__}: {error}") from None
    if "seen" not in names:
        raise Broken("the check's program leaves nothing in `seen`")
    return names["seen"]
