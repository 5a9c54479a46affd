"""What machines boot from: one table of logical names, and the folder of those that are here.

An image is a folder of the cache: a disk, and a kernel beside it where QEMU boots that directly. It is made beside
its place and renamed into it, and never changes: a changed recipe makes another image, in a place of its own, because
disks of suspended seats still stand on the old one.
"""

import glob
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from provisioner.core.errors import HostError, LabError, UsageError
from provisioner.core.paths import Home, private_folder
from provisioner.core.progress import say, step
from provisioner.core.state_file import Format, Values
from provisioner.images import debian
from provisioner.images.checksums import Signature
from provisioner.images.debian import Debian
from provisioner.seats.seat import hold_lock

ARCH = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(
    platform.machine().lower(), platform.machine().lower()
)
BUILT_DISK = 8  # GiB, sparse
_NOTE = Format("the note of an image")


@dataclass(frozen=True)
class Source:
    """Where an image comes from. url may hold {arch}; signature: that of sums; build: how this project makes it itself."""

    url: str = ""
    sums: str = ""
    signature: Signature | None = None
    build: Debian | None = None
    checksum: str = ""

    @property
    def address(self) -> str:
        return self.url.replace("{arch}", ARCH)


# Debian's lists of cloud images have no signature: https is what protects them.
TABLE = {
    "ubuntu-24.04": Source(
        "https://cloud-images.ubuntu.com/releases/noble/release/ubuntu-24.04-server-cloudimg-{arch}.img",
        "https://cloud-images.ubuntu.com/releases/noble/release/SHA256SUMS",
        Signature(
            "https://cloud-images.ubuntu.com/releases/noble/release/SHA256SUMS.gpg",
            ("/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg",),
            "ubuntu-cloudimage-keyring",
        ),
    ),
    "debian-13": Source(
        "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-{arch}.qcow2",
        "https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS",
        build=Debian("trixie", ARCH),
    ),
    "debian-12": Source(
        "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-{arch}.qcow2",
        "https://cloud.debian.org/images/cloud/bookworm/latest/SHA512SUMS",
        build=Debian("bookworm", ARCH),
    ),
    # What comes next: for authors, who want to know today what a newer Docker does to their labs.
    "debian-sid": Source(
        "https://cloud.debian.org/images/cloud/sid/daily/latest/debian-sid-genericcloud-{arch}-daily.qcow2",
        "https://cloud.debian.org/images/cloud/sid/daily/latest/SHA512SUMS",
        build=Debian("sid", ARCH),
    ),
}


@dataclass(frozen=True)
class Image:
    """An image that is here. digest names its content."""

    name: str
    folder: Path
    digest: str
    disk_format: str

    @property
    def id(self) -> str:
        """The name, and which making of it."""
        return self.folder.name

    @property
    def disk(self) -> Path:
        return self.folder / f"disk.{self.disk_format}"

    @property
    def kernel(self) -> Path | None:
        """The kernel that QEMU boots directly, None where the disk has a boot loader and cloud-init."""
        kernel = self.folder / "vmlinuz"
        return kernel if kernel.exists() else None

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"


def table(home: Home) -> dict[str, Source]:
    """The built-in names and the user's own. Raises UsageError."""
    if not home.image_table.exists():
        return TABLE
    from provisioner.images.own import read  # which needs a YAML parser: most commands do without

    return TABLE | {
        name: Source(image.url, image.sums, checksum=image.checksum) for name, image in read(home.image_table).items()
    }


def local(home: Home, name: str) -> Image | None:
    """The image of that name, if it is here, still what its recipe makes, and what its checksum says."""
    source = table(home).get(name)
    recipe = debian.digest(source.build) if source and source.build else ""
    checksum = source.checksum if source else ""
    for folder in sorted(home.images.glob(f"{glob.escape(name)}.*/")):
        note = _note(folder)
        if note.get("name") == name and note.get("built", recipe) == recipe and checksum in ("", note["digest"]):
            return at(home, folder.name)
    return None


def at(home: Home, image_id: str) -> Image | None:
    """The very image that a layer stands on, whatever its recipe has become since."""
    folder = home.images / image_id
    note = _note(folder)
    return Image(note.get("name", image_id), folder, note["digest"], note["format"]) if note else None


