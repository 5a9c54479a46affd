"""A machine's disk, made of a real stack of folders: needs root, loop devices and overlayfs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from provisioner.backends.lxc import disk
from provisioner.backends.lxc.container import Place
from provisioner.backends.qemu import accelerator, conversion
from provisioner.core.model import Finding, Layer
from provisioner.core.paths import Home
from provisioner.core.process import CommandFailed
from provisioner.drivers.lxc import Lxc
from provisioner.drivers.qemu import Qemu
from provisioner.images import Image, debian
from provisioner.provision.converted import quicker
from provisioner.seats.seat import Seat

SIZE = 16 << 20


@pytest.fixture
def stored(tmp_path: Path) -> Place:
    """An image, a layer on it, and the layer that is asked for."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("needs root and loop devices")
    if not shutil.which("mkfs.ext4", path="/usr/sbin:/sbin") or not shutil.which("debugfs", path="/usr/sbin:/sbin"):
        pytest.skip("needs e2fsprogs")
    root, image = tmp_path / "root", tmp_path / "cache" / "images" / "tiny" / "disk.raw"
    image.parent.mkdir(parents=True)
    for file, text in {"etc/fstab": "/dev/vda", "etc/gone": "x", "etc/changed": "old", "var/lib/docker/x": "x"}.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    with image.open("wb") as f:
        f.truncate(SIZE)
    subprocess.run(debian.file_system(root, image), check=True)
    layers = tmp_path / "cache" / "layers"
    lower, place = layers / "lower" / "upper", Place(layers / "layer")
    for folder, file, text in (
        (lower, "etc/changed", "newer"), (lower, "etc/lower", "here"), (place.upper, "etc/changed", "newest"),
        (place.upper, "etc/fstab", ""), (place.docker, "overlay2", "Docker's"),
    ):  # fmt: skip
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    os.mknod(place.upper / "etc/gone", 0o600 | 0o020000, 0)  # what overlayfs takes for: it was removed
    os.setxattr(place.docker / "overlay2", "trusted.overlay.opaque", b"y")  # what Docker's own stacks have
    place.stack_file.write_text(f"{image}\n{lower}")
    return place


def test_a_disk_has_all_that_the_stack_shows_and_dockers_folder(stored: Place, tmp_path: Path) -> None:
    target = tmp_path / "made.raw"
    disk.write(stored, [Path(line) for line in stored.stack_file.read_text().splitlines()], target, SIZE)
    assert target.stat().st_size == SIZE
    assert _ask(target, "cat /etc/changed") == "newest"
    assert _ask(target, "cat /etc/lower") == "here"
    assert _ask(target, "cat /etc/fstab") == "/dev/vda"  # a virtual machine mounts its disk itself
    assert _ask(target, "cat /var/lib/docker/overlay2") == "Docker's"
    assert "trusted.overlay.opaque" in _ask(target, "ea_list /var/lib/docker/overlay2")
    assert not _ask(target, "cat /etc/gone")
    assert [f.name for f in tmp_path.iterdir() if f.name.startswith("tmp")] == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def _ask(image: Path, question: str) -> str:
    environment = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
    done = subprocess.run(["debugfs", "-R", question, str(image)], capture_output=True, text=True, check=True, env=environment)
    return done.stdout


@pytest.mark.parametrize(
    ("accelerated", "disk_format", "works", "by"),
    [
        ("tcg", "raw", True, "lxc"), ("kvm", "raw", True, None), ("tcg", "qcow2", True, None), ("tcg", "raw", False, None),
    ],
)  # fmt: skip
def test_another_driver_prepares_only_where_machines_are_emulated_and_it_works(
    home: Home, monkeypatch: pytest.MonkeyPatch, accelerated: str, disk_format: str, works: bool, by: str | None
) -> None:
    monkeypatch.setattr(accelerator, "choose", lambda *_: accelerated)
    monkeypatch.setattr(Lxc, "preflight", lambda _: [Finding("root", True), Finding("LXC", works)])
    found = quicker(home, Qemu(home), Image("debian-13", home.cache, "d", disk_format))
    assert (found and found.info.name) == by


def test_a_disk_that_cannot_be_made_leaves_nothing(stored: Place, seat: Seat, tmp_path: Path) -> None:
    shutil.rmtree(stored.docker)
    image = Image("tiny", tmp_path / "cache" / "images" / "tiny", "d", "raw")
    before = set(seat.folder.iterdir())
    with pytest.raises(CommandFailed, match="failed"):
        conversion.write(Home(tmp_path, tmp_path / "cache"), seat, image, Layer("key", stored.folder), 1, "cluster_size=64k")
    assert set(seat.folder.iterdir()) == before
    assert str(seat.folder) not in Path("/proc/mounts").read_text()


@pytest.mark.skipif(not shutil.which("qemu-img"), reason="needs qemu-img")
@pytest.mark.parametrize("below", ["tiny/disk.raw\nlower/upper", "/gone/images/tiny/disk.raw\n/gone/layers/lower/upper"])
def test_a_layer_is_converted_that_was_made_in_another_home(stored: Place, seat: Seat, tmp_path: Path, below: str) -> None:
    """Also one of an older version, which noted whole paths."""
    stored.stack_file.write_text(below)
    image = Image("tiny", tmp_path / "cache" / "images" / "tiny", "d", "raw")
    conversion.write(Home(tmp_path, tmp_path / "cache"), seat, image, Layer("key", stored.folder), 1, "cluster_size=64k")
    raw = tmp_path / "made.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(seat.disk), str(raw)], check=True)
    assert _ask(raw, "cat /etc/lower") == "here"
