"""Writes a bundle: measures what is packed, signs the manifest, writes the archive."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from provisioner.bundle import archive, contents, signature, volumes
from provisioner.bundle.contents import Contents
from provisioner.core.errors import HostError, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import step
from provisioner.drivers.base import Driver

_LEAST_ROOM = 0.2  # of what is packed: a bundle is never smaller than that


@dataclass(frozen=True)
class Packed:
    """What was written. size and unpacked in bytes; sha256: of the manifest, which has the checksums of all else."""

    files: tuple[Path, ...]
    size: int
    unpacked: int
    sha256: str
    signed: bool
    labs: tuple[int, ...]
    layers: tuple[str, ...]


def require_place(output: Path, key: Path | None) -> None:
    """Before slow work: raises UsageError where the bundle cannot be written, or not be signed."""
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}", hint="make it, or name another file with -o")
    if volumes.base_of(output) != output:
        raise UsageError(f"{output.name} would be the name of a part", hint=f"-o {volumes.base_of(output).name}")
    for file in (output, volumes.part_name(output, 1)):
        if file.exists():
            raise UsageError(
                f"{file} is there already", hint="remove it, with its parts and its signature, or name another file"
            )
    if key and not key.is_file():
        raise UsageError(f"there is no key {key}", hint="ssh-keygen -t ed25519 makes one; --key ~/.ssh/id_ed25519")


def pack(home: Home, packed: Contents, driver: Driver, target: volumes.Writer, key: Path | None) -> Packed:
    """target: is in use as a context. key: signs. Raises LabError."""
    folder = target.base.parent
    if (free := shutil.disk_usage(folder).free) < packed.size * _LEAST_ROOM:
        raise HostError(
            f"too little room: {free >> 20} MiB are free in {folder}, and {packed.size >> 20} MiB are packed",
            hint="make room there, or name a file on another disk with -o",
        )
    with step("Reading what is packed", key="bundle measure") as bar:
        entries = packed.measure(bar)
    manifest = contents.make_manifest(packed, entries, driver, target.part_size)
    contents.check_disks(home, manifest)
    contents.say_shared(packed, manifest)
    text = manifest.write()
    signed = {volumes.signature_of(target.base).name: signature.sign(text, key)} if key else {}
    with step("Writing the bundle", key="bundle write") as bar:
        sources = [source for _, source in packed.sources.values()]
        archive.write(manifest, text, sources, target, contents.watcher(bar, manifest.size))
        files = target.finish(signed)
        bar.result(f"{target.size >> 20} MiB")
    return Packed(
        tuple(files), target.size, manifest.size, hashlib.sha256(text.encode()).hexdigest(), bool(key),
        tuple(lab.number for lab in manifest.labs), tuple(layer.stage for layer in manifest.layers),
    )  # fmt: skip
