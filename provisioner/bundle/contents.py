"""What is packed for some labs: images, the chains of stored layers, own labs, the page's parts, and what was asked for.

The labs' container images are in the layers: they are built in the machine, from files of the project. A layer is packed once,
however many labs stand on it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from provisioner import __version__, images
from provisioner.backends.qemu import arguments
from provisioner.bundle import disk, fit
from provisioner.bundle.archive import Source, measure
from provisioner.bundle.manifest import FORMAT, Entry, ImageNote, LabNote, LayerNote, Manifest
from provisioner.content.lab import Lab, lab_folders
from provisioner.core.errors import LabError, UsageError
from provisioner.core.files import room
from provisioner.core.model import Layer
from provisioner.core.paths import Home, project_labs
from provisioner.core.progress import Step, say
from provisioner.drivers.base import Driver, LayerStore
from provisioner.images import Image
from provisioner.page import parts
from provisioner.provision import layer_builder, layer_store, stages
from provisioner.provision.cost import announce
from provisioner.provision.prerequisites import image_of, require_kernel, require_programs

_SHARED = ("base.yml", "images", "roles")
_NOT_IN_A_BUNDLE = (layer_store.NOTE, "image")  # written at installing, from the manifest


@dataclass(frozen=True)
class Prepared:
    lab: Lab
    image: Image
    layer: Layer


@dataclass
class Contents:
    """What is packed, and from where. kinds: of each source, as in Entry."""

    labs: list[LabNote] = field(default_factory=list)
    images: dict[str, ImageNote] = field(default_factory=dict)
    layers: dict[str, LayerNote] = field(default_factory=dict)
    sources: dict[str, tuple[str, Source]] = field(default_factory=dict)  # by path: kind, source

    def add(self, path: str, kind: str, source: Path, names: tuple[str, ...] | None = None) -> None:
        self.sources.setdefault(path, (kind, Source(source, names)))

    def add_files(self, folder: str, files: Iterable[Path]) -> None:
        for file in sorted(files):
            self.add(f"{folder}/{file.name}", "file", file)

    @property
    def size(self) -> int:
        """Bytes at most, as far as the file system knows them."""
        return sum(_room(source.path) for _, source in self.sources.values())

    def measure(self, bar: Step) -> list[Entry]:
        """All sources are read once, for their checksums."""
        total, size = self.size, 0

        def watch(count: int) -> None:
            nonlocal size
            size += count
            bar.fraction(size, total)
            bar.detail(f"{size >> 20} of about {total >> 20} MiB")

        return [measure(source, path, kind, watch) for path, (kind, source) in self.sources.items()]


def prepare(home: Home, driver: Driver, lab: Lab, image_name: str | None) -> Prepared:
    """The lab's beginning, which is prepared if it is not stored yet. Raises LabError."""
    require_kernel(lab, driver)
    if not isinstance(driver, LayerStore) or fit.kind_of(driver.info.name) not in fit.MEMORY:
        raise UsageError(f"the driver {driver.info.name} stores no layers that can be packed", hint="--driver qemu, or lxc")
    require_programs(driver)
    announce(home, lab, driver, image_name, ())

    def work() -> Prepared:
        image = image_of(lab, driver, image_name)
        build = partial(layer_builder.prepare, home, driver, stages.spec_of(lab), image, stages.stages(lab, driver)[0])
        layer = build()
        for part in layer_store.stack(home, layer):
            if reason := layer_store.damage(part):
                say(f"! the stored layer {part.folder.name} cannot be packed ({reason}): preparing it anew")
                layer_store.refuse(part, reason)
                layer = build()
        return Prepared(lab, image, layer)

    return layer_builder.plan_again(work)


def collect(home: Home, driver: Driver, prepared: Sequence[Prepared], *, with_page: bool) -> Contents:
    """Raises LabError for what cannot be packed."""
    contents = Contents()
    for item in prepared:
        _add_image(contents, item.image)
        for layer in reversed(layer_store.stack(home, item.layer)):
            _add_layer(contents, home, layer)
        contents.labs.append(_describe(driver, item))
    for root in {item.lab.root: None for item in prepared if not _is_project(item.lab.root)}:
        labs = [item.lab for item in prepared if item.lab.root == root]
        _add_labs(contents, root, labs)
    if with_page:
        folder = parts.find(home)
        if folder.is_relative_to(home.cache):  # else it comes with the project
            contents.add(f"page/{folder.name}", "folder", folder)
    return contents


