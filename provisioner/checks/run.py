"""Runs the checks of a lab on a seat."""

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

DisruptionTarget = Callable[[], AbstractContextManager[Seat]]


def check(
    lab: Lab, seat: Seat, exercises: list[Exercise], *, disruption_target: DisruptionTarget | None, explain: bool = True,
    tell: Callable[[str], None] = lambda _: None, prober: Prober | None = None, all_or_none: bool = False, seed: str = "",
) -> list[Verdict]:  # fmt: skip
    """One verdict per exercise, in order. disruption_target: gives the machine that may be disturbed where a check asks
    for that (a fork, or the seat itself); without it, what must survive is reported as not checked.

    explain: trace wrong packets through the kernel, 2 s for each failed check. prober: runs the probes of each check
    separately, instead of all at once. all_or_none: nothing is disturbed unless all of them are done. seed: for draws; a new
    one if it is empty.
    """
    from provisioner.checks.pytest_plugin import Plugin
    from provisioner.checks.verdicts import verdicts

    collected = [] if prober else expectations(lab, exercises)
    plugin = Plugin(
        lab, seat, exercises, disruption_target=disruption_target, explain=explain, tell=tell, prober=prober,
        expectations=collected, all_or_none=all_or_none, seed=seed,
    )  # fmt: skip
    with plugin:
        _collect(lab, exercises, plugin)
    results = verdicts(exercises, plugin.events)
    if explain and lab.manifest.vary:
        from provisioner.checks.copied_answers import annotate_copies

        return annotate_copies(lab, seat, results)
    return results


def expectations(lab: Lab, exercises: Sequence[Exercise]) -> "list[tuple[int, Expectation]]":
    """Collects what the checks expect, with the exercise's number; sends nothing."""
    from provisioner.checks.reachability import ExpectationCollector

    collector = ExpectationCollector(exercises)
    _collect(lab, exercises, collector)
    return collector.collected


class _Interruption:
    """A pytest plugin that keeps the signal which ended the run, and keeps a file of checks from ending the run by
    `sys.exit()` when it is imported."""

    error: BaseException | None = None

    def pytest_keyboard_interrupt(self, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        import pytest

        if not isinstance(excinfo.value, pytest.Session.Interrupted):  # checks that cannot be read
            self.error = excinfo.value

    def pytest_make_collect_report(self, collector: "pytest.Collector") -> "pytest.CollectReport | None":
        import pytest
        from _pytest.runner import pytest_make_collect_report

        try:
            return pytest_make_collect_report(collector)
        except SystemExit as error:
            if isinstance(error, KeyboardInterrupt):  # SIGTERM, which is both
                raise
            return pytest.CollectReport(collector.nodeid, "failed", f"it ends the program: {error!r}", [])


def _collect(lab: Lab, exercises: Sequence[Exercise], plugin: object) -> None:
    """Runs pytest on the checks. Raises LabError if pytest fails, and re-raises what interrupted it."""
    import pytest

    arguments = [
        "--rootdir", str(lab.folder), "-c", os.devnull, "--import-mode=importlib",
        "--disable-plugin-autoload", "-p", "no:cacheprovider", "-p", "no:terminal", "--noconftest",
        "--continue-on-collection-errors",
        *(str(e.test) for e in exercises),
    ]  # fmt: skip
    sys.dont_write_bytecode = True  # labs/ holds only what authors wrote
    output, interruption = io.StringIO(), _Interruption()
    with contextlib.redirect_stdout(output):
        code = pytest.main(arguments, plugins=[plugin, interruption])
    _forget(exercises)
    if interruption.error:
        raise interruption.error
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise LabError("the checks could not be run", evidence=output.getvalue()[-2000:])


def _forget(exercises: Sequence[Exercise]) -> None:
    """Unloads the modules of the checks: the next run would find a module that failed to import, empty."""
    files = {str(e.test) for e in exercises}
    for name in [name for name, module in sys.modules.items() if getattr(module, "__file__", None) in files]:
        del sys.modules[name]


def answer(
    channel: "Connection", root: Path, seat: Path, number: int, exercises: Sequence[int], disruptive: bool, seed: str
) -> None:  # fmt: skip
    """Runs checks in a process of `lab verify`, which checks several copies in parallel (pytest is not thread-safe). Sends
    the verdicts, or an error as a dictionary."""
    machine = Seat(seat)
    # To the check it is a copy, not somebody's own machine: it is deleted or goes back afterwards.
    disruption_target = (lambda: nullcontext(Seat(seat))) if disruptive else None
    try:
        lab = load(root, str(number))
        selection = [e for e in lab.exercises if e.number in exercises]
        verdicts = check(
            lab, machine, selection, disruption_target=disruption_target, explain=False, all_or_none=True, seed=seed
        )  # fmt: skip
        channel.send(verdicts)
    except LabError as error:
        channel.send(error.as_dict())
    except Exception as error:  # noqa: BLE001 - reported by the process that waits
        channel.send({"error": f"the checks failed: {type(error).__name__}: {error}", "evidence": traceback.format_exc()})
