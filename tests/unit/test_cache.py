"""What `lab cache --prune` takes for needed."""

import json

import pytest

from provisioner.content.lab import load
from provisioner.core.errors import LabError
from provisioner.core.model import Info, Layer, Spec
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers import registry
from provisioner.drivers.base import LayerStore
from provisioner.drivers.registry import EMBEDDED
from provisioner.images import Image
from provisioner.provision import layer_store, stages
from provisioner.provision.cache import Cache

from .test_layer_store import Folders


class Another(Folders):
    """It tells its machines apart otherwise, so that its layers have other keys."""

    info = Info("another", layers="memory")

    def fingerprint(self, spec: Spec, image: Image) -> str:
        return f"another {super().fingerprint(spec, image)}"


class Silent(Folders):
    info = Info("silent", layers="memory")

    def fingerprint(self, spec: Spec, image: Image) -> str:
        raise LabError("QEMU is not installed")


@pytest.fixture
def image(home: Home, monkeypatch: pytest.MonkeyPatch) -> Image:
    """An image that is here, which labs are made from."""
    for driver in (Folders, Another, Silent):
        monkeypatch.setitem(registry._DRIVERS, driver.info.name, f"{driver.__module__}:{driver.__name__}")
    folder = home.images / "debian-13.1"
    folder.mkdir(parents=True)
    (folder / "image.json").write_text(json.dumps({"name": "debian-13", "digest": "d1", "format": "raw"}))
    return Image("debian-13", folder, "d1", "raw")


def _stored(home: Home, driver: str, key: str) -> Layer:
    folder = home.layers / key
    folder.mkdir(parents=True)
    note = {"stage": "lab", "key": key, "image": "debian-13.1", "made": "1", "driver": driver, "parent": None}
    (folder / layer_store.NOTE).write_text(json.dumps({**note, "files": {}}))
    return Layer(key, folder)


def _key(driver: Folders, image: Image) -> str:
    lab = load(labs_folders(), "3")
    assert isinstance(driver, LayerStore)
    return layer_store.keys(driver, stages.spec_of(lab), image, stages.stages(lab, driver, [])[0])[-1]


def test_layers_of_every_driver_are_needed_and_old_ones_are_not(home: Home, image: Image) -> None:
    for driver in (Folders(), Another()):
        _stored(home, driver.info.name, _key(driver, image))
    _stored(home, Folders.info.name, "0" * 20)
    unused = Cache(home).unused(select_all=False)
    assert [(item.kind, item.name) for item in unused] == [("layer", "0" * 20)]
    assert len([i for i in Cache(home).unused(select_all=True) if i.kind == "layer"]) == 3


def test_nothing_goes_because_its_driver_cannot_say(home: Home, image: Image) -> None:
    _stored(home, Silent.info.name, "1" * 20)
    _stored(home, Folders.info.name, "0" * 20)
    assert [item.name for item in Cache(home).unused(select_all=False) if item.kind == "layer"] == ["0" * 20]


def test_a_note_without_a_driver_is_the_embedded_ones(home: Home, image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._DRIVERS, EMBEDDED, f"{__name__}:{Silent.__name__}")
    _stored(home, EMBEDDED, "1" * 20)
    note = home.layers / ("1" * 20) / layer_store.NOTE
    note.write_text(json.dumps({k: v for k, v in json.loads(note.read_text()).items() if k != "driver"}))
    assert [item.why for item in Cache(home).items() if item.kind == "layer"] == [f"{EMBEDDED} cannot say now which it needs"]


def test_a_bundle_whose_installation_was_interrupted_is_unused(home: Home) -> None:
    entry = home.unpacked / "0123456789abcdef" / "layers" / "disk"
    entry.parent.mkdir(parents=True)
    entry.write_bytes(bytes(8192))
    (home.unpacked / ".lock").touch()
    (item,) = Cache(home).unused(select_all=False)
    assert (item.kind, item.name, item.disk >= 8192) == ("bundle", "0123456789abcdef", True)
    Cache(home).remove(item)
    assert [path.name for path in home.unpacked.iterdir()] == [".lock"]
