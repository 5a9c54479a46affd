"""What bringing up a machine will take: told without anything being made."""

import json
import re

import pytest

from provisioner.backends.qemu import accelerator
from provisioner.content.lab import load
from provisioner.core.paths import Home, labs_folders, project_labs
from provisioner.drivers import registry
from provisioner.images import Image
from provisioner.provision.layer_builder import prepare
from provisioner.provision.preparation_plan import Preparation, plan
from provisioner.provision.stages import spec_of, stages

from .command import Cli
from .test_layer_store import Converting, Folders, Quicker

LAB = load(labs_folders(), "3")


@pytest.fixture
def image(home: Home, monkeypatch: pytest.MonkeyPatch) -> Image:
    monkeypatch.setattr(accelerator, "choose", lambda *_: "tcg")
    for driver in (Folders, Converting, Quicker):
        monkeypatch.setitem(registry._DRIVERS, driver.info.name, f"{driver.__module__}:{driver.__name__}")
    folder = home.images / "debian-13.1"
    folder.mkdir(parents=True)
    (folder / "image.json").write_text(json.dumps({"name": "debian-13", "digest": "d1", "format": "raw"}))
    return Image("debian-13", folder, "d1", "raw")


def builds(tasks: list[Preparation]) -> list[tuple[bool, str]]:
    return [(task.stored, task.driver) for task in tasks if task.task == "build"]


def test_without_an_image_all_of_it_is_to_do(home: Home) -> None:
    tasks = plan(home, LAB, Folders())
    assert [task.task for task in tasks] == ["image", "build", "build", "start"]
    assert not any(task.stored for task in tasks)


@pytest.mark.usefixtures("image")
def test_what_another_driver_builds_quicker_is_said(home: Home) -> None:
    assert builds(plan(home, LAB, Converting(), None, LAB.exercises[:1])) == [
        (False, "quicker"), (False, "quicker"), (False, "converting"),
    ]  # fmt: skip


@pytest.mark.slow
def test_what_is_stored_is_said(home: Home, image: Image) -> None:
    before, _ = stages(LAB, Folders())
    for stage in before:
        object.__setattr__(stage, "work", lambda *_: None)
    prepare(home, Folders(), spec_of(LAB), image, before)
    tasks = plan(home, LAB, Folders(), None, LAB.exercises[:2])
    assert [stored for stored, _ in builds(tasks)] == [True, True, False, False]
    assert tasks[0] == Preparation("image", "debian-13", True, key="image debian-13")


@pytest.mark.parametrize("words", ["up 3 --driver qemu", "goto 3.2", "bench 3", "verify 3 --driver qemu"])
def test_plans_are_printed_and_nothing_is_made(home: Home, words: str) -> None:
    lab = Cli(home.state, project_labs())
    done = lab(*words.split(), "--plan", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)
    assert lab(*words.split(), "--plan").code == 0
    assert not [f for f in home.seats.glob("*") if f.is_dir()]
    assert not [f for f in home.layers.glob("*") if f.is_dir()]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_plan_that_was_printed_can_be_had_again(home: Home, form: tuple[str, ...]) -> None:
    words = ("verify", "3", "--driver", "qemu", "--plan", *form)
    lab = Cli(home.state, project_labs())
    done = lab(*words)
    (seed,) = re.findall(r"--seed (\d+)", done.err)
    assert lab(*words, "--seed", seed).out == done.out
