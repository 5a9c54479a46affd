"""Whether what a bundle holds of a lab is what this host would use: the same lab, the same QEMU, the same kind of processor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from provisioner import images
from provisioner.bundle.manifest import LabNote, Manifest
from provisioner.content.lab import Lab, lab_folders
from provisioner.content.lab import load as load_lab
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.base import Driver, LayerStore
from provisioner.images import Image
from provisioner.provision import layer_store, stages

# What of a stored layer is a machine's memory, by the kind of driver: bound to the QEMU and the processor that made it.
MEMORY: dict[str, Sequence[str]] = {"qemu": ("ram.img", "state"), "fake": ("memory",), "lxc": ()}


@dataclass(frozen=True)
class Fit:
    """how: its layers are used as they are; without the memory in them (they are made anew from their disks); not at all; or
    the host cannot say yet, for lack of a program. reason: in words, where they are not used as they are."""

    how: Literal["as they are", "disks only", "not at all", "cannot say"]
    reason: str = ""


def kind_of(driver_name: str) -> str:
    return driver_name.partition(":")[0]


def recipe(lab: Lab, driver: Driver, image: Image) -> str:
    """A hash of what a lab's beginning is made from, without what depends on the host."""
    parent = f"{layer_store.FORMAT} {image.digest} {stages.spec_of(lab)}"
    for stage in stages.stages(lab, driver)[0]:
        parent = layer_store.key(parent, stage)
    return parent


def find_lab(note: LabNote) -> Lab | None:
    """The lab on this host. Raises LabError."""
    folder = lab_folders(labs_folders()).get(note.number)
    return load_lab(labs_folders(), str(note.number)) if folder and folder.name == note.name else None


def find_image(home: Home, manifest: Manifest, note: LabNote, driver: Driver, lab: Lab) -> Image | None:
    """What this host would take for the image of that name. Raises LabError."""
    packed = next((image for image in manifest.images if image.id == note.image), None)
    return images.local(home, packed.name) if packed else driver.image(lab.manifest.images)


def compare(home: Home, manifest: Manifest, note: LabNote, driver: Driver) -> Fit:
    """Of a lab's layers. Raises LabError."""
    assert isinstance(driver, LayerStore)
    lab = find_lab(note)
    if lab is None:
        return Fit("not at all", f"this host has no lab {note.name}: its version of the project is another")
    if lacking := [finding.what for finding in driver.preflight() if not finding.is_present]:
        return Fit("cannot say", f"this host lacks {', '.join(lacking)}")
    image = find_image(home, manifest, note, driver, lab)
    if image is None or image.id != note.image:
        reason = f"it uses its own image {image.id} in {image.folder}" if image else "it has no such image"
        return Fit("not at all", f"this host's labs would not use the bundle's image: {reason}")
    if recipe(lab, driver, image) != note.recipe:
        return Fit("not at all", "the lab on this host is another version than the one that was packed")
    host = driver.fingerprint(stages.spec_of(lab), image)
    if host == note.host:
        return Fit("as they are")
    return Fit("disks only", f"made with {note.host}, and this host has {host}")


def is_ready(home: Home, manifest: Manifest, note: LabNote, driver: Driver) -> bool:
    """Whether `lab up` has a layer to begin with. Raises LabError."""
    assert isinstance(driver, LayerStore)
    lab = find_lab(note)
    image = find_image(home, manifest, note, driver, lab) if lab else None
    if lab is None or image is None:
        return False
    keys = layer_store.keys(driver, stages.spec_of(lab), image, stages.stages(lab, driver)[0])
    return layer_store.find(home, keys[-1]) is not None


def image_option(home: Home, manifest: Manifest, note: LabNote) -> str:
    """The option with which `lab up` takes the bundle's image; empty where it does without."""
    lab, packed = find_lab(note), next((image for image in manifest.images if image.id == note.image), None)
    if lab is None or packed is None:
        return ""
    choice = next((image for name in lab.manifest.images if (image := images.local(home, name))), None)
    return "" if choice and choice.id == packed.id else f" --image {packed.name}"
