"""What a bundle says of itself: its first entry, which is checked and whose signature counts before anything else is read."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal, NoReturn

from provisioner.core import guest_input
from provisioner.core.errors import LabError, UsageError

NAME = "manifest.json"
FORMAT = 1  # of the archive; a change that an older lab would misread raises it
MOST_BYTES = 64 << 20  # of the manifest
MOST_ENTRIES = 10_000
LARGEST_FILE = 256 << 30  # bytes, with holes
HINT = "do not use it; get the bundle again from whom you have it, and compare checksums"
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~%@=,-]{0,150}")
_LAYER = re.compile(r"([0-9a-f]{20})(?:-([0-9a-f]{1,16}))?")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,80}")
_KINDS = {
    "images": ("file",), "layers": ("file", "system"), "labs": ("folder",), "page": ("folder",), "python": ("file",),
    "packages": ("file",),
}  # fmt: skip
_DEEP = ("images", "layers")  # images/ID/NAME, layers/FOLDER/NAME; the others have one name below


@dataclass(frozen=True)
class Entry:
    """One entry of the archive. kind: a file; a folder of plain files; a system, a folder with owners, links and attributes.
    size: bytes that it has in the archive. Of a file: length in bytes with its holes, and extents, where its data is: offset,
    bytes, offset, bytes, and so on."""

    path: str
    kind: Literal["file", "folder", "system"]
    size: int
    sha256: str
    length: int = 0
    extents: tuple[int, ...] = ()

    @property
    def pairs(self) -> Iterator[tuple[int, int]]:
        """Offset and length of each piece of data."""
        return zip(self.extents[::2], self.extents[1::2], strict=True)


@dataclass(frozen=True)
class ImageNote:
    id: str
    name: str
    digest: str
    format: Literal["raw", "qcow2", "fake"]


@dataclass(frozen=True)
class LayerNote:
    """As in its layer.json. parent: the folder of the layer below, empty where it stands on the image."""

    folder: str
    key: str
    build_id: str
    stage: str
    image: str
    driver: str
    parent: str
    sums: dict[str, int]


@dataclass(frozen=True)
class LabNote:
    """root: of a lab that does not come with the project, the entry that it is in. layer: the folder of its beginning. recipe:
    a hash of what that is made from, without the host; host: what its layers are bound to, QEMU and processor among it."""

    number: int
    name: str
    title: str
    root: str
    image: str
    layer: str
    recipe: str
    host: str


@dataclass(frozen=True)
class Manifest:
    format: int
    lab_version: str
    driver: str
    architecture: str
    qemu: str  # its version, where layers are of the driver qemu
    part_size: int  # bytes of each file but the last; 0: it is one file
    labs: tuple[LabNote, ...]
    images: tuple[ImageNote, ...]
    layers: tuple[LayerNote, ...]  # each after the one that it stands on
    entries: tuple[Entry, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all data, unpacked."""
        return sum(entry.size for entry in self.entries)

    def write(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    def stack(self, folder: str) -> list[LayerNote]:
        """A layer and those below it."""
        by_folder = {layer.folder: layer for layer in self.layers}
        result = []
        while folder:
            result.append(by_folder[folder])
            folder = by_folder[folder].parent
        return result


def parse(content: bytes) -> Manifest:
    """Raises LabError for what is no manifest, for another format, and for entries that would leave their folder."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        refuse(NAME, f"it is no JSON ({error})")
    version = values.get("format") if isinstance(values, dict) else None
    if version != FORMAT:
        raise UsageError(
            f"the bundle has the format {version!r:.20}, and this lab reads format {FORMAT}",
            hint="make the bundle with the version of lab that installs it",
        )
    try:
        manifest = guest_input.fit(values, Manifest)
    except guest_input.BadAnswer as error:
        refuse(NAME, error.evidence.partition("\n")[0])
    _check_notes(manifest)
    _check_entries(manifest)
    return manifest


def refuse(where: str, why: str) -> NoReturn:
    """Raises the error for a bundle that is damaged or malicious; where: the entry."""
    raise LabError("the bundle is refused: it is damaged, or not what it says", evidence=f"{where}: {why}", hint=HINT)


def check_path(path: str) -> None:
    """Raises LabError for a path that would leave its folder."""
    if path.startswith(("/", "\\")) or (len(path) > 1 and path[1] == ":"):
        refuse(path, "an absolute path")
    if ".." in re.split(r"[/\\]", path):
        refuse(path, "the path leaves its folder (..)")


def _check_notes(manifest: Manifest) -> None:
    images, layers, labs = ({}, {}, {})  # type: tuple[dict[str, ImageNote], dict[str, LayerNote], dict[int, LabNote]]
    for image in manifest.images:
        if not _IMAGE.fullmatch(image.id) or not image.id.startswith(image.name) or ".." in image.id or image.id in images:
            refuse(f"image {image.id}", "its name cannot be one of an image, or is there twice")
        images[image.id] = image
    for layer in manifest.layers:
        match = _LAYER.fullmatch(layer.folder)
        if not match or match[1] != layer.key or match[2] not in (None, layer.build_id) or layer.folder in layers:
            refuse(f"layer {layer.folder}", "its name is not that of its key and build, or is there twice")
        if layer.parent and (layer.parent not in layers or layers[layer.parent].image != layer.image):
            refuse(f"layer {layer.folder}", "it stands on a layer that does not come before it")
        if not _IMAGE.fullmatch(layer.image) or ".." in layer.image or not re.fullmatch(r"[a-z:]{1,20}", layer.driver):
            refuse(f"layer {layer.folder}", "its image or its driver has no such name")
        layers[layer.folder] = layer
    for lab in manifest.labs:
        if lab.layer not in layers or lab.number in labs or not re.fullmatch(r"[0-9]{2}-[a-z][a-z0-9-]{0,80}", lab.name):
            refuse(f"lab {lab.number}", "it has no layer, a name that is none, or is there twice")
        labs[lab.number] = lab
    if not labs or not re.fullmatch(r"[a-z:]{1,20}", manifest.driver):
        refuse(NAME, "it names no lab, or no driver")


def _check_entries(manifest: Manifest) -> None:
    if len(manifest.entries) > MOST_ENTRIES:
        refuse(NAME, f"more than {MOST_ENTRIES} entries")
    paths: set[str] = set()
    parents = {f"images/{image.id}" for image in manifest.images} | {f"layers/{layer.folder}" for layer in manifest.layers}
    for entry in manifest.entries:
        check_path(entry.path)
        top, *rest = entry.path.split("/")
        if top not in _KINDS or entry.kind not in _KINDS[top] or len(rest) != 1 + (top in _DEEP):
            refuse(entry.path, "there is no such place in a bundle")
        if not all(map(_SEGMENT.fullmatch, rest)) or (top in _DEEP and f"{top}/{rest[0]}" not in parents):
            refuse(entry.path, "a name that nothing in a bundle has")
        if entry.path.casefold() in paths:
            refuse(entry.path, "it is in the manifest twice")
        paths.add(entry.path.casefold())
        _check_size(entry)
    for lab in manifest.labs:
        if lab.root and (lab.root.casefold() not in paths or not lab.root.startswith("labs/")):
            refuse(f"lab {lab.number}", "its folder is not in the bundle")


def _check_size(entry: Entry) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}", entry.sha256) or not 0 <= entry.size <= LARGEST_FILE:
        refuse(entry.path, "its checksum or its size cannot be one")
    if entry.kind != "file":
        return
    if len(entry.extents) % 2 or not 0 <= entry.length <= LARGEST_FILE:
        refuse(entry.path, f"its size is said to be {entry.length} bytes" if not len(entry.extents) % 2 else "half an extent")
    end = 0
    for offset, length in entry.pairs:
        if offset < end or length <= 0 or offset + length > entry.length:
            refuse(entry.path, "its data would lie outside of it, or twice at one place")
        end = offset + length
    if sum(entry.extents[1::2]) != entry.size:
        refuse(entry.path, "its data is said to be of another size than the entry")
