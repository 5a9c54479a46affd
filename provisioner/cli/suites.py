"""The suites of `lab selftest`: run one after the other, or some side by side; and the table of their results."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from xml.etree import ElementTree

from provisioner.cli.output import echo_lines
from provisioner.core import umask
from provisioner.core.paths import PACKAGE
from provisioner.core.progress import say

GOOD, BAD, NOT_RUN = "✓", "✗", "·"  # the first character of a row
# The code also runs on other systems, but guest/ only on Linux.
_TYPES = [
    ["mypy"],
    *(
        ["mypy", "--platform", p, "--exclude", "/guest/", "--cache-dir", f".mypy_cache/{p}", "provisioner"]
        for p in ("win32", "darwin")
    ),
]
_REAL = {"machines, first half": "first_half", "machines, second half": "not first_half"}  # by marker
_RESULT = re.compile(r"tests/\S+::.* (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")
_WIDTH = max(len(" ".join(words[:3])) for words in _TYPES)  # of the longest title
_NO_TESTS = 5  # pytest's exit code where arguments select no test
_print_lock = threading.Lock()


class Suite(NamedTuple):
    """words: a module and its arguments. covers: its coverage of branches is measured. partial: it may have no tests."""

    title: str
    words: Sequence[str]
    covers: bool = False
    partial: bool = False


Stage = Sequence[Suite]  # suites that run side by side


def make_stages(arguments: Sequence[str], *, unit: bool) -> list[Stage]:
    """arguments: for pytest. The coverage of a part of the tests says nothing. A file is for one process: some are stories."""
    workers = ["-n", str(1 + min(2, os.cpu_count() or 1)), "--dist", "loadfile"]  # one more: many tests wait
    quick, slow = (["pytest", "tests/unit", "tests/contract", *workers, "-m", m, *arguments] for m in ("not slow", "slow"))
    real = [
        Suite(title, ["pytest", "tests/real", "-v", "-m", marker, *arguments], partial=bool(arguments))
        for title, marker in _REAL.items()
    ]
    return [
        [Suite("ruff", ["ruff", "check", "."])],
        [Suite(" ".join(words[:3]), words) for words in _TYPES],
        [Suite("unit, contract", quick, covers=not arguments, partial=bool(arguments))],
        *([] if unit else [[Suite("slow ones of these", slow, partial=bool(arguments))], real]),
    ]


@dataclass
class _Process:
    """A suite that runs. lines: its output, where it is held back until the end."""

    suite: Suite
    child: "subprocess.Popen[str]"
    folder: Path
    start: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        return self.child.returncode not in ((0, _NO_TESTS) if self.suite.partial else (0,))

    def follow(self) -> None:
        """Waits for its end. Results of tests are shown as they come, and the rest of its output at the end."""
        for line in self.child.stdout or ():
            if _RESULT.match(line):
                say(f"{self.suite.title}: {line.rstrip()}")
            else:
                self.lines.append(line.rstrip())
        self.child.wait()
        self.seconds = time.monotonic() - self.start
        with _print_lock:
            echo_lines([f"— {self.suite.title}", *self.lines] if self.lines else [], 0)


def run(root: Path, stages: Sequence[Stage], environment: Mapping[str, str]) -> Iterator[str]:
    """The rows of the table. After a stage with a failure, nothing more is run."""
    has_failed = False
    for stage in stages:
        if has_failed:
            yield from (f"{NOT_RUN} {suite.title:<{_WIDTH}}  not run" for suite in stage)
            continue
        with TemporaryDirectory(prefix="lab-selftest-", ignore_cleanup_errors=True) as folder:
            for process in _run_stage(root, stage, environment, Path(folder)):
                for row in _make_rows(root, process):
                    has_failed |= row.startswith(BAD)
                    yield row


def _run_stage(root: Path, stage: Stage, environment: Mapping[str, str], folder: Path) -> list[_Process]:
    """Runs the suites of a stage, each to its end, whatever the others do. Whatever interrupts this interrupts them, as Ctrl-C
    does, and waits until they have cleaned up."""
    processes: list[_Process] = []
    threads: list[threading.Thread] = []
    try:
        for number, suite in enumerate(stage):
            part = folder / str(number)
            part.mkdir()
            child = _start(root, suite, environment, part, is_alone=len(stage) == 1)
            processes.append(_Process(suite, child, part))
            threads.append(threading.Thread(target=processes[-1].follow))
            threads[-1].start()
        for process in processes:
            process.child.wait()
    except BaseException:
        for process in processes:
            _interrupt(process.child)
        for process in processes:
            process.child.wait()
        raise
    finally:
        for thread in threads:
            thread.join()
    return processes


def _start(
    root: Path, suite: Suite, environment: Mapping[str, str], folder: Path, *, is_alone: bool
) -> "subprocess.Popen[str]":  # fmt: skip
    """In a session of its own: a terminal's Ctrl-C reaches this process only, which passes it on once. A second one would end
    the clean-up after the first."""
    say(f"— {shlex.join(suite.words)}")
    report = [f"--junit-xml={folder / 'report.xml'}"] if suite.words[0] == "pytest" else []
    coverage = ["coverage", "run", f"--data-file={folder / 'coverage' / '.coverage'}", "-m"] if suite.covers else []
    (folder / "coverage").mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", *coverage, *suite.words, *report], cwd=root, env=environment, umask=umask.usual(),
        start_new_session=True, stdin=None if is_alone else subprocess.DEVNULL, stdout=None if is_alone else subprocess.PIPE,
        stderr=None if is_alone else subprocess.STDOUT, encoding="utf-8", errors="replace",
    )  # fmt: skip


def _interrupt(child: "subprocess.Popen[str]") -> None:
    if sys.platform != "win32" and child.poll() is None:  # a Windows console sends Ctrl-C to all
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGINT)


def _make_rows(root: Path, process: _Process) -> Iterator[str]:
    summary, skips = read_report(process.folder / "report.xml")
    mark, seconds = BAD if process.has_failed else GOOD, f"{process.seconds:6.0f} s"
    yield f"{mark} {process.suite.title:<{_WIDTH}} {seconds}  {summary}".rstrip()
    yield from (f"    {line}" for line in skips)
    if process.suite.covers and not process.has_failed:
        yield _measure_coverage(root, process.folder / "coverage")


def read_report(report: Path) -> tuple[str, list[str]]:
    """Of a JUnit report: a summary, and for each reason of skips the tests that it concerns."""
    if not report.exists():
        return "", []
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it
    skips = defaultdict[str, list[str]](list)
    for case in cases:
        if (skip := case.find("skipped")) is not None:
            skips[skip.get("message", "")].append(f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}")
    number = sum(map(len, skips.values()))
    lines = [f"{len(names)} skipped, {reason}: {', '.join(sorted(names))}" for reason, names in sorted(skips.items())]
    return f"{len(cases)} tests, {number} skipped", lines


def _measure_coverage(root: Path, parts: Path) -> str:
    """The limit is in pyproject.toml; `coverage report` in the project's folder lists what is missing."""
    coverage, data = [sys.executable, "-m", "coverage"], f"--data-file={root / '.coverage'}"
    if (root / PACKAGE.name).is_dir():  # one process that lists all files, so that those which no test imports are counted
        words = ["run", f"--source={PACKAGE.name}", f"--data-file={parts / '.coverage'}", "-m", PACKAGE.name, "--version"]
        subprocess.run([*coverage, *words], cwd=root, check=False, capture_output=True)
    # Processes that were killed while they wrote leave broken files, whose warnings are of no use.
    subprocess.run([*coverage, "combine", data, str(parts)], cwd=root, check=False, capture_output=True)
    words = [*coverage, "report", data, "--format=total", "--precision=1"]
    result = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    if result.returncode:
        subprocess.run([*coverage, "report", data], cwd=root, check=False)
    amount, *_ = result.stdout.split() or ["?"]
    return f"{BAD if result.returncode else GOOD} {'coverage':<{_WIDTH}}           {amount} %"
