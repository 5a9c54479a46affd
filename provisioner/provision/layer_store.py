"""Stored states of a machine, so that slow work is done once per host: image -> docker -> lab.

A layer's key is a hash of everything that made it: changed input is another key, and the old layer is never asked
for again. It is built in a folder beside its place and renamed into it, so there is no half-built layer. Each build has a
folder of its own, KEY-BUILD: one that is damaged is replaced, and stays for the disks that stand on it.
"""

import hashlib
import os
import secrets
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from provisioner.backends.disk_chain import stands_on
from provisioner.core.files import checksum, remove_tree
from provisioner.core.model import Layer, Spec
from provisioner.core.paths import Home
from provisioner.core.progress import Step
from provisioner.core.state_file import Format, NewerVersion, Values
from provisioner.drivers.base import LayerStore
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.images import Image
from provisioner.seats.seat import Seat, name_build

NOTE = "layer.json"
FORMAT = 7  # raise it when stored layers must not be used any more


def _name_driver(values: Values) -> Values:
    """A migration of version 0: some layers were stored before there was another driver."""
    return {"driver": EMBEDDED, **name_build(values)}


_NOTE_FORMAT = Format("the note of a stored layer", (_name_driver,))


@dataclass(frozen=True)
class Stage:
    """One step of preparing a machine. inputs: files and texts that decide what it does. lasting: a boot brings back all that
    it leaves; booted: what is left to do then."""

    title: str
    name: str
    inputs: tuple[Path | str, ...]
    work: Callable[[Seat, Step], object]
    survives_reboot: bool = False
    after_boot: Callable[[Seat, Step], object] | None = None


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
    """The stored layer: its newest build whose files have the sizes that they had, and that no back end has refused."""
    return next((layer_in(f) for f in reversed(folders(home, layer_key)) if _usable(home, f)), None)


def layer_in(folder: Path) -> Layer:
    """What a folder holds, as its note says."""
    note = read_note(folder) or {}
    return Layer(str(note.get("key", folder.name)), folder, str(note.get("driver", EMBEDDED)))


def _usable(home: Home, folder: Path) -> bool:
    """With all below it."""
    note = read_note(folder)
    if note is None or note.get("refused") or sizes(folder) != note["files"]:
        return False
    return not note["parent"] or _usable(home, home.layers / str(note["parent"]))


def folders(home: Home, layer_key: str) -> list[Path]:
    """All builds of a layer, the oldest first. A layer of an older version has one build only, in a folder of its key alone."""
    builds = [f for f in (home.layers / layer_key, *home.layers.glob(f"{layer_key}-*")) if f.is_dir()]
    return sorted(builds, key=lambda f: (f / NOTE).stat().st_mtime_ns if (f / NOTE).is_file() else 0)


def of_build(home: Home, layer_key: str, build: str) -> Path | None:
    """The folder of the very build that a disk stands on, or None where it is gone. An empty build is any: the newest."""
    return next((f for f in reversed(folders(home, layer_key)) if build in ("", build_id(f))), None)


def build_id(folder: Path) -> str:
    """Which build of a layer a folder holds: a disk stands on the one that it was made from, and on no later one."""
    note = read_note(folder)
    return str(note["build_id"]) if note else ""


def read_note(folder: Path) -> Values | None:
    """None where there is no whole layer. Raises NewerVersion."""
    try:
        note = _NOTE_FORMAT.read(folder / NOTE)
    except (OSError, ValueError):
        return None
    return note if "files" in note else None


