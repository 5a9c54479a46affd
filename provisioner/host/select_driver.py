"""Which driver is taken where none is named."""

import os
import sys
from collections.abc import Callable

from provisioner.content.lab import Lab
from provisioner.core.errors import HostError
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.core.settings import setting
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.host import doctor
from provisioner.host.install import offer
from provisioner.provision.converted import emulated, quicker
from provisioner.provision.prerequisites import image_of

AUTO = "auto"
# In this order `auto` looks for one that works: what needs least, then what most people have.
CANDIDATES = (
    "qemu", "vagrant:virtualbox", "vagrant:libvirt", "vagrant:vmware_desktop", "vagrant:parallels", "vagrant:hyperv",
)  # fmt: skip


def default(tell: Callable[[str], None] = lambda _: None) -> str:
    """LAB_DRIVER, else the line `driver: NAME` of the configuration, else the first that works here, which is told."""
    if name := configured():
        return name
    candidate = next((candidate for candidate in CANDIDATES if _works(candidate)), None)
    if candidate is None:
        return CANDIDATES[0]  # what it lacks is offered or named
    tell(f"· driver {candidate}: the first that works on this host (change it with --driver or LAB_DRIVER)")
    return candidate


def configured() -> str:
    """Empty where nobody has chosen."""
    name = os.environ.get("LAB_DRIVER") or setting(Home.find().config, "driver")
    return name if name and name != AUTO else ""


def _works(name: str) -> bool:
    """By what `lab doctor` finds out about it."""
    return doctor.works(doctor.driver(name), name)


def quickest(home: Home, lab: Lab, image: str | None, *, yes: bool) -> Driver:
    """The embedded driver; where its machines are emulated and system containers work, that of those, which is told."""
    embedded = load(EMBEDDED)
    offer(embedded.preflight(), yes=yes)
    system = image_of(lab, embedded, image)
    if sys.platform != "linux" or not emulated(home, embedded, system):
        return embedded
    try:
        offer(load("lxc").preflight(), yes=yes)
    except HostError as error:
        say(f"· virtual machines are emulated here; system containers would take less than half the time ({error.hint})")
    containers = quicker(home, embedded, system)
    if containers:
        name = containers.info.name
        say(f"· driver {name}: virtual machines are emulated here, system containers are faster (or use --driver)")
    return containers or embedded
