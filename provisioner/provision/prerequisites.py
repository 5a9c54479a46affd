"""What a lab needs of a driver: programs on the host, an image to boot from, a kernel of its machine's own."""

from provisioner.content.lab import Lab
from provisioner.core.errors import HostError, UsageError
from provisioner.drivers.base import Driver
from provisioner.images import Image


def require_programs(driver: Driver) -> None:
    """Raises HostError where the host lacks what the driver stands on."""
    if lacking := [finding.what for finding in driver.preflight() if not finding.is_present]:
        raise HostError(
            f"the driver {driver.info.name} lacks: {', '.join(lacking)}", hint="lab doctor names the command that installs it"
        )


def image_of(lab: Lab, driver: Driver, name: str | None = None) -> Image:
    """What its machine boots from: the image of that name, else the first of the lab's that is available. Raises LabError."""
    return driver.image([name] if name else lab.manifest.images)


def has_kernel(lab: Lab, driver: Driver) -> bool:
    """Whether a driver's machines have what the lab is about."""
    return not lab.own_kernel or driver.info.kernel == "own"


def require_kernel(lab: Lab, driver: Driver) -> None:
    """Raises UsageError."""
    if not has_kernel(lab, driver):
        raise UsageError(
            f"lab {lab.number} is about the machine's own kernel, and with {driver.info.name} it has the host's",
            hint="--driver qemu",
        )
