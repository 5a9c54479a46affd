"""Next steps can be typed as they are printed: `./lab` in a checkout, `lab` where that is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.paths import PACKAGE

from .command import Cli

CHECKOUT = PACKAGE.parent
SHELL = pytest.mark.skipif(os.name == "nt", reason="the launcher is a script for sh")


def launched(lab: Cli, program: Path | str, *words: str, cwd: Path = CHECKOUT) -> str:
    """stderr of the launcher, with this Python in the place of its own."""
    python = lab.home / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (lab.home / "venv" / ".ready").touch()
    environment = {**lab.environment, "LAB_VENV": str(lab.home / "venv")}
    done = subprocess.run([program, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stderr


@SHELL
@pytest.mark.slow
def test_in_a_checkout(lab: Cli) -> None:
    assert "`./lab list` shows them." in launched(lab, "./lab", "--trust", "up", "99")
    assert "next: ./lab up 3\n" in launched(lab, "./lab", "--trust", "check", "3")
    assert "next: ./lab --help\n" in launched(lab, "./lab", "no-such-command")


@SHELL
def test_from_another_folder(lab: Cli, tmp_path: Path) -> None:
    """As it was called; quoted where a shell would take it apart."""
    spaced = tmp_path / "my project"
    spaced.symlink_to(CHECKOUT)
    assert f"next: '{spaced}/lab' up 3\n" in launched(lab, spaced / "lab", "--trust", "check", "3", cwd=tmp_path)


def test_installed(lab: Cli) -> None:
    assert lab("check", "3").next == "lab up 3"


def test_what_is_no_command_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.cli.output import LAUNCHER, adapt_commands

    monkeypatch.setenv(LAUNCHER, "./lab")
    assert adapt_commands("lab 3 is the lab of (`lab new`); LAB_HOME=/x lab ...; /opt/lab up; lab updates, lab map-maker") == (
        "lab 3 is the lab of (`./lab new`); LAB_HOME=/x ./lab ...; /opt/lab up; lab updates, lab map-maker"
    )
