"""Stored states of a machine, so that slow work is done once per host: image -> docker -> lab.

A layer's key is a hash of everything that made it: changed input is another key, and the old layer is never asked
for again. It is built in a folder beside its place and renamed into it, so there is no half-built layer.
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from . import ssh
from .drivers import EMBEDDED, Converts, Discards, Driver, Layer, Machine, Refused, StoresLayers, load
from .errors import LabError
from .home import Home, private_folder
from .images import Image
from .progress import Step, say, step
from .seat import Record, Seat, exclusive, preparing

NOTE = "layer.json"
FORMAT = 6  # raise it when stored layers must not be used any more

Made = TypeVar("Made")


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


def use(
    home: Home, driver: Driver, machine: Machine, image: Image, stages: list[Stage], work: Callable[[Layer], Made]
) -> Made:
    """work(layer) with all stages done. A layer that the back end refuses, and what stands on it, is made anew."""
    for _ in stages:
        try:
            return work(prepare(home, driver, machine, image, stages))
        except Refused as refused:
            say(f"! a stored layer cannot be used ({refused.what}): preparing it anew")
            with exclusive(home.layers / f".{refused.layer}.lock", "clearing a refused layer away"):
                remove(home, refused.layer)
    return work(prepare(home, driver, machine, image, stages))


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


def prepare(home: Home, driver: Driver, machine: Machine, image: Image, stages: list[Stage]) -> Layer:
    """The layer with all stages done; builds what is missing. The driver must store layers. Raises LabError."""
    assert isinstance(driver, StoresLayers)
    layer_key = keys(driver, machine, image, stages)[-1]
    with exclusive(home.layers / f".{layer_key}.lock", f"preparing {stages[-1].name}"):
        return find(home, layer_key) or _build(home, driver, machine, image, stages, layer_key)


def _build(home: Home, driver: Driver, machine: Machine, image: Image, stages: list[Stage], layer_key: str) -> Layer:
    *before, stage = stages
    if converted := _elsewhere(home, driver, machine, image, stages):
        try:
            return _made(home, driver, image, None, stage, layer_key, partial(_convert, driver, machine, converted, stage))
        except LabError as error:
            _say_slower(driver, stage, error)
    origin = prepare(home, driver, machine, image, before) if before else image
    return _made(home, driver, image, origin, stage, layer_key, partial(_work, driver, machine, image, origin, stage))


def _made(
    home: Home, driver: Driver, image: Image, origin: Image | Layer | None, stage: Stage, layer_key: str,
    make: Callable[[Seat], object],
) -> Layer:  # fmt: skip
    """The layer of the machine that make() leaves in its seat. origin: what it stands on."""
    assert isinstance(driver, StoresLayers)
    seat = preparing(home, layer_key)
    if seat.exists():
        say(f"! an earlier preparation of {stage.name} was cut off: starting it again")
        discard(driver, seat)
    beside = home.layers / f".{layer_key}.new"
    shutil.rmtree(beside, ignore_errors=True)
    private_folder(beside)
    try:
        seat.create(Record(lab=stage.name, driver=driver.name, layer=layer_key))
        make(seat)
        with step(f"Storing it ({stage.name})", key=f"store {stage.name}"):
            driver.store(seat, beside)
        (beside / "image").write_text(image.id + "\n")
        note = {
            "stage": stage.name, "key": layer_key, "image": image.id, "made": secrets.token_hex(4), "driver": driver.name,
            "parent": origin.key if isinstance(origin, Layer) else None, "files": sizes(beside),
        }  # fmt: skip
        (beside / NOTE).write_text(json.dumps(note))
        if (home.layers / layer_key).exists():
            say(f"! the stored layer {stage.name} was damaged: replacing it")
            remove(home, layer_key)
        beside.rename(home.layers / layer_key)
    except BaseException as error:
        _keep_logs(home, seat, error)
        raise
    finally:
        discard(driver, seat)
        shutil.rmtree(beside, ignore_errors=True)
    return Layer(layer_key, home.layers / layer_key)


def _work(driver: Driver, machine: Machine, image: Image, origin: Image | Layer, stage: Stage, seat: Seat) -> None:
    """The stage, done in a machine of its own."""
    verb = "Resuming" if isinstance(origin, Layer) else "Booting"
    with step(f"{verb} a machine to prepare", key=f"{verb} {image.name}"):
        end = driver.up(seat, machine, origin, building=True)
        ssh.configure(seat, end.address, end.port)
    with step(stage.title, key=f"stage {stage.name}") as now:
        stage.work(seat, now)


def _convert(driver: Driver, machine: Machine, layer: Layer, stage: Stage, seat: Seat) -> None:
    """The stage, as another driver's machine has it."""
    assert isinstance(driver, Converts)
    with step(f"Booting a machine of it ({stage.name})", key=f"convert {stage.name}") as now:
        end = driver.convert(seat, machine, layer)
        if stage.booted:
            ssh.configure(seat, end.address, end.port)
            stage.booted(seat, now)


def _elsewhere(home: Home, driver: Driver, machine: Machine, image: Image, stages: list[Stage]) -> Layer | None:
    """The stages, done by another driver, where that is quicker and a boot brings back what they leave."""
    maker = driver.maker(image) if isinstance(driver, Converts) and all(stage.lasting for stage in stages) else None
    if maker is None:
        return None
    say(f"· {stages[-1].name} is prepared by {maker.name}, which is quicker here; {driver.name} boots what comes out")
    try:
        return prepare(home, maker, machine, image, stages)
    except LabError as error:
        _say_slower(maker, stages[-1], error)
        return None


def _say_slower(driver: Driver, stage: Stage, error: LabError) -> None:
    say(f"! {driver.name}: {error.what}; preparing {stage.name} in the machine itself, which takes longer")


def sweep(home: Home, driver: Driver) -> None:
    """Clears away what a killed preparation left: its machine, its folders. What is being prepared now is locked."""
    from filelock import FileLock, Timeout

    for folder in home.layers.glob("b-*"):
        record = Seat(folder).read()
        # Who prepares holds the lock of the layer's key before there is a note that names it.
        locks = [f".{record.layer}.lock"] if record else [f.name for f in home.layers.glob(f".{folder.name[2:]}*.lock")]
        try:
            with ExitStack() as held:
                for lock in locks:
                    held.enter_context(FileLock(home.layers / lock, timeout=0))
                discard(load(record.driver) if record else driver, Seat(folder))
                if record:
                    shutil.rmtree(home.layers / f".{record.layer}.new", ignore_errors=True)
        except Timeout:
            continue


def _keep_logs(home: Home, seat: Seat, error: BaseException) -> None:
    """The seat of a failed preparation goes, its logs stay, and the error says where."""
    if not seat.logs.is_dir():
        return
    kept = home.layers / "failed"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(seat.logs, kept)
    if isinstance(error, LabError):
        error.hint = error.hint.replace(str(seat.logs), str(kept))


def discard(driver: Driver, seat: Seat) -> None:
    driver.destroy(seat)
    seat.remove()
