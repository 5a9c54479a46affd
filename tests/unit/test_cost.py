"""What is said before a preparation begins, and what is refused then."""

from pathlib import Path

import pytest

from provisioner.content.lab import load
from provisioner.core.errors import HostError
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.registry import load as load_driver
from provisioner.provision.cost import GIB, Cost, estimate, require_room
from provisioner.provision.preparation_plan import Preparation

LAB3 = load(labs_folders(), "3")
TASKS = [
    Preparation("image", "debian-13", key="image debian-13"),
    Preparation("build", "Docker", driver="lxc", key="stage docker"),
    Preparation("build", "lab 3", driver="qemu", key="stage vm-and-docker"),
    Preparation("start", "the machine", driver="qemu", key="resume vm-and-docker"),
]


def test_what_is_stored_costs_nothing() -> None:
    stored = [Preparation(task.task, task.what, True) for task in TASKS[:3]]
    driver, whole = load_driver("qemu"), estimate(TASKS, LAB3, load_driver("qemu"), lambda _: None)
    rest = estimate([*stored, TASKS[3]], LAB3, driver, lambda _: None)
    assert rest.seconds < whole.seconds / 5
    assert rest.disk < whole.disk / 5


def test_what_was_measured_here_counts() -> None:
    measured = {task.key: 10.0 for task in TASKS}
    assert estimate(TASKS, LAB3, load_driver("qemu"), measured.get).seconds == 40


def test_a_layer_with_memory_takes_more_of_the_disk() -> None:
    with_memory, without = (estimate(TASKS, LAB3, load_driver(name), lambda _: None) for name in ("qemu", "lxc"))
    assert with_memory.disk > without.disk


def test_it_is_said_in_one_line() -> None:
    assert str(Cost(260, 3 * GIB, GIB)) == "about 4 min, 3.0 GiB of disk, 1.0 GiB of memory"
    assert str(Cost(2, 0, GIB)).startswith("about 1 min")


@pytest.mark.parametrize(
    ("cost", "what"), [(Cost(1, 1 << 60, 1), "too little room: "), (Cost(1, 1, 1 << 60), "too little memory: this host has ")]
)
def test_too_little_is_told_at_once(tmp_path: Path, cost: Cost, what: str) -> None:
    with pytest.raises(HostError, match=what) as raised:
        require_room(Home(tmp_path, tmp_path / "cache"), cost)
    assert raised.value.hint
