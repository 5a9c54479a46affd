"""Drivers by name, imported when they are asked for."""

from importlib import import_module

from provisioner.core.errors import UsageError
from provisioner.drivers.base import Driver

EMBEDDED = "qemu"
_DRIVERS = {
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


def names() -> list[str]:
    return sorted(_DRIVERS)
