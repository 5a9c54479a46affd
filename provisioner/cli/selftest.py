"""The command that runs the project's own tests: selftest."""

import os
import shutil
import sys
from pathlib import Path

import click

from provisioner.cli.output import LAUNCHER, echo
from provisioner.core.errors import EXIT_NOT_YET, UsageError
from provisioner.core.paths import PACKAGE


@click.command(epilog="\b\nExamples:\n  lab selftest\n  lab selftest --unit")
@click.option("--unit", is_flag=True, help="Only the tests that take about a minute in all.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def selftest(unit: bool, arguments: tuple[str, ...]) -> None:
    """Run the project's own tests.

    ruff, mypy, unit and contract tests, and which branches of the code they take; then the slow ones of these tests, and
    tests on real machines, which take hours.
    """
    from provisioner.cli import suites
    from provisioner.core import signals

    root = PACKAGE.parent
    if not (root / "tests").is_dir():
        raise UsageError("the tests are not part of an installed lab", hint="clone the repository and run ./lab selftest there")
    _install_tools(root)
    signals.restore_signal_handlers()  # the tests of Ctrl-C need it, also in a background job
    rows = list(suites.run(root, suites.make_stages(arguments, unit=unit), _environment()))
    echo("\n".join(rows))
    if any(row.startswith(suites.BAD) for row in rows):
        raise click.exceptions.Exit(EXIT_NOT_YET)


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("LAB_HOME", "LAB_LABS", "LAB_BUILTIN", "LAB_DRIVER", LAUNCHER)}


def _install_tools(root: Path) -> None:
    """Installs the test tools from their own lock file; learners do not need them."""
    from importlib.util import find_spec

    from provisioner.core import process
    from provisioner.core.progress import step

    lock = root / "requirements-dev.lock"
    installed_lock = Path(sys.prefix) / ".tools"  # a copy of it; absent if the tools were installed otherwise
    is_current = not installed_lock.exists() or installed_lock.read_bytes() == lock.read_bytes()
    if is_current and all(
        find_spec(tool) for tool in ("ruff", "mypy", "jsonschema", "xdist", "asyncssh", "coverage", "mkdocs")
    ):
        return
    with step("Installing the test tools"):
        options = ["--disable-pip-version-check", "-q", "--require-hashes", "--only-binary", ":all:"]
        process.run([sys.executable, "-m", "pip", "install", *options, "-r", str(lock)])
    shutil.copyfile(lock, installed_lock)
