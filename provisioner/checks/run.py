"""Runs the checks of a lab on a seat. With plugin.py, the only module that imports pytest."""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.checks.probe_client import Prober
from provisioner.content.lab import Exercise, Lab, load
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.seats.seat import Seat

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pytest

    from provisioner.content.expectation import Expectation

Elsewhere = Callable[[], AbstractContextManager[Seat]]


def check(
    lab: Lab, seat: Seat, exercises: list[Exercise], *, elsewhere: Elsewhere | None, explain: bool = True,
    tell: Callable[[str], None] = lambda _: None, prober: Prober | None = None, all_or_none: bool = False, seed: str = "",
) -> list[Verdict]:  # fmt: skip
    """One verdict per exercise, in order. elsewhere: gives the machine that may be disturbed where a check asks for
    that (a fork, or the seat itself); without it, what must survive is reported as not checked.

    explain: follow packets that went wrong through the kernel, 2 s for each failed check. prober: asks each check by
    itself, instead of all of them at once. all_or_none: nothing is disturbed unless all of them are done. seed: of what is
    drawn; a new one where it is empty.
    """
    from provisioner.checks.pytest_plugin import Plugin
    from provisioner.checks.verdicts import verdicts

    heard = [] if prober else expectations(lab, exercises)
    plugin = Plugin(
        lab, seat, exercises, elsewhere=elsewhere, explain=explain, tell=tell, prober=prober, heard=heard,
        all_or_none=all_or_none, seed=seed,
    )  # fmt: skip
    with plugin:
        _collect(lab, exercises, plugin)
    reduced = verdicts(exercises, plugin.events)
    if explain and lab.manifest.vary:
        from provisioner.checks.copied_answers import noted

        return noted(lab, seat, reduced)
    return reduced


def expectations(lab: Lab, exercises: Sequence[Exercise]) -> "list[tuple[int, Expectation]]":
    """What the checks would ask for, with the exercise's number; nothing is sent."""
    from provisioner.checks.reachability import ExpectationCollector

    listener = ExpectationCollector(exercises)
    _collect(lab, exercises, listener)
    return listener.heard


class _Interruption:
    """A pytest plugin that keeps the signal which ended the run, whatever was found until then; and lets no file of checks end
    it, by `sys.exit()` where it is imported."""

    came: BaseException | None = None

    def pytest_keyboard_interrupt(self, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        import pytest

        if not isinstance(excinfo.value, pytest.Session.Interrupted):  # checks that cannot be read
            self.came = excinfo.value

    def pytest_make_collect_report(self, collector: "pytest.Collector") -> "pytest.CollectReport | None":
        import pytest
        from _pytest.runner import pytest_make_collect_report

        try:
            return pytest_make_collect_report(collector)
        except SystemExit as error:
            if isinstance(error, KeyboardInterrupt):  # SIGTERM, which is of both kinds
                raise
            return pytest.CollectReport(collector.nodeid, "failed", f"it ends the program: {error!r}", [])


def _collect(lab: Lab, exercises: Sequence[Exercise], plugin: object) -> None:
    """Runs pytest on the checks. Raises LabError where it could not, and what interrupted it."""
    import pytest

    arguments = [
        "--rootdir", str(lab.folder), "-c", os.devnull, "--import-mode=importlib",
        "--disable-plugin-autoload", "-p", "no:cacheprovider", "-p", "no:terminal", "--noconftest",
        "--continue-on-collection-errors",
        *(str(e.test) for e in exercises),
    ]  # fmt: skip
    sys.dont_write_bytecode = True  # labs/ holds what authors wrote, and nothing else
    said, interruption = io.StringIO(), _Interruption()
    with contextlib.redirect_stdout(said):
        code = pytest.main(arguments, plugins=[plugin, interruption])
    _forget(exercises)
    if interruption.came:
        raise interruption.came
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise LabError("the checks could not be run", evidence=said.getvalue()[-2000:])


def _forget(exercises: Sequence[Exercise]) -> None:
    """The modules of the checks: one that could not be imported would be found, and empty, by the next run."""
    files = {str(e.test) for e in exercises}
    for name in [name for name, module in sys.modules.items() if getattr(module, "__file__", None) in files]:
        del sys.modules[name]


def answer(
    channel: "Connection", root: Path, seat: Path, number: int, exercises: Sequence[int], disturbing: bool, seed: str
) -> None:  # fmt: skip
    """For `lab verify`, which checks several copies side by side: one process each (pytest knows no threads). Sends the
    verdicts, or an error as it is written down."""
    machine = Seat(seat)  # it is thrown away afterwards
    elsewhere = (lambda: nullcontext(machine)) if disturbing else None
    try:
        lab = load(root, str(number))
        chosen = [e for e in lab.exercises if e.number in exercises]
        channel.send(check(lab, machine, chosen, elsewhere=elsewhere, explain=False, all_or_none=True, seed=seed))
    except LabError as error:
        channel.send(error.as_dict())
    except Exception as error:  # noqa: BLE001 - whoever waits tells of it
        channel.send({"error": f"the checks failed: {type(error).__name__}: {error}", "evidence": traceback.format_exc()})
