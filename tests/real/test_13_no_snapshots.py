"""A QEMU that stores no machine, as where an accelerator refuses: here it refuses a device."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.backends.qemu import arguments

from .conftest import Cli, require_time

pytestmark = pytest.mark.embedded
# Only a machine of a seat has a monitor; other calls of QEMU are as they are.
WRAPPER = """#!/bin/sh
case "$*" in *chardev=qmp*) exec {qemu} "$@" -device nvme,serial=lab ;; esac
exec {qemu} "$@"
"""


@pytest.fixture(autouse=True)
def refusing(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    require_time()
    wrapper = tmp_path / arguments.program()
    wrapper.write_text(WRAPPER.format(qemu=shutil.which(arguments.program())))
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    yield
    cli.run("destroy", "3")
    (cli.home / "cache" / "state-support.json").unlink(missing_ok=True)


def test_machines_boot_from_prepared_disks_in_the_same_command(cli: Cli) -> None:
    cli.run("destroy", "3", "--yes") if (cli.home / "seats").glob("3-*") else None
    cli.run("cache", "--prune")
    cli.run("up", "3", "--driver", "qemu", "--yes")
    assert "nvme" in cli.run("doctor", "--driver", "qemu")
    cli.run("solve", "3.1")
    assert cli.outcomes("3.1", "--quick", expect=0) == {1: "done"}
    assert "cannot suspend" in cli.json("stop", "3", expect=2)["error"]
    cli.run("reset", "3", "--yes")
    assert cli.outcomes("3.1", "--quick", expect=1) == {1: "not yet"}
