"""In continuous integration, a test that is skipped because something is not installed has failed: it proves nothing."""

import os
import re
import signal
from collections import Counter

import pytest

# What no package brings: opt-in tests, what root cannot see, what a host's kernel or network does not have.
EXPECTED = re.compile(
    r"asked for by|root reads everything|this host knows no names|/dev/net/tun|(qemu-system-\w+|wine) is not installed"
    r"|may not mount in a namespace|and not on all file systems|no holes|/dev/kvm that opens and fails"
)
_unexpected: Counter[str] = Counter()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a script's background: the tests of Ctrl-C want it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if os.environ.get("CI") == "true" and not EXPECTED.search(reason):
            _unexpected[reason] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _unexpected and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reason, count in _unexpected.items():
        terminalreporter.write_line(
            f"FAILED {count} skipped: {reason} (install it, or say in tests/conftest.py why not)", red=True
        )
