"""Stored states of a machine, so that slow work is done once per host: image -> docker -> lab.

A layer's key is a hash of everything that made it: changed input is another key, and the old layer is never asked
for again. It is built in a folder beside its place and renamed into it, so there is no half-built layer.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .drivers import EMBEDDED, Discards, Driver, Layer, Machine, StoresLayers, load
from .home import Home
from .images import Image
from .progress import Step
from .seat import Seat

NOTE = "layer.json"
FORMAT = 6  # raise it when stored layers must not be used any more


@dataclass(frozen=True)
class Stage:
    """One step of preparing a machine. inputs: files and texts that decide what it does. lasting: a boot brings back all that
    it leaves; booted: what is left to do then."""

    title: str
    name: str
    inputs: tuple[Path | str, ...]
    work: Callable[[Seat, Step], object]
    lasting: bool = False
    booted: Callable[[Seat, Step], object] | None = None


def key(parent: str, stage: Stage) -> str:
    seed = hashlib.sha256(f"{parent}\0{stage.name}\0".encode())
    for item in stage.inputs:
        if isinstance(item, str):
            seed.update(item.encode() + b"\0")
            continue
        for file in _files(item):
            seed.update(file.relative_to(item.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return seed.hexdigest()[:20]


def _files(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file() and "__pycache__" not in f.parts)


def find(home: Home, layer_key: str) -> Layer | None:
    """The stored layer. One whose files are not those that were stored (a full disk, a clean-up) is none."""
    layer = Layer(layer_key, home.layers / layer_key)
    note = read_note(layer.folder)
    if note is None or sizes(layer.folder) != note["files"]:
        return None
    return layer


def read_note(folder: Path) -> dict[str, Any] | None:
    try:
        note = json.loads((folder / NOTE).read_text())
        return note if isinstance(note, dict) and "files" in note else None
    except (OSError, ValueError):
        return None


def made(home: Home, layer_key: str) -> str:
    """Which making of a layer is there now: a disk stands on the one that it was made from, and on no later one."""
    note = read_note(home.layers / layer_key)
    return str(note["made"]) if note else ""


def driver_of(layer: Layer) -> Driver:
    """Whose machines resume from it."""
    note = read_note(layer.folder) or {}
    return load(note.get("driver", EMBEDDED))  # notes of older layers do not name it


def sizes(folder: Path) -> dict[str, int]:
    return {f.name: f.stat().st_size for f in sorted(folder.iterdir()) if f.name != NOTE}


def remove(home: Home, layer_key: str) -> None:
    """With all that stands on it. Out of its place first, so that there is no half-removed layer either."""
    for folder in home.layers.glob("*/"):
        note = read_note(folder)
        if note and note["parent"] == layer_key:
            remove(home, folder.name)
    _give_back(home.layers / layer_key)
    aside = home.layers / f".{layer_key}.old"
    shutil.rmtree(aside, ignore_errors=True)
    with suppress(FileNotFoundError):
        (home.layers / layer_key).rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _give_back(folder: Path) -> None:
    """What its driver keeps elsewhere."""
    if read_note(folder) and isinstance(driver := driver_of(Layer(folder.name, folder)), Discards):
        driver.discard(folder)


def keys(driver: StoresLayers, machine: Machine, image: Image, stages: list[Stage]) -> list[str]:
    """The keys of all stages, each standing on the one before."""
    parent = f"{FORMAT} {image.digest} {driver.fingerprint(machine, image)}"
    found = []
    for stage in stages:
        parent = key(parent, stage)
        found.append(parent)
    return found
