"""Runs the checks of a lab on a seat. With plugin.py, the only module that imports pytest."""

import contextlib
import io
import os
import sys
from collections.abc import Callable

from ..errors import LabError
from ..lab import Exercise, Lab
from ..seat import Seat
from .verdicts import Verdict


def check(
    lab: Lab, seat: Seat, exercises: list[Exercise], *, disturb: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Verdict]:  # fmt: skip
    """One verdict per exercise, in order. disturb: may restart Docker and the machine where a check says so."""
    import pytest

    from .plugin import Plugin

    plugin = Plugin(lab, seat, exercises, disturb=disturb, tell=tell)
    arguments = [
        "--rootdir", str(lab.folder), "-c", os.devnull, "--import-mode=importlib",
        "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:testinfra", "--noconftest",
        *(str(e.test) for e in exercises),
    ]  # fmt: skip
    sys.dont_write_bytecode = True  # labs/ holds what authors wrote, and nothing else
    said = io.StringIO()
    with contextlib.redirect_stdout(said), plugin.prober:
        code = pytest.main(arguments, plugins=[plugin])
    if code == pytest.ExitCode.INTERRUPTED and not any(v.lines for v in plugin.verdicts.values()):
        raise KeyboardInterrupt
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise LabError("the checks could not be run", evidence=said.getvalue()[-2000:])
    return list(plugin.verdicts.values())
