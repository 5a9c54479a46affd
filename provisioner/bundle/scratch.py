"""Where a bundle is unpacked and verified: a folder of the cache, named by its manifest. Nothing of it is used before all of it
is right. A call that was interrupted is continued in it; one that is refused leaves none."""

import json
import shutil
from pathlib import Path

from provisioner.bundle import disk, fit
from provisioner.bundle.archive import Bundle
from provisioner.bundle.contents import watcher
from provisioner.bundle.manifest import NAME, Manifest, refuse
from provisioner.content.lab import lab_folders
from provisioner.core.errors import HostError, UsageError
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home, private_folder
from provisioner.core.progress import step
from provisioner.core.users import is_root
from provisioner.drivers.base import LayerStore
from provisioner.drivers.registry import load
from provisioner.images import ARCH

_SPARE = 64 << 20  # bytes that stay free


def lock_file(home: Home) -> Path:
    return home.unpacked / ".lock"


def folder_of(home: Home, bundle: Bundle) -> Path:
    return home.unpacked / bundle.sha256[:16]


def require_host(home: Home, bundle: Bundle) -> None:
    """Raises LabError for a bundle of another architecture or of layers that this lab or this user cannot have, and where there
    is too little room."""
    manifest = bundle.manifest
    for name in (manifest.driver, *(layer.driver for layer in manifest.layers)):
        if fit.kind_of(name) not in fit.MEMORY or not isinstance(load(name), LayerStore):
            refuse(NAME, f"it has layers of the driver {name}, which no bundle can have")
    if fit.kind_of(manifest.driver) == "lxc" and not is_root():
        raise UsageError("files of system containers belong to many users: only root installs them", hint="sudo lab bundle ...")
    if manifest.architecture != ARCH:
        raise UsageError(
            f"the bundle was made for {manifest.architecture}, and this host is {ARCH}",
            hint="make one on a host of this architecture",
        )
    scratch = folder_of(home, bundle)
    needed = sum(entry.size for entry in manifest.entries if not (scratch / entry.path).exists()) + _SPARE
    place = next(path for path in (home.cache, *home.cache.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise HostError(
            f"too little room: {free >> 20} MiB are free in {place}, and the bundle takes {needed >> 20} MiB",
            hint="make room there (lab cache --prune), or set LAB_HOME to a folder on another disk",
        )


def unpack(home: Home, bundle: Bundle) -> Path:
    """The folder with all of it, verified. Raises LabError; then the folder is gone."""
    scratch = folder_of(home, bundle)
    for other in scratch.parent.glob("[!.]*"):  # of bundles whose installation nobody has continued
        if other != scratch:
            remove_tree(other)
    private_folder(scratch)
    try:
        with step("Verifying and unpacking the bundle", key="bundle unpack") as bar:
            bundle.unpack(scratch, watcher(bar, bundle.manifest.size))
            bar.result(f"{len(bundle.manifest.entries)} entries, {bundle.manifest.size >> 20} MiB")
        _check(bundle.manifest, scratch)
    except Exception:  # not Ctrl-C
        remove_tree(scratch)
        raise
    return scratch


def _check(manifest: Manifest, scratch: Path) -> None:
    """What entries say of other files: disks, notes of images, folders of labs."""
    for layer in manifest.layers:
        if not (scratch / "layers" / layer.folder).is_dir():
            refuse(f"layers/{layer.folder}", "the manifest names it, and it is not in the bundle")
        disk.check_layer(manifest, layer, scratch / "layers" / layer.folder)
    for image in manifest.images:
        folder = scratch / "images" / image.id
        try:
            note = json.loads((folder / "image.json").read_text(encoding="utf-8"))
            is_same = (note["name"], note["digest"], note["format"]) == (image.name, image.digest, image.format)
        except (OSError, ValueError, KeyError, TypeError) as error:
            refuse(f"images/{image.id}/image.json", str(error))
        if not is_same:
            refuse(f"images/{image.id}/image.json", "it is of another image than the manifest says")
        disk.check_image(folder)
    for lab in manifest.labs:
        if lab.root and lab_folders(scratch / lab.root).get(lab.number) != scratch / lab.root / lab.name:
            refuse(lab.root, f"the lab {lab.name} is not in it")