def make_manifest(contents: Contents, entries: Sequence[Entry], driver: Driver, part_size: int) -> Manifest:
    is_qemu = fit.kind_of(driver.info.name) == "qemu"
    return Manifest(
        FORMAT, __version__, driver.info.name, images.ARCH, arguments.version() if is_qemu else "", part_size,
        tuple(contents.labs), tuple(contents.images.values()), tuple(contents.layers.values()), tuple(entries),
    )  # fmt: skip


def check_disks(home: Home, manifest: Manifest) -> None:
    """Raises LabError where a disk names what it stands on otherwise than where that is installed."""
    for layer in manifest.layers:
        disk.check_layer(manifest, layer, home.layers / layer.folder)


def say_shared(contents: Contents, manifest: Manifest) -> None:
    users = {layer: [lab.number for lab in contents.labs if layer in {part.folder for part in manifest.stack(lab.layer)}]
             for layer in contents.layers}  # fmt: skip
    for layer, numbers in users.items():
        if len(numbers) > 1:
            say(f"· the layer {contents.layers[layer].stage} is packed once for labs {', '.join(map(str, numbers))}")


def _room(path: Path) -> int:
    """Bytes that a file or a folder takes on the disk."""
    files = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink()) if path.is_dir() else (path,)
    return sum(room(file) for file in files)


def _is_project(root: Path) -> bool:
    return root.resolve() == project_labs().resolve()


def _add_image(contents: Contents, image: Image) -> None:
    if image.folder.is_dir() and image.id not in contents.images:  # a fake machine has none
        contents.images[image.id] = ImageNote(image.id, image.name, image.digest, image.disk_format)  # type: ignore[arg-type]
        contents.add_files(f"images/{image.id}", (f for f in image.folder.iterdir() if f.is_file()))


def _add_layer(contents: Contents, home: Home, layer: Layer) -> None:
    if layer.folder.name in contents.layers:
        return
    note = layer_store.read_note(layer.folder)
    if note is None or "sums" not in note:
        raise LabError(f"the stored layer {layer.folder.name} is of an older version of lab", hint="lab cache --prune --all")
    name = layer.folder.name
    contents.layers[name] = LayerNote(
        name, str(note["key"]), str(note["build_id"]), str(note["stage"]), str(note["image"]), str(note["driver"]),
        str(note["parent"] or ""), {str(file): int(value) for file, value in note["sums"].items()},
    )  # fmt: skip
    for path in sorted(layer.folder.iterdir()):
        if path.name not in _NOT_IN_A_BUNDLE:
            contents.add(f"layers/{name}/{path.name}", "system" if path.is_dir() else "file", path)


def _describe(driver: Driver, item: Prepared) -> LabNote:
    assert isinstance(driver, LayerStore)
    lab = item.lab
    host = driver.fingerprint(stages.spec_of(lab), item.image)
    root = "" if _is_project(lab.root) else f"labs/{_root_name(lab.root)}"
    return LabNote(lab.number, lab.folder.name, lab.manifest.title, root, item.image.id, item.layer.folder.name,
                   fit.recipe(lab, driver, item.image), host)  # fmt: skip


def _root_name(root: Path) -> str:
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in root.resolve().name).strip("-")
    return name[:60] or "labs"


def _add_labs(contents: Contents, root: Path, labs: Sequence[Lab]) -> None:
    path = f"labs/{_root_name(root)}"
    if path in contents.sources:
        raise UsageError(f"two folders of labs are called {root.name}", evidence=str(root), hint="pack them in two bundles")
    names = sorted({*(lab.folder.name for lab in labs), *_shared(root)})
    contents.add(path, "folder", root, tuple(names))


def _shared(root: Path) -> Iterator[str]:
    """What the labs of a folder have in common; where that has its own base.yml, all that Ansible may find beside it."""
    if not (root / "base.yml").exists():
        yield from (name for name in _SHARED if (root / name).exists())
        return
    labs = set(lab_folders(root).values())
    yield from (path.name for path in root.iterdir() if path not in labs and not path.name.startswith("."))


def watcher(bar: Step, total: int) -> Callable[[int], None]:
    """Tells a step how much of so many bytes is done."""
    size = 0

    def watch(count: int) -> None:
        nonlocal size
        size += count
        bar.fraction(size, total)
        bar.detail(f"{size >> 20} of {total >> 20} MiB")

    return watch
