"""Which making of an image is meant: what seats stand on stays, whatever its recipe has become."""

import json
import os
import shutil
from pathlib import Path

import pytest

from provisioner import images
from provisioner.core.paths import Home
from provisioner.images import debian


@pytest.fixture
def built(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which each build of an image writes its recipe onto its disk."""
    monkeypatch.setattr(images, "builds", lambda source: source.build is not None)

    def build(recipe: debian.Debian, folder: Path, disk_gib: int, step: object) -> None:
        (folder / "disk.raw").write_text(debian.digest(recipe))

    monkeypatch.setattr(debian, "build", build)
    return home


def test_a_changed_recipe_makes_another_image_and_leaves_the_old_one(built: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    old = images.ensure(built, ["debian-13"])
    assert images.ensure(built, ["debian-13"]) == old
    said = old.disk.read_text()
    monkeypatch.setattr(debian, "RECIPE", debian.RECIPE + 1)
    assert images.local(built, "debian-13") is None
    new = images.ensure(built, ["debian-13"])
    assert new.id != old.id
    assert images.local(built, "debian-13") == new
    assert images.at(built, old.id) == old
    assert old.disk.read_text() == said != new.disk.read_text()
    images.remove(built, old.id)
    assert images.at(built, old.id) is None
    assert images.local(built, "debian-13") == new


def test_names_that_begin_alike_are_different_images(built: Home) -> None:
    assert images.ensure(built, ["debian-12"]).id.startswith("debian-12.")
    assert images.local(built, "debian-13") is None


def test_a_folder_of_an_earlier_version_is_found_by_layers_and_by_nobody_else(home: Home) -> None:
    folder = home.images / "debian-13"
    folder.mkdir(parents=True)
    (folder / "image.json").write_text(json.dumps({"digest": "d1", "format": "raw", "built": "another"}))
    assert images.local(home, "debian-13") is None
    found = images.at(home, "debian-13")
    assert found is not None
    assert (found.name, found.disk) == ("debian-13", folder / "disk.raw")


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"digest": "d1"}', "{"])
def test_half_an_image_is_none(home: Home, note: str) -> None:
    folder = home.images / "debian-13.d1"
    folder.mkdir(parents=True)
    (folder / "image.json").write_text(note)
    assert images.local(home, "debian-13") is None
    assert images.at(home, "debian-13.d1") is None


def test_nobody_else_may_write_to_a_disk_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real mkfs.ext4, and somebody who looks at its file beforehand. An ordinary user's was everybody's (0666)."""
    real = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if not real:
        pytest.skip("needs mkfs.ext4")
    (program := tmp_path / "bin" / "mkfs.ext4").parent.mkdir()
    look = 'for file; do :; done; stat --format=%a "$file" "$(dirname "$file")"'
    program.write_text(f'#!/bin/sh\n{look} >{tmp_path}/modes\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(debian, "as_root", list)  # nobody but us is needed for a root that is ours
    (root := tmp_path / "root").mkdir()
    (shop := tmp_path / "shop").mkdir()
    (root / "file").write_text("contents")
    disk = debian.make_disk(root, shop, 16 << 20)
    assert (tmp_path / "modes").read_text().split() == ["600", "700"]
    assert disk.stat().st_mode & 0o022 == 0
    assert disk.stat().st_size == 16 << 20