def of_layer(home: Home, layer: Path) -> Image:
    """The image at the bottom of a stored layer. Raises HostError."""
    image_id = (layer / "image").read_text().strip()
    if (image := at(home, image_id)) is None:
        raise HostError(f"the image {image_id} of a stored layer is gone", hint="lab cache --prune; lab reset")
    return image


def _note(folder: Path) -> Values:
    """Empty where there is no whole image. Raises NewerVersion."""
    try:
        note = _NOTE.read(folder / "image.json")
        return note if note.keys() >= {"digest", "format"} else {}
    except (OSError, ValueError):
        return {}


def remove(home: Home, image_id: str) -> None:
    name = _note(home.images / image_id).get("name", image_id)
    with hold_lock(home.images / f".{name}.lock", "lab cache --prune"):
        shutil.rmtree(home.images / image_id, ignore_errors=True)


def ensure(home: Home, preferred: Sequence[str]) -> Image:
    """The first of the preferred images that is stored, else the first that is available. Raises LabError."""
    sources = table(home)
    if unknown := [n for n in preferred if n not in sources]:
        raise UsageError(
            f"no image is called {unknown[0]!r}",
            hint=f"images: {', '.join(sources)}; or add a line `{unknown[0]}: url` to {home.image_table}",
        )
    for name in preferred:
        if image := local(home, name):
            return image
    from provisioner.images.download import Unreachable
    from provisioner.seats.seat import hold_lock

    reasons = []
    for name in preferred:
        with hold_lock(home.images / f".{name}.lock", f"getting the image {name}"):
            if image := local(home, name):
                return image
            try:
                return _make(home, name, sources[name])
            except Unreachable as error:
                reasons.append(f"{name}: {error.what}")
                say(f"! {name} is not available on this host ({error.what})")
    raise HostError(
        f"no image is available: {', '.join(preferred)}", evidence="\n".join(reasons),
        hint="connect to the internet; or, on Debian and Ubuntu: sudo apt-get install -y mmdebstrap",
    )  # fmt: skip


def _make(home: Home, name: str, source: Source) -> Image:
    staging = home.images / f".{name}.new"
    shutil.rmtree(staging, ignore_errors=True)
    private_folder(staging)
    try:
        note = _build(name, source.build, staging) if builds(source) else _download(home, name, source, staging)
        _NOTE.write(staging / "image.json", {"name": name, **note})
        folder = home.images / f"{name}.{note['digest'][:12]}"
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    image = local(home, name)
    if image is None:
        raise LabError(f"the image {name} was made and is not there", evidence=str(folder))
    return image


def builds(source: Source) -> bool:
    """Built here where that is possible: it boots its kernel directly, in half of the time, and asks no other host."""
    return source.build is not None and not debian.can_build()


def _build(name: str, recipe: Debian | None, staging: Path) -> dict[str, str]:
    assert recipe is not None
    with step(f"Building the image {name} from Debian's packages", key=f"image {name}") as bar:
        debian.build(recipe, staging, BUILT_DISK, bar)
    recipe_digest = debian.digest(recipe)
    # Two builds of one recipe differ by the packages of the day: the digest names this very disk.
    return {"digest": f"{recipe_digest[:32]}{os.urandom(8).hex()}", "format": "raw", "built": recipe_digest}


def _download(home: Home, name: str, source: Source, staging: Path) -> dict[str, str]:
    from provisioner.images.checksums import Expected
    from provisioner.images.download import fetch

    url = source.address
    # The partial file stays outside of the folder that is thrown away: the next try goes on where this one stopped.
    waiting = home.images / f"{name}.download"
    with step(f"Downloading {url.rsplit('/', 1)[-1]}", key=f"image {name}") as bar:

        def watch(size: int, total: int | None) -> None:
            bar.detail(f"{size >> 20} of {total >> 20} MiB" if total else f"{size >> 20} MiB")
            bar.fraction(size, total or 0)

        expected = Expected(source.checksum, str(home.image_table)) if source.checksum else None
        digest = fetch(
            url, waiting, sums_url=source.sums or None, signature=source.signature, expected=expected, progress=watch
        )
    with suppress(FileNotFoundError):
        waiting.rename(staging / "disk.qcow2")
    return {"digest": digest, "format": "qcow2", "source": url}
