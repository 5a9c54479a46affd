"""What the cache holds: images, layers and unfinished bundles, what each costs, and who needs it."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from provisioner import images
from provisioner.backends.disk_chain import stands_on
from provisioner.backends.qemu import arguments
from provisioner.content.lab import lab_folders
from provisioner.content.lab import load as load_lab
from provisioner.core.errors import LabError
from provisioner.core.files import remove_tree, room
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.base import LayerStore
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.provision import layer_store, stages
from provisioner.seats.seat import hold_lock

BUNDLE = "bundle"  # a kind of item: an installation that was interrupted


@dataclass(frozen=True)
class Item:
    """disk in bytes, as the file system counts them; why: who needs it, empty if nobody does."""

    kind: str
    what: str
    name: str
    disk: int
    why: str = ""
    pinned: bool = False  # a seat stands on it

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Cache:
    def __init__(self, home: Home) -> None:
        self.home = home

    def items(self) -> list[Item]:
        """Images first, then layers, in the order in which they stand on each other."""
        notes = self._notes()
        used, needed = self._used(notes), self._wanted(notes)
        current = {image.id for name in images.table(self.home) if (image := images.local(self.home, name))}
        items = []
        for folder in sorted(self.home.images.glob("[!.]*/")):
            pinned = any(notes[key]["image"] == folder.name for key in used)
            why = "what layers stand on" if pinned or folder.name in current else ""
            image = images.at(self.home, folder.name)
            items.append(Item("image", image.name if image else folder.name, folder.name, _disk(folder), why, pinned))
        for name in sorted(notes, key=lambda n: (self._depth(notes, n), str(notes[n]["stage"]))):
            by = used.get(name) or ("" if notes[name].get("refused") else needed.get(str(notes[name]["key"]))) or ""
            items.append(Item("layer", str(notes[name]["stage"]), name, _disk(self.home.layers / name), by, name in used))
        items += [Item(BUNDLE, "not installed", f.name, _disk(f)) for f in sorted(self.home.unpacked.glob("[!.]*/"))]
        return items

    def unused(self, *, select_all: bool) -> list[Item]:
        return [i for i in reversed(self.items()) if not i.pinned and (select_all or not i.why)]

    def remove(self, item: Item) -> None:
        if item.kind == "image":
            images.remove(self.home, item.name)
            return
        if item.kind == BUNDLE:
            with hold_lock(self.home.unpacked / ".lock", "lab cache --prune"):  # an installation under way comes first
                remove_tree(self.home.unpacked / item.name)
            return
        with hold_lock(self.home.layers / f".{item.name.partition('-')[0]}.lock", "lab cache --prune"):
            layer_store.remove(self.home, self.home.layers / item.name)

    def _notes(self) -> dict[str, dict[str, object]]:
        notes = ((f.name, layer_store.read_note(f)) for f in self.home.layers.glob("[!.]*/"))
        return {name: note for name, note in notes if note}

    def _used(self, notes: dict[str, dict[str, object]]) -> dict[str, str]:
        """Layers that disks of seats are overlays of, with all below them: also of seats that were set aside."""
        used: dict[str, str] = {}
        for folder in self.home.seats.glob("*/"):
            for top in stands_on(folder):
                used.update((name, f"seat {folder.name.lstrip('.')} stands on it") for name in self._down(notes, top))
        return used

    def _wanted(self, notes: dict[str, dict[str, object]]) -> dict[str, str]:
        """Layers that the labs as they are now would use, with any driver that has stored some."""
        needed: dict[str, str] = {}
        labs = [load_lab(labs_folders(), str(number)) for number in lab_folders(labs_folders())]
        stored = {key: str(note["driver"]) for key, note in notes.items()}
        for name, lab in product(sorted(set(stored.values())), labs):
            try:
                driver = load(name)
            except LabError:  # of another version: what it stored is not ours to judge
                needed.update((str(n["key"]), f"{name} is unknown here") for n in notes.values() if n["driver"] == name)
                continue
            image = next((i for name in lab.manifest.images if (i := images.local(self.home, name))), None)
            if image is None or not isinstance(driver, LayerStore):
                continue
            try:
                machine = stages.spec_of(lab)
                for key in layer_store.keys(driver, machine, image, stages.stages(lab, driver, lab.exercises)[0]):
                    needed.setdefault(key, f"lab {lab.number} begins with it")
            except LabError:  # this host cannot say (its QEMU is gone): nothing is thrown away for that
                keys = [str(notes[folder]["key"]) for folder, driver_name in stored.items() if driver_name == name]
                needed.update(dict.fromkeys(keys, f"{name} cannot say now which it needs"))
        for folder in [folder for folder, note in notes.items() if str(note["key"]) in needed]:
            why = needed[str(notes[folder]["key"])]
            for name in self._down(notes, folder):  # below a layer that was made anew from another host's disk
                needed.setdefault(str(notes[name]["key"]), why)
        return needed

    def _down(self, notes: dict[str, dict[str, object]], key: str) -> Iterator[str]:
        while key in notes:
            yield key
            key = str(notes[key]["parent"])

    def _depth(self, notes: dict[str, dict[str, object]], key: str) -> int:
        return len(list(self._down(notes, key)))


def make_key() -> str:
    """For CI services that keep the cache: of all labs' preparations, images and machines, and of this processor's kind. Layers
    have more exact keys of their own: an old cache is not wrong, it has something else in it."""
    driver, parts = load(EMBEDDED), [images.ARCH, layer_store.FORMAT]
    with suppress(LabError):
        parts.append(arguments.version())  # what QEMU stored is only for itself
    for name, source in sorted(images.TABLE.items()):
        parts += [name, source.address, images.debian.digest(source.build) if source.build else ""]
    for number in lab_folders(labs_folders()):
        lab = load_lab(labs_folders(), str(number))
        parent = str(stages.spec_of(lab))
        for stage in stages.stages(lab, driver)[0]:
            parent = layer_store.key(parent, stage)
        parts.append(parent)
    return f"lab-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def _disk(folder: Path) -> int:
    return sum(room(f) for f in folder.rglob("*") if f.is_file())
