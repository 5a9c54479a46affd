"""Puts a verified bundle into its places, and has prepared anew what this host cannot use as it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from provisioner import images
from provisioner.bundle import fit, labs, scratch
from provisioner.bundle.archive import Bundle
from provisioner.bundle.fit import Fit
from provisioner.bundle.manifest import LabNote, LayerNote, Manifest
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home, private_folder, sync_folder
from provisioner.core.progress import say
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import load
from provisioner.provision import layer_builder, layer_store, stages
from provisioner.seats.seat import hold_lock

EXTRAS = {"python": "bundle-python", "packages": "bundle-packages"}  # entries: folders of the cache
_PURPOSE = "lab bundle install"


@dataclass(frozen=True)
class Outcome:
    """Of one lab. state: `lab up` has all that it needs; its layer was made anew on this host; not yet. options: what `lab up`
    has to be told to use the bundle's image."""

    number: int
    title: str
    state: Literal["ready", "remade", "later"]
    reason: str = ""
    options: str = ""


def install(home: Home, bundle: Bundle) -> list[Outcome]:
    """Verifies all, then puts it into place. Raises LabError; until all is verified, nothing of it is in its place."""
    scratch.require_host(home, bundle)
    manifest, driver = bundle.manifest, load(bundle.manifest.driver)
    with hold_lock(scratch.lock_file(home), _PURPOSE):
        folder = scratch.unpack(home, bundle)
        try:
            plans = labs.plan(home, manifest, folder)
        except Exception:
            remove_tree(folder)
            raise
        _place_images(home, manifest, folder)
        labs.install(home, plans)
        _place_folders(home, folder)
        fits = {note.number: fit.compare(home, manifest, note, driver) for note in manifest.labs}
        _place_layers(home, manifest, folder, fits)
        remove_tree(folder)
    return [_finish(home, manifest, note, driver, fits[note.number]) for note in manifest.labs]


def _place_images(home: Home, manifest: Manifest, folder: Path) -> None:
    for image in manifest.images:
        with hold_lock(home.images / f".{image.name}.lock", _PURPOSE):
            if images.at(home, image.id) is None:
                remove_tree(home.images / image.id)  # what is there is no whole image
                _rename(folder / "images" / image.id, home.images / image.id)


def _place_folders(home: Home, folder: Path) -> None:
    """The page's parts, and what was packed for this host itself."""
    for source in sorted((folder / "page").glob("*/")):
        with hold_lock(home.cache / "page" / ".lock", _PURPOSE):
            if not (target := home.cache / "page" / source.name).is_dir():
                _rename(source, target)
    for name, place in EXTRAS.items():
        if (folder / name).is_dir():
            remove_tree(home.cache / place)
            _rename(folder / name, home.cache / place)


def _place_layers(home: Home, manifest: Manifest, folder: Path, fits: dict[int, Fit]) -> None:
    """Each below those that stand on it. Memory that no lab can use here is left out; so are layers that none can use."""
    whole = _stacks(manifest, (note for note in manifest.labs if fits[note.number].how in ("as they are", "cannot say")))
    disks = _stacks(manifest, (note for note in manifest.labs if fits[note.number].how == "disks only"))
    for layer in manifest.layers:
        if layer.folder in whole | disks:
            with hold_lock(home.layers / f".{layer.key}.lock", _PURPOSE):
                _place_layer(home, layer, folder / "layers" / layer.folder, with_memory=layer.folder in whole)


def _stacks(manifest: Manifest, notes: Iterable[LabNote]) -> set[str]:
    return {layer.folder for note in notes for layer in manifest.stack(note.layer)}


def _place_layer(home: Home, layer: LayerNote, source: Path, *, with_memory: bool) -> None:
    place = home.layers / layer.folder
    note = layer_store.read_note(place)
    if note and not note.get("refused") and layer_store.sizes(place) == note["files"]:
        if not with_memory:
            _strip(place, layer, note)
        return
    if place.exists() and not layer_store.remove(home, place):
        say(f"! the stored layer {layer.folder} is damaged, and a seat stands on it: it stays (lab status, lab destroy)")
        return
    (source / "image").write_text(layer.image + "\n", encoding="utf-8")
    note = {
        "stage": layer.stage, "key": layer.key, "image": layer.image, "build_id": layer.build_id, "driver": layer.driver,
        "parent": layer.parent or None, "sums": layer.sums,
    }  # fmt: skip
    if with_memory:
        _write_note(source, note)
    else:
        _strip(source, layer, note)
    _rename(source, place)


def _strip(folder: Path, layer: LayerNote, note: Mapping[str, object]) -> None:
    """Without the memory, the machine boots from its disk: the note goes first, so that a half-stripped layer is none."""
    if names := [name for name in fit.MEMORY[fit.kind_of(layer.driver)] if (folder / name).exists()]:
        (folder / layer_store.NOTE).unlink(missing_ok=True)
        for name in names:
            remove_tree(folder / name)
    _write_note(folder, note)


def _write_note(folder: Path, note: Mapping[str, object]) -> None:
    files = layer_store.sizes(folder)  # those of folders differ from one file system to another
    sums = note["sums"]
    assert isinstance(sums, dict)
    layer_store.write_note(folder, {**note, "files": files, "sums": {n: value for n, value in sums.items() if n in files}})


def _rename(source: Path, place: Path) -> None:
    private_folder(place.parent)
    source.rename(place)
    sync_folder(place.parent)


def _finish(home: Home, manifest: Manifest, note: LabNote, driver: Driver, lab_fit: Fit) -> Outcome:
    """Has the lab's layer made anew from its disk, where only the memory in it does not fit."""
    reason, state = lab_fit.reason, "ready"  # type: str, Literal["ready", "remade", "later"]
    if lab_fit.how == "disks only" and not fit.is_ready(home, manifest, note, driver):
        say(f"· lab {note.number}: {reason}. Its layer is made anew from its disk, without the network")
        _remake(home, manifest, note, driver)
        state = "remade"
    elif lab_fit.how in ("not at all", "cannot say"):
        state = "later"
    elif not fit.is_ready(home, manifest, note, driver):
        state, reason = "later", "a stored layer of it cannot be used"
    if state == "later":
        say(f"! lab {note.number} is not ready: {reason}")
    return Outcome(note.number, note.title, state, reason, fit.image_option(home, manifest, note))


def _remake(home: Home, manifest: Manifest, note: LabNote, driver: Driver) -> None:
    lab = fit.find_lab(note)
    assert lab is not None
    image = fit.find_image(home, manifest, note, driver, lab)
    assert image is not None
    disk = layer_store.layer_in(home.layers / note.layer)
    layer_builder.plan_again(
        lambda: layer_builder.rebuild(home, driver, stages.spec_of(lab), image, stages.stages(lab, driver)[0], disk)
    )


def extras(home: Home) -> dict[str, Path]:
    """Where what was packed for the host itself is, as far as it is there."""
    return {name: home.cache / place for name, place in EXTRAS.items() if (home.cache / place).is_dir()}
