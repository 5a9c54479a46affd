"""A QEMU that stores no machine, as where an accelerator refuses: here it refuses a device."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.backends.qemu import arguments

from .conftest import Cli, own_home, require_time

pytestmark = pytest.mark.first_half
# Only a machine of a seat has a monitor; other calls of QEMU are as they are.
WRAPPER = """#!/bin/sh
case "$*" in *chardev=qmp*) exec {qemu} "$@" -device nvme,serial=lab ;; esac
exec {qemu} "$@"
"""


@pytest.fixture
def refusing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """A home of its own: layers with memory would be thrown away, because this QEMU refuses them."""
    require_time()
    wrapper = tmp_path / arguments.program()
    wrapper.write_text(WRAPPER.format(qemu=shutil.which(arguments.program())))
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with own_home() as cli:
        yield cli


def test_machines_boot_from_prepared_disks_in_the_same_command(refusing: Cli) -> None:
    refusing.run("up", "3", "--driver", "qemu", "--yes")
    assert "nvme" in refusing.run("doctor", "--driver", "qemu")
    refusing.run("solve", "3.1")
    assert refusing.outcomes("3.1", "--quick", expect=0) == {1: "done"}
    assert "cannot suspend" in refusing.json("stop", "3", expect=2)["error"]
    refusing.run("reset", "3")
    assert refusing.outcomes("3.1", "--quick", expect=1) == {1: "not yet"}
