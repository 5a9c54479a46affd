"""The launcher for Windows, by a real cmd.exe: Wine's, where that is installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds: the first start of a prefix


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if not shutil.which("wine"):
        pytest.skip("wine is not installed")
    folder = tmp_path_factory.mktemp("wine")
    yield folder
    subprocess.run(["wineserver", "--kill"], env={**os.environ, "WINEPREFIX": str(folder)}, check=False, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With a space in its path, and line ends as git gives them on Windows."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    text = (ROOT / "lab.cmd").read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    # Wine's fc.exe compares nothing, and always succeeds.
    text, count = re.subn(rb"fc /b .*&& goto run", rb'if exist "%VENV%\\.ready" goto run', text)
    assert count == 1
    (folder / "lab.cmd").write_bytes(text)
    (folder / "requirements.lock").write_text("click==8\n")
    return folder


def run(prefix: Path, checkout: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "WINEPREFIX": str(prefix), "WINEDEBUG": "-all"}
    return subprocess.run(
        ["wine", "cmd", "/c", "lab.cmd", *words], cwd=checkout, env=environment, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_without_python_it_says_how_to_get_it(prefix: Path, checkout: Path) -> None:
    done = run(prefix, checkout, "list")
    assert done.returncode == 2
    assert "lab needs Python 3.11 or newer: winget install" in done.stderr


@pytest.mark.slow
def test_an_environment_that_is_there_is_used_and_its_exit_code_passed_on(prefix: Path, checkout: Path) -> None:
    scripts = checkout / ".venv" / "Scripts"
    scripts.mkdir(parents=True)
    (scripts / "python.cmd").write_bytes(b"@echo %*\r\n@exit /b 7\r\n")
    shutil.copy(checkout / "requirements.lock", checkout / ".venv" / ".ready")
    done = run(prefix, checkout, "up", "3", "--seat", "two words")
    assert done.stdout.strip() == '-m provisioner up 3 --seat "two words"'
    assert done.returncode == 7
