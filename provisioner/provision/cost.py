"""What preparing a machine will take of this host: time, disk and memory. Said before it begins; a host that has too little is
told then, and not after the download."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import HostError
from provisioner.core.paths import Home
from provisioner.core.progress import reporter, say
from provisioner.drivers.base import Driver
from provisioner.provision import stages
from provisioner.provision.preparation_plan import Preparation, plan

GIB, MIB = 1 << 30, 1 << 20
# Seconds of a task where this host has not done it yet: accelerated or in a container, and emulated. Measured on two processors
# (docs/tested.md); a download, at 10 MB/s.
_SECONDS = {"image": (60, 60), "build": (60, 150), "start": (5, 15), "run": (30, 90)}
_DISK = {"image": 700 * MIB, "build": 600 * MIB, "start": 200 * MIB, "run": 0}  # bytes
_SURE = 0.4  # of the disk that is estimated: with less than that it cannot succeed, whatever the layers come to
_MEMORY_LAYER = 600 * MIB  # bytes on disk of a machine's memory, in a layer that has it


@dataclass(frozen=True)
class Cost:
    """seconds; disk and memory in bytes."""

    seconds: float
    disk: int
    memory: int

    def __str__(self) -> str:
        minutes = max(1, round(self.seconds / 60))
        return f"about {minutes} min, {self.disk / GIB:.1f} GiB of disk, {self.memory / GIB:.1f} GiB of memory"


def estimate(tasks: Sequence[Preparation], lab: Lab, driver: Driver, durations: Callable[[str], float | None]) -> Cost:
    """Of the tasks that are left. durations: seconds that a title or a key took here before."""
    remaining = [task for task in tasks if not task.stored]
    seconds = sum(durations(task.key) or _SECONDS[task.task][_is_slow(task, driver)] for task in remaining)
    disk = sum(_DISK[task.task] for task in remaining)
    if driver.info.layers == "memory":
        disk += _MEMORY_LAYER * sum(task.task == "build" and task.driver == driver.info.name for task in remaining)
    return Cost(seconds, disk, stages.spec_of(lab).memory * MIB)


def _is_slow(task: Preparation, driver: Driver) -> bool:
    """Whether a virtual machine does it that has no accelerator, as far as is known."""
    from provisioner.backends.qemu import accelerator

    return task.driver == driver.info.name and driver.info.kernel == "own" and accelerator.none_here()


def announce(home: Home, lab: Lab, driver: Driver, image: str | None, solved: Sequence[Exercise]) -> None:
    """Says what the preparation will take, if something has to be prepared. Raises HostError where it cannot succeed."""
    tasks = plan(home, lab, driver, image, solved)
    if all(task.stored for task in tasks if task.task in ("image", "build")):
        return
    cost = estimate(tasks, lab, driver, reporter.usual)
    say(f"· to be prepared: {cost} (--plan lists it)")
    require_room(home, cost)


def require_room(home: Home, cost: Cost) -> None:
    """Raises HostError."""
    folder = next(path for path in (home.cache, *home.cache.parents) if path.exists())
    memory, free = psutil.virtual_memory(), shutil.disk_usage(folder).free
    if free < cost.disk * _SURE:
        raise HostError(
            f"too little room: {free / GIB:.1f} GiB are free in {folder}, and it takes about {cost.disk / GIB:.1f} GiB",
            hint=f"make room there ({_command(home)}), or set LAB_HOME to a folder on another disk",
        )
    if free < cost.disk:
        say(f"! {free / GIB:.1f} GiB are free in {folder}: that may not be enough")
    if memory.total < cost.memory:
        raise HostError(
            f"too little memory: this host has {memory.total / GIB:.1f} GiB, and the machine {cost.memory / GIB:.1f} GiB",
            hint="with --driver ssh:USER@HOST the machine is another computer's",
        )
    if memory.available < cost.memory:
        say(f"! {memory.available / GIB:.1f} GiB of memory are available: close what you do not need, or it will be slow")


def _command(home: Home) -> str:
    return "lab cache --prune" if any(Path(home.layers).glob("[!.]*/")) else "a first preparation of all labs takes 8 GiB"
