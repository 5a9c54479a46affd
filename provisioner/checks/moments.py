"""What a right solution must survive: the same test, asked again after a disturbance."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .. import ssh
from ..errors import LabError, MachineError
from ..seat import Seat

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = "now"
# Seconds that a disturbance, and services after it, may take: a busy host must not change a verdict.
PATIENCE = 300.0
CALM_AFTER = 6.0  # seconds of rest after which a disturbed machine begins nothing more
SYSTEMCTL = "/usr/bin/systemctl"  # by its path: the learner may have put something else before it
# Docker has started, and units that hang on it have yet to: until they have, what a packet finds is not what stays.
# Two hundred looks are a minute: a unit that never ends its start keeps nobody longer.
_JOBS_DONE = f"""\
for look in $(/usr/bin/seq 200); do [ "$({SYSTEMCTL} list-jobs --no-legend)" ] || break; /usr/bin/sleep 0.3; done"""
REBOOT_PATIENCE = 600.0  # an emulated guest takes 40 where nothing else runs
_Test = TypeVar("_Test", bound=Callable[..., object])


def survives(*moments: str) -> Callable[[_Test], _Test]:
    """Marks a test: it is asked now, and again after each of these (see MOMENTS)."""
    import pytest

    if unknown := [m for m in moments if m not in MOMENTS]:
        raise ValueError(f"unknown moments: {unknown}; there are {list(MOMENTS)}")
    return pytest.mark.survives(*moments)


def _restart_docker(seat: Seat) -> None:
    # The third restart within a minute is refused by systemd, whoever began with the counting.
    restart = f"{SYSTEMCTL} reset-failed docker; {SYSTEMCTL} restart docker && {_JOBS_DONE}"
    ssh.run(seat, "sh", "-c", restart, timeout=PATIENCE)


def _reload_ufw(seat: Seat) -> None:
    ssh.run(seat, "sh", "-c", "/usr/sbin/ufw status | grep -q inactive || /usr/sbin/ufw reload", timeout=PATIENCE)


def _reboot(seat: Seat) -> None:
    before = _boot_id(seat)
    soon = ("--on-active=1", "--timer-property=AccuracySec=100ms")  # a timer may be a minute late otherwise
    ssh.run(seat, "/usr/bin/systemd-run", "--quiet", *soon, SYSTEMCTL, "reboot")
    ssh.close(seat)
    deadline = time.monotonic() + REBOOT_PATIENCE
    while time.monotonic() < deadline:
        time.sleep(2)
        try:
            if _boot_id(seat) != before:
                ssh.run(seat, SYSTEMCTL, "is-system-running", "--wait", timeout=PATIENCE, check=False)
                return
        except LabError:  # it is on its way down or up
            continue
    raise MachineError(f"the machine did not come back within {REBOOT_PATIENCE:.0f} s of its reboot")


def _boot_id(seat: Seat) -> str:
    return ssh.run(seat, "/usr/bin/cat", "/proc/sys/kernel/random/boot_id", timeout=30).out.strip()


# In the order in which they are tried: the reboot last, because it clears what the others did.
MOMENTS: "Mapping[str, Callable[[Seat], None]]" = {
    "restart of Docker": _restart_docker,
    "ufw reload": _reload_ufw,
    "reboot": _reboot,
}
