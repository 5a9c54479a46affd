"""How many seats of a class fit this host, computed before the first one is started."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from provisioner.backends.lxc import limits
from provisioner.content.lab import Lab
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver
from provisioner.provision import stages

MIB = 1 << 20
# Of one seat, where it is not known from those that run. A system container uses what its programs use, a virtual machine may
# come to use all that it has (docs/benchmark.md: 117 MiB a seat at 20 seats, because they share what they resumed from).
_CONTAINER_MEMORY = 192 * MIB
_DISK = 64 * MIB
_RESERVE = 0.9  # of what is free: the host has other things to do
_PER_CORE = 8  # seats that somebody works in, of which few are at work at the same moment


@dataclass(frozen=True)
class Capacity:
    """Seats that fit by memory, by disk, by limits of the kernel (None: there are none) and by processors; slots: how many are
    brought up side by side."""

    memory: int
    disk: int
    kernel: int | None
    processors: int
    slots: int

    @property
    def seats(self) -> int:
        return min(self.memory, self.disk, *(() if self.kernel is None else (self.kernel,)))

    def advise(self) -> str:
        """What helps where they do not fit."""
        if self.kernel is not None and self.kernel == self.seats:
            return f"let the kernel have more machines: {limits.FIX}"
        return "fewer at a time (--seat), more memory or disk, or --yes to try it all the same"

    def describe(self, wanted: int) -> str:
        """One line, with what is scarce."""
        kernel = "" if self.kernel is None else f", the kernel's limits for {self.kernel}"
        text = f"{wanted} seats to start: memory is enough for {self.memory}, disk for {self.disk}{kernel}"
        return f"{text}; more than {self.processors} on these processors will feel slow" if wanted > self.processors else text


def measure(home: Home, lab: Lab, driver: Driver) -> Capacity:
    """Of what is free at this moment, for further seats of a lab."""
    folder = next(path for path in (home.state, *home.state.parents) if Path(path).exists())
    memory = stages.spec_of(lab).memory * MIB if driver.info.kernel == "own" else _CONTAINER_MEMORY
    cores = psutil.cpu_count() or 1
    return Capacity(
        int(psutil.virtual_memory().available * _RESERVE / memory),
        int(shutil.disk_usage(folder).free * _RESERVE / _DISK),
        limits.room(home) if driver.info.name == "lxc" else None,
        cores * _PER_CORE,
        max(1, cores),
    )
