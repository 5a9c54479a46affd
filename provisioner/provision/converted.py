"""Layers that another driver prepares, where that is quicker: system containers where virtual machines are emulated."""

from contextlib import suppress

from provisioner.backends.qemu import accelerator
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import load
from provisioner.images import Image


def quicker(home: Home, driver: Driver, image: Image) -> Driver | None:
    """The driver that prepares machines of this image quicker; None where there is none, or its own are as quick."""
    if not emulated(home, driver, image):
        return None
    for name in driver.info.converts:
        with suppress(LabError):
            candidate = load(name)
            if all(finding.is_present for finding in candidate.preflight()):
                return candidate
    return None


def emulated(home: Home, driver: Driver, image: Image) -> bool:
    """Whether a driver's machines of this image are emulated, and those of another could be made to its own."""
    return bool(driver.info.converts) and image.disk_format == "raw" and accelerator.choose(home, image) == "tcg"
