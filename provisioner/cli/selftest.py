"""`lab selftest`: the project's own tests, suite by suite; what needs real machines in two suites side by side."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import click

from provisioner.cli.output import LAUNCHER, echo, echo_lines
from provisioner.core import umask
from provisioner.core.errors import EXIT_NOT_YET, UsageError
from provisioner.core.paths import PACKAGE
from provisioner.core.progress import say

# What learners have on other hosts as well; what runs in the machine is Linux's.
_TYPES = [["mypy"], *(["mypy", "--platform", p, "--exclude", "/guest/", "provisioner"] for p in ("win32", "darwin"))]
_REAL = {"embedded": "embedded", "other drivers": "not embedded"}  # by marker; tests/real/conftest.py says which is which
_RESULT = re.compile(r"tests/\S+::.* (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")
_NONE_CHOSEN = 5  # pytest's code where arguments leave no test
_printing = threading.Lock()


@dataclass
class _Suite:
    """One program of the tests, and what came of it. code: None where it has not run."""

    title: str
    words: list[str]
    code: int | None = None
    seconds: float = 0
    skipped: int = 0

    @property
    def failed(self) -> bool:
        return self.code not in (None, 0)

    def row(self) -> str:
        if self.code is None:
            return f"· {self.title:<22}  not run"
        row = f"{'✗' if self.failed else '✓'} {self.title:<22} {self.seconds:6.0f} s"
        return f"{row}  {self.skipped} skipped" if self.skipped else row


@click.command(epilog="\b\nExamples:\n  lab selftest\n  lab selftest --unit")
@click.option("--unit", is_flag=True, help="Skip the tests that start real machines.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def selftest(unit: bool, arguments: tuple[str, ...]) -> None:
    """Run the project's own tests.

    ruff, mypy, unit and contract tests; then tests on real machines, which take hours.
    """
    from provisioner.core import signals

    root = PACKAGE.parent
    if not (root / "tests").is_dir():
        raise UsageError("the tests are not part of an installed lab", hint="clone the repository and run ./lab selftest there")
    _need_tools(root)
    signals.restore_signal_handlers()  # the tests of Ctrl-C want it, also where this runs in a script's background
    stages = _stages(unit, arguments)
    for stage in stages:
        with tempfile.TemporaryDirectory(prefix="selftest-", ignore_cleanup_errors=True) as folder:
            _run(stage, root, Path(folder))
        for suite in stage:
            if arguments and suite.code == _NONE_CHOSEN:
                suite.code = None
        if any(suite.failed for suite in stage):
            break
    echo("\n".join(suite.row() for stage in stages for suite in stage))
    if any(suite.failed for stage in stages for suite in stage):
        raise click.exceptions.Exit(EXIT_NOT_YET)


def _stages(unit: bool, arguments: tuple[str, ...]) -> list[list[_Suite]]:
    """One after the other; the suites of one are run side by side."""
    workers = ["-n", str(min(2, os.cpu_count() or 1)), "--dist"]
    return [
        [_Suite("ruff", ["ruff", "check", "."])],
        *([_Suite(" ".join(words[:3]), words)] for words in _TYPES),
        [_Suite("unit tests", ["pytest", "tests/unit", *workers, "loadfile", *arguments])],
        [_Suite("contract", ["pytest", "tests/contract", *workers, "loadfile", *arguments])],
        [_Suite(title, ["pytest", "tests/real", "-v", "-m", mark, *arguments]) for title, mark in _REAL.items() if not unit],
    ]


def _run(stage: list[_Suite], root: Path, folder: Path) -> None:
    """The suites of a stage, side by side, each to its end, whatever comes of the others. What ends this ends them as Ctrl-C
    does, and waits until they have cleared up. folder: for their reports."""
    children: list[subprocess.Popen[str]] = []
    threads: list[threading.Thread] = []
    try:
        for suite in stage:
            children.append(_start(suite, root, folder, together=len(stage) > 1))
            threads.append(threading.Thread(target=_follow, args=(suite, children[-1], folder)))
            threads[-1].start()
        for child in children:
            child.wait()
    except BaseException:
        for child in children:
            _interrupt(child)
        for child in children:
            child.wait()
        raise
    finally:
        for thread in threads:  # not before: a thread that is waited for when Ctrl-C comes is taken for ended
            thread.join()


def _start(suite: _Suite, root: Path, folder: Path, *, together: bool) -> "subprocess.Popen[str]":
    """In a session of its own: a terminal's Ctrl-C comes to us alone, and from us to each of them once. A second one would cut
    off what clears up after the first. together: what it says is for _follow."""
    say(f"— {shlex.join(suite.words)}")
    report = [f"--junit-xml={_report(suite, folder)}"] if suite.words[0] == "pytest" else []
    return subprocess.Popen(
        [sys.executable, "-m", *suite.words, *report], cwd=root, env=_environment(), umask=umask.usual(),
        start_new_session=True, stdin=subprocess.DEVNULL if together else None,
        stdout=subprocess.PIPE if together else None,
        stderr=subprocess.STDOUT if together else None, encoding="utf-8", errors="replace",
    )  # fmt: skip


def _follow(suite: _Suite, child: "subprocess.Popen[str]", folder: Path) -> None:
    """To its end. Of what it says, results of tests are told as they come, and all the rest together at the end."""
    began, rest = time.monotonic(), list[str]()
    for line in child.stdout or ():
        if _RESULT.match(line):
            say(f"{suite.title}: {line.rstrip()}")
        else:
            rest.append(line.rstrip())
    suite.code, suite.seconds = child.wait(), time.monotonic() - began
    with suppress(OSError, ElementTree.ParseError):
        reports = ElementTree.parse(_report(suite, folder)).iter("testsuite")  # noqa: S314 - of our own pytest
        suite.skipped = sum(int(report.get("skipped", 0)) for report in reports)
    with _printing:
        echo_lines([f"— {suite.title}", *rest] if rest else [], 0)


def _report(suite: _Suite, folder: Path) -> Path:
    return folder / f"{suite.title.replace(' ', '-')}.xml"


def _interrupt(child: "subprocess.Popen[str]") -> None:
    if sys.platform != "win32" and child.poll() is None:  # a console of Windows tells all
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGINT)


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("LAB_HOME", "LAB_LABS", "LAB_BUILTIN", "LAB_DRIVER", LAUNCHER)}


def _need_tools(root: Path) -> None:
    """Installs the tools of the tests, which are not part of what a learner installs, by a lock file of their own."""
    from importlib.util import find_spec

    from provisioner.core import process
    from provisioner.core.progress import step

    lock, installed = root / "requirements-dev.lock", Path(sys.prefix) / ".tools"  # a copy; none: somebody else installed them
    current = not installed.exists() or installed.read_bytes() == lock.read_bytes()
    if current and all(find_spec(tool) for tool in ("ruff", "mypy", "jsonschema", "xdist", "asyncssh", "mkdocs")):
        return
    with step("Installing the test tools"):
        options = ["--disable-pip-version-check", "-q", "--require-hashes", "--only-binary", ":all:"]
        process.run([sys.executable, "-m", "pip", "install", *options, "-r", str(lock)])
    shutil.copyfile(lock, installed)
