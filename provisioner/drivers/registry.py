"""Drivers by name, imported when they are asked for."""

from contextlib import suppress
from importlib import import_module

from provisioner.core.errors import LabError, UsageError
from provisioner.core.state_file import NewerVersion
from provisioner.drivers.base import Driver
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

EMBEDDED = "qemu"
_DRIVERS = {
    "fake": "provisioner.drivers.fake:make",
    "lxc": "provisioner.drivers.lxc:Lxc",
    "qemu": "provisioner.drivers.qemu:Qemu",
    "ssh": "provisioner.drivers.ssh:Ssh",
    "vagrant": "provisioner.drivers.vagrant:Vagrant",
}


def load(name: str) -> Driver:
    """The driver of that name; what follows a colon is the driver's own business (`vagrant:libvirt`). Raises UsageError."""
    kind, _, argument = name.partition(":")
    if kind not in _DRIVERS:
        raise UsageError(f"no driver is called {name!r}", hint=f"drivers: {', '.join(names())}")
    module, maker = _DRIVERS[kind].split(":")
    make = getattr(import_module(module), maker)
    driver: Driver = make(argument) if argument else make()
    return driver


def attach(seat: Seat) -> Machine | None:
    """The machine of a seat, by the driver that its record names; None where there is no record. Raises LabError."""
    record = seat.read()
    return load(record.driver).attach(seat) if record else None


def machines(seat: Seat) -> list[Machine]:
    """What is in a seat's folder: the machine that its record names; where the record tells nothing, what the drivers' back
    ends say. Raises NewerVersion."""
    try:
        if machine := attach(seat):
            return [machine]
    except NewerVersion:
        raise
    except LabError:
        pass
    machines_found = []
    for name in _DRIVERS:
        with suppress(LabError):
            if (machine := load(name).attach(seat)).status().state != "absent":
                machines_found.append(machine)
    return machines_found


def names() -> list[str]:
    """Those for learners."""
    return sorted(_DRIVERS.keys() - {"fake"})