def write_note(folder: Path, note: Mapping[str, object]) -> None:
    """Which build is the newest does not change by it."""
    stamp = (folder / NOTE).stat() if (folder / NOTE).exists() else None
    _NOTE_FORMAT.write(folder / NOTE, note)
    if stamp:
        os.utime(folder / NOTE, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def sizes(folder: Path) -> dict[str, int]:
    return {f.name: f.stat().st_size for f in sorted(folder.iterdir()) if f.name != NOTE}


def damage(layer: Layer) -> str:
    """What of a stored layer is not as it was stored, found by reading all of it; empty where nothing is."""
    note = read_note(layer.folder)
    if note is None:
        return f"{layer.folder / NOTE} cannot be read"
    if sizes(layer.folder) != note["files"]:
        return "its files have other sizes"
    try:
        sums = checksums(layer.folder) if "sums" in note else {}
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    changed = [name for name, value in sums.items() if note["sums"].get(name) != value]
    return f"{', '.join(changed)} changed on the disk" if changed else ""


def stack(home: Home, layer: Layer) -> list[Layer]:
    """The layer and those below it, as far as they are there."""
    layers = []
    folder: Path | None = layer.folder
    while folder and (note := read_note(folder)):
        layers.append(layer_in(folder))
        folder = home.layers / str(note["parent"]) if note["parent"] else None
    return layers


def refuse(layer: Layer, reason: str) -> None:
    """Marks a build as one that nobody starts from any more. What stands on it stays."""
    if note := read_note(layer.folder):
        write_note(layer.folder, {**note, "refused": reason})


def remove(home: Home, folder: Path) -> bool:
    """Removes a build with all that is built on it, where no seat stands on them. Returns whether it is gone.

    Out of its place first, so that there is no half-removed layer; and back, where a seat was made on it meanwhile. What a
    newer lab has built, or a seat of its, may stand on any: then none is removed.
    """
    try:
        return _remove(home, folder)
    except NewerVersion:
        return False


def _remove(home: Home, folder: Path) -> bool:
    children = [child for child in home.layers.glob("[!.]*/") if (read_note(child) or {}).get("parent") == folder.name]
    if folder.name in in_use(home) or not all(_remove(home, child) for child in children):
        return False
    trash = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.old")
    with suppress(FileNotFoundError):
        folder.rename(trash)
        if folder.name in in_use(home, except_for=folder.name):
            trash.rename(folder)
            return False
        _discard(trash)
    return True


def _discard(folder: Path) -> None:
    """By its driver, which may keep more of it elsewhere; what is no whole layer is a folder and no more."""
    driver = load(layer_in(folder).driver) if read_note(folder) else None
    if isinstance(driver, LayerStore):
        driver.discard(folder)
    else:
        remove_tree(folder)


def in_use(home: Home, except_for: str = "") -> set[str]:
    """The names of all folders of layers that a seat stands on, and of those below them. Asked of the disks and not only of
    the seats' records: a seat whose record is corrupt, or that was set aside, keeps what it needs.

    away: the name of a folder that is not in its place for the moment.
    """
    used: set[str] = set()
    waiting = [name for folder in home.seats.glob("*/") for name in stands_on(folder)]
    while waiting:
        name = waiting.pop()
        note = read_note(home.layers / name)
        if name not in used and (note or name == except_for):
            used.add(name)
            waiting += [str(note["parent"])] if note and note["parent"] else []
    return used


def checksums(folder: Path) -> dict[str, int]:
    """A number for each of a layer's files and folders, which changes with what is in it."""
    return {path.name: _checksum(path) for path in sorted(folder.iterdir()) if path.name != NOTE}


def _checksum(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        value = 0
        for file in sorted(path.rglob("*")):
            value = zlib.crc32(str(file.relative_to(path)).encode("utf-8", "surrogateescape"), value)
            if not file.is_dir():
                value = zlib.crc32(_checksum(file).to_bytes(4), value)
        return value
    if path.is_symlink():
        return zlib.crc32(os.fsencode(path.readlink()))
    return checksum(path) if path.is_file() else 0


def keys(driver: LayerStore, spec: Spec, image: Image, stages: list[Stage]) -> list[str]:
    """The keys of all stages, each standing on the one before."""
    parent = f"{FORMAT} {image.digest} {driver.fingerprint(spec, image)}"
    result = []
    for stage in stages:
        parent = key(parent, stage)
        result.append(parent)
    return result
