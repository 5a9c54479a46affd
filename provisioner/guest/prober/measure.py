"""Runs a check's own program, for what packets do not show. Runs as root in the machine."""

from __future__ import annotations

import os

from provisioner.guest.prober.engine import Absent, Broken, docker, first_process

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any


def read(path: str) -> str:
    """A file of the machine, or of the kernel, up to its first million characters. Raises OSError."""
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib takes as long to import as the rest
        return file.read(1_000_000)


def written(path: str) -> str:
    """The content of a file that the learner writes; empty if there is none."""
    return read(path) if os.path.isfile(path) else ""  # noqa: PTH113


def processes(root: str = "/proc") -> list[str]:
    """The folders of all processes in a procfs; none if there is no such folder (any more)."""
    try:
        return [f"{root}/{name}" for name in os.listdir(root) if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []


def measure(program: str) -> Any:  # noqa: ANN401 - JSON
    """Returns what the program assigns to `seen`. It may use what is imported or defined here. Raises Broken."""
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
