"""What is installed: the lock files against pyproject.toml, and the launcher with an index of one package."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"([a-z0-9.-]+)==(\S+)(?: ; (.+?))? \\((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)\n")
ENVIRONMENTS = [
    {"sys_platform": system, "python_version": version, "python_full_version": f"{version}.1"}
    | {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
    for system in ("linux", "darwin", "win32")
    for version in ("3.11", "3.12", "3.13", "3.14")
]


def text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def pins(lock: str, environment: dict[str, str]) -> dict[str, str]:
    """Name and version of what is installed in that environment."""
    found: dict[str, str] = {}
    for name, version, marker, _ in PIN.findall(text(lock)):
        if not marker or Requirement(f"x; {marker}").marker.evaluate(environment):  # type: ignore[union-attr]
            assert name not in found
            found[name] = version
    return found


def missing(requirements: list[str], lock: str) -> list[str]:
    return [
        f"{line} ({environment['sys_platform']}, {environment['python_version']})"
        for environment in ENVIRONMENTS
        for line in requirements
        if (needed := Requirement(line)).marker is None or needed.marker.evaluate(environment)
        if not needed.specifier.contains(pins(lock, environment).get(canonicalize_name(needed.name), "0"))
    ]


@pytest.mark.slow
def test_the_locks_have_what_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert missing(project["dependencies"], "requirements.lock") == []
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    assert missing([*project["dependencies"], *extras], "requirements-dev.lock") == []
    for environment in ENVIRONMENTS:  # the tests run with the versions that learners have
        assert pins("requirements.lock", environment).items() <= pins("requirements-dev.lock", environment).items()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_pins_with_checksums_and_nothing_else(lock: str) -> None:
    """No addresses, no options, no paths: where the packages come from is for the host to say."""
    rest = PIN.sub("", text(lock))
    assert [line for line in rest.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []
    assert len(PIN.findall(text(lock))) > 30
    assert "://" not in text(lock)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The launcher beside a project whose one requirement is a package in a folder."""
    folder = tmp_path / "the checkout"
    (folder / "provisioner").mkdir(parents=True)
    shutil.copy(ROOT / "lab", folder)
    (folder / "pyproject.toml").touch()
    (folder / "provisioner" / "__init__.py").touch()
    (folder / "provisioner" / "__main__.py").write_text("import needed, sys\nprint(needed.WORD, *sys.argv[1:])\n")
    pack(tmp_path / "packages", "ready")
    lock(folder, digest(tmp_path / "packages"))
    return folder


def pack(folder: Path, word: str) -> None:
    folder.mkdir(exist_ok=True)
    with ZipFile(folder / "needed-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("needed.py", f"WORD = {word!r}\n")
        wheel.writestr("needed-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: needed\nVersion: 1.0\n")
        wheel.writestr("needed-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("needed-1.0.dist-info/RECORD", "")


def digest(packages: Path) -> str:
    return hashlib.sha256((packages / "needed-1.0-py3-none-any.whl").read_bytes()).hexdigest()


def lock(folder: Path, checksum: str) -> None:
    (folder / "requirements.lock").write_text(f"needed==1.0 \\\n    --hash=sha256:{checksum}\n")


def launch(folder: Path, packages: Path, python: Path | str = sys.executable) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "LAB_", "PYTHON"))}
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages.as_uri(), "PIP_CONFIG_FILE": os.devnull}
    environment = {**usual, **index, "LAB_PYTHON": str(python)}
    words = [str(folder / "lab"), "a", "b c"]
    return subprocess.run(words, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("sh") or sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.slow
def test_the_launcher_installs_what_the_lock_names_and_nothing_else(checkout: Path, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    right = digest(packages)
    pack(packages, "another")  # somebody else's file under the same name and version
    said = launch(checkout, packages)
    assert (said.returncode, said.stdout) == (2, "")
    assert "not the file that requirements.lock names" in said.stderr
    assert "  next: " in said.stderr
    assert right in said.stderr  # the evidence
    assert digest(packages) in said.stderr

    pack(packages, "ready")  # and the next run tries again
    lock(checkout, digest(packages))
    said = launch(checkout, packages)
    assert (said.returncode, said.stdout) == (0, "ready a b c\n"), said.stderr
    assert launch(checkout, packages).stderr == ""  # nothing is left to do

    lock(checkout, "0" * 64)  # a newer lock counts
    (checkout / ".venv" / ".ready").touch()
    os.utime(checkout / ".venv" / ".ready", (1, 1))
    stub = tmp_path / "python"  # that it begins is enough: the whole takes seconds
    stub.write_text(f'#!/bin/sh\n[ "$1" != -m ] || exit 1\nexec "{sys.executable}" "$@"\n')
    stub.chmod(0o755)
    said = launch(checkout, packages, stub)
    assert ("setting up" in said.stderr, said.returncode) == (True, 2)
