"""What a disk of a bundle stands on: its own layers and images, and no file of the host that it is installed on.

The format qcow2 lets a disk name any file of the host as the one below it, or as the place of its data; QEMU would show it to
the machine.
"""

from pathlib import Path

from provisioner.bundle.manifest import LayerNote, Manifest, refuse

_MAGIC = b"QFI\xfb"
_EXTERNAL_DATA = 1 << 2  # an incompatible feature, as in QEMU's docs/interop/qcow2.rst
_BACKING_FORMAT = 0xE2792ACA  # a header extension
_LONGEST = 4096  # bytes of the header that are read


def check_layer(manifest: Manifest, layer: LayerNote, folder: Path) -> None:
    """Raises LabError where a layer's disk, or its stack of folders, names what is not below it."""
    lower = manifest.stack(layer.folder)[1:]
    image = next((image for image in manifest.images if image.id == layer.image), None)
    base = f"../../images/{image.id}/disk.{image.format}" if image else ""
    if (disk := folder / "disk.qcow2").is_file():
        expected = f"../{layer.parent}/disk.qcow2" if layer.parent else base
        _check(f"layers/{layer.folder}/disk.qcow2", disk, expected, may_stand_alone=not layer.parent)
    if (stack_file := folder / "below").is_file():
        names = [f"{layer.image}/disk.raw", *(f"{part.folder}/upper" for part in lower)]
        if stack_file.read_bytes() != "\n".join(names).encode():
            refuse(f"layers/{layer.folder}/below", "it names other folders than those of the layers below it")


def check_image(folder: Path) -> None:
    """Raises LabError where an image's disk stands on another file."""
    if (disk := folder / "disk.qcow2").is_file():
        _check(f"images/{folder.name}/disk.qcow2", disk, "", may_stand_alone=True)


def _check(where: str, disk: Path, expected: str, *, may_stand_alone: bool) -> None:
    with disk.open("rb") as file:
        header = file.read(_LONGEST)
    version = int.from_bytes(header[4:8])
    if not header.startswith(_MAGIC) or version not in (2, 3):
        refuse(where, "it is no qcow2 file")
    if version > 2 and int.from_bytes(header[72:80]) & _EXTERNAL_DATA:  # noqa: PLR2004
        refuse(where, "its data is in another file")
    place, length = int.from_bytes(header[8:16]), int.from_bytes(header[16:20])
    if not place and may_stand_alone:
        return
    name = header[place : place + length].decode(errors="replace")
    if not expected or name != expected:
        refuse(where, f"it stands on {name!r}, and not on {expected or 'nothing'}")
    file_format = _find_format(header, int.from_bytes(header[100:104]) if version > 2 else 72)  # noqa: PLR2004
    if file_format != expected.rpartition(".")[2]:
        refuse(where, f"it takes what it stands on for {file_format or 'whatever it looks like'}")


def _find_format(header: bytes, place: int) -> str:
    """What the extension of the header says of the format below."""
    while place + 8 <= len(header):
        kind, length = int.from_bytes(header[place : place + 4]), int.from_bytes(header[place + 4 : place + 8])
        if kind == 0:
            return ""
        if kind == _BACKING_FORMAT:
            return header[place + 8 : place + 8 + length].decode(errors="replace")
        place += 8 + -(-length // 8) * 8
    return ""
