"""The suites of `lab selftest`, and the table that tells what they came to."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from xml.etree import ElementTree

from provisioner.core import umask
from provisioner.core.progress import say

GOOD, BAD, NOT_RUN = "✓", "✗", "·"  # what a row begins with
# What learners have on other hosts as well; what runs in the machine is Linux's.
_TYPES = [["mypy"], *(["mypy", "--platform", p, "--exclude", "/guest/", "provisioner"] for p in ("win32", "darwin"))]


class Suite(NamedTuple):
    """words: a module and its arguments. covers: to be told which branches it takes."""

    title: str
    words: Sequence[str]
    covers: bool = False


def suites(arguments: Sequence[str], *, unit: bool) -> list[Suite]:
    """arguments: for pytest. What only a part of the tests covers says nothing. A file is one process's: some are stories."""
    workers = ["-n", str(1 + min(2, os.cpu_count() or 1)), "--dist", "loadfile"]  # one more: many tests wait
    return [
        Suite("ruff", ["ruff", "check", "."]),
        *(Suite(" ".join(words[:3]), words) for words in _TYPES),
        Suite("unit, contract", ["pytest", "tests/unit", "tests/contract", *workers, *arguments], covers=not arguments),
        *([] if unit else [Suite("real machines", ["pytest", "tests/real", *arguments])]),
    ]


def run(root: Path, chosen: Sequence[Suite], environment: Mapping[str, str]) -> Iterator[str]:
    """The rows of the table. After one that is bad, nothing more is run."""
    failed = False
    for suite in chosen:
        if failed:
            yield f"{NOT_RUN} {suite.title:<14}  not run"
            continue
        with TemporaryDirectory(prefix="lab-selftest-") as folder:
            for row in _rows(root, suite, environment, Path(folder)):
                failed |= row.startswith(BAD)
                yield row


def _rows(root: Path, suite: Suite, environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    report, parts = folder / "report.xml", folder / "coverage"
    words = [*suite.words, f"--junit-xml={report}"] if suite.words[0] == "pytest" else suite.words
    measured = ["coverage", "run", f"--data-file={parts / '.coverage'}", "-m"] if suite.covers else []
    parts.mkdir()
    say(f"— {' '.join(suite.words)}")
    start = time.monotonic()
    command = [sys.executable, "-m", *measured, *words]
    done = subprocess.run(command, cwd=root, env=environment, umask=umask.usual(), check=False)
    said, skipped = counted(report)
    mark, seconds = BAD if done.returncode else GOOD, f"{time.monotonic() - start:6.0f} s"
    yield f"{mark} {suite.title:<14} {seconds}  {said}".rstrip()
    yield from (f"    {line}" for line in skipped)
    if suite.covers and not done.returncode:
        yield _covered(root, parts)


def counted(report: Path) -> tuple[str, list[str]]:
    """Of a report that pytest wrote: all in a phrase, and for each reason the tests that were skipped for it."""
    if not report.exists():
        return "", []
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it
    skipped = defaultdict[str, list[str]](list)
    for case in cases:
        if (skip := case.find("skipped")) is not None:
            skipped[skip.get("message", "")].append(f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}")
    number = sum(map(len, skipped.values()))
    lines = [f"{len(names)} skipped, {reason}: {', '.join(sorted(names))}" for reason, names in sorted(skipped.items())]
    return f"{len(cases)} tests, {number} skipped", lines


def _covered(root: Path, parts: Path) -> str:
    """Whether it is enough says pyproject.toml; `coverage report` in the project's folder says what is missing."""
    coverage, data = [sys.executable, "-m", "coverage"], f"--data-file={root / '.coverage'}"
    # Some parts are of processes that were killed while they wrote them: what is told of that is nothing to be told on.
    subprocess.run([*coverage, "combine", data, str(parts)], cwd=root, check=False, capture_output=True)
    words = [*coverage, "report", data, "--format=total", "--precision=1"]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    if said.returncode:
        subprocess.run([*coverage, "report", data], cwd=root, check=False)
    amount, *_ = said.stdout.split() or ["?"]
    return f"{BAD if said.returncode else GOOD} {'coverage':<14}           {amount} %"
