"""Files that outlive a command: older ones become current, newer ones are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner import images
from provisioner.backends.vagrant.vagrantfile import Vagrantfile
from provisioner.core.paths import Home
from provisioner.core.progress import Reporter
from provisioner.core.state_file import Format, NewerVersion
from provisioner.provision import layer_store
from provisioner.seats.seat import Record, Seat

NEWER = 99


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    return {"colour" if key == "color" else key: value for key, value in values.items()}


def _counted(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "wheels": 4}


CAR = Format("the note of a car", (_renamed, _counted))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"color": "red"}', {"colour": "red", "wheels": 4}),
        ('{"version": 1, "colour": "red"}', {"colour": "red", "wheels": 4}),
        ('{"version": 2, "colour": "red", "wheels": 3, "roof": "open"}', {"colour": "red", "wheels": 3, "roof": "open"}),
    ],
)
def test_older_files_become_current_ones(tmp_path: Path, text: str, values: dict[str, object]) -> None:
    file = tmp_path / "car.json"
    file.write_text(text)
    assert CAR.read(file) == values
    CAR.write(file, values)
    assert json.loads(file.read_text()) == {"version": 2, **values}
    assert file.stat().st_mode & 0o077 == 0


def test_a_newer_file_is_refused_with_what_it_is_where_it_is_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "car.json"
    file.write_text('{"version": 3}')
    with pytest.raises(NewerVersion) as error:
        CAR.read(file)
    assert error.value.what == "the note of a car was written by a newer version of lab"
    assert str(file) in error.value.evidence
    assert "LAB_HOME=" in error.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": "1"}', '{"version": true}', '{"version": 0}', '{"version": -1}'])
def test_what_is_no_such_file_is_a_value_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "car.json").write_text(text)
    with pytest.raises(ValueError, match=r".+"):
        CAR.read(tmp_path / "car.json")


def test_a_record_of_an_older_version_keeps_its_build_and_what_nobody_knows(seat: Seat) -> None:
    seat.record_file.write_text('{"lab": "a", "driver": "q", "layer": "k", "made": "b1", "page": 1}')
    record = seat.read()
    assert record is not None
    assert record.build_id == "b1"
    seat.update(port=2)
    written = json.loads(seat.record_file.read_text())
    assert written["version"] == 1
    assert (written["build_id"], written["page"], written["port"]) == ("b1", 1, 2)
    assert "made" not in written


def test_a_newer_record_is_not_a_corrupt_one(seat: Seat) -> None:
    seat.record_file.write_text(json.dumps({"version": NEWER}))
    with pytest.raises(NewerVersion):
        _ = seat.corrupt


def _layer(home: Home, name: str, **note: object) -> Path:
    folder = home.layers / name
    folder.mkdir(parents=True)
    (folder / "layer.json").write_text(json.dumps({"key": "k", "parent": None, "files": {}, **note}))
    return folder


def test_the_note_of_an_older_layer_still_names_its_build_and_driver(home: Home) -> None:
    folder = _layer(home, "k-b1", made="b1")
    assert layer_store.build_id(folder) == "b1"
    found = layer_store.find(home, "k")
    assert found is not None
    assert (found.folder, found.driver) == (folder, "qemu")
    layer_store.refuse(found, "it is rotten")
    written = json.loads((folder / "layer.json").read_text())
    assert (written["version"], written["build_id"], written["refused"]) == (1, "b1", "it is rotten")


def test_a_newer_layer_is_neither_used_nor_removed(home: Home) -> None:
    folder = _layer(home, "k-b2", version=NEWER)
    with pytest.raises(NewerVersion):
        layer_store.find(home, "k")
    assert layer_store.find(home, "other") is None
    assert not layer_store.remove(home, folder)
    assert folder.is_dir()


def test_what_a_newer_seat_stands_on_is_not_known_and_so_no_layer_is_removed(home: Home, seat: Seat) -> None:
    folder = _layer(home, "k-b3", made="b3", driver="qemu")
    seat.record_file.write_text(json.dumps({"version": NEWER}))
    assert not layer_store.remove(home, folder)
    seat.remove()
    assert layer_store.remove(home, folder)


def test_a_newer_image_is_in_the_way_of_its_own_name_only(home: Home) -> None:
    for name, note in (("debian-13.d1", {"version": NEWER}), ("mine.d2", {"name": "mine", "digest": "d2", "format": "raw"})):
        (home.images / name).mkdir(parents=True)
        (home.images / name / "image.json").write_text(json.dumps(note))
    with pytest.raises(NewerVersion):
        images.local(home, "debian-13")
    found = images.local(home, "mine")
    assert found is not None
    assert found.digest == "d2"


def test_durations_of_a_newer_version_are_ignored_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "durations.json"
    file.write_text(text := json.dumps({"version": NEWER, "durations": {"Booting": 9.0}}))
    reporter = Reporter()
    reporter.memory = lambda: file
    with reporter.step("Booting") as step:
        step.started -= 100
    assert "last time" not in capsys.readouterr().err
    assert file.read_text() == text


def test_durations_of_an_older_version_are_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "durations.json"
    file.write_text('{"Booting": 42.0}')
    reporter = Reporter()
    reporter.memory = lambda: file
    with reporter.step("Booting") as step:
        step.started -= 100
    assert "about 42 s last time" in capsys.readouterr().err
    assert json.loads(file.read_text()) == {"version": 1, "durations": {"Booting": pytest.approx(100, abs=1)}}


def test_every_state_file_of_a_new_seat_says_its_version(seat: Seat) -> None:
    seat.write(Record("a", "qemu"))
    assert json.loads(seat.record_file.read_text())["version"] == 1


def test_the_topology_of_a_vagrant_machine_has_a_version(home: Home) -> None:
    vagrant = Vagrantfile(Seat.locate(home, 3), "libvirt")
    vagrant.write({"mgmt": 2222})
    assert json.loads(vagrant.file.read_text())["version"] == 1
    vagrant.file.write_text('{"name": "lab", "door": 4711}')
    assert vagrant.topology["mgmt"] == 4711
    vagrant.file.write_text(json.dumps({"version": NEWER}))
    with pytest.raises(NewerVersion):
        _ = vagrant.topology
