"""Disturbances that a right solution must survive: the same test runs again after each."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from provisioner.core.errors import LabError, MachineError
from provisioner.core.outcome import CannotTell
from provisioner.core.paths import PACKAGE
from provisioner.drivers.registry import attach
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Mapping

BASELINE = "now"
# Seconds that a disturbance, and services after it, may take: a busy host must not change a verdict.
PATIENCE = 300.0
CALM_AFTER = 6.0  # seconds without work after which a disturbed machine is expected to start nothing more
SYSTEMCTL = "/usr/bin/systemctl"  # an absolute path: the learner may have changed PATH
# Units that depend on Docker start after it; until they have, a probe may see a temporary state. Waits at most a minute
# (200 x 0.3 s), so a unit that never finishes starting cannot block the check.
_JOBS_DONE = f"""\
for look in $(/usr/bin/seq 200); do [ "$({SYSTEMCTL} list-jobs --no-legend)" ] || break; /usr/bin/sleep 0.3; done"""
SHUTDOWN_PATIENCE = 240.0  # seconds until a busy machine is down
REBOOT_PATIENCE = 600.0  # an emulated guest takes 40 where nothing else runs
_Test = TypeVar("_Test", bound=Callable[..., object])


def survives(*moments: str) -> Callable[[_Test], _Test]:
    """Marks a test: it runs now, and again after each of these disturbances.

    "restart of Docker"; "ufw reload"; "restart of the containers": all are stopped, and start with other
    addresses; "compose down and up": networks are made anew, too; "start of new containers": `tomorrow` in a network of its
    own, with port 7999 of the machine (TCP and UDP), and `tonight` in Docker's own; "night": what timers are to start has run;
    "reboot"; "second reboot": and Docker takes its time to start.
    """
    import pytest

    return pytest.mark.survives(*_check_moments(moments))


def after(*moments: str) -> Callable[[_Test], _Test]:
    """Marks a test: it runs after each of these disturbances, and not before. For what is not there yet."""
    import pytest

    return pytest.mark.after(*_check_moments(moments))


def _check_moments(moments: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [m for m in moments if m not in MOMENTS]:
        raise ValueError(f"unknown moments: {unknown}; there are {list(MOMENTS)}")
    return moments


def _restart_docker(seat: Seat) -> None:
    # systemd refuses the third restart within a minute: reset its counter first.
    restart = f"{SYSTEMCTL} reset-failed docker; {SYSTEMCTL} restart docker && {_JOBS_DONE}"
    # The process and its start time, from /proc, with shell built-ins only.
    find_process = """\
find_process() {
    for p in /proc/[0-9]*; do
        name=; read -r name 2>/dev/null <$p/comm
        [ "$name" != dockerd ] || { read -r stat <$p/stat; set -- ${stat##*) }; echo "${p#/proc/},${20}"; }
    done
}"""
    output = ssh.run(
        seat, "sh", "-c", f"{find_process}; find_process; {restart} && echo then && find_process", timeout=PATIENCE
    ).out
    old_processes, _, new_processes = output.partition("then")
    if not new_processes.strip() or set(old_processes.split()) & set(new_processes.split()):
        raise CannotTell(
            f"Docker was to be restarted, and its process is the same as before ({new_processes.strip() or 'none'})"
        )


def _reload_ufw(seat: Seat) -> None:
    ssh.run(seat, "sh", "-c", "/usr/sbin/ufw status | grep -q inactive || /usr/sbin/ufw reload", timeout=PATIENCE)


def _script(*names: str) -> Callable[[Seat], None]:
    """A disturbance by scripts of guest/scripts, which is over when what hangs on it has started."""

    def disturb(seat: Seat) -> None:
        script = "\n".join((PACKAGE / "guest" / "scripts" / name).read_text(encoding="utf-8") for name in names)
        ssh.run(seat, "sh", "-c", f"{script}\n{_JOBS_DONE}", timeout=PATIENCE)

    return disturb


def _reboot(seat: Seat) -> None:
    machine = attach(seat)
    assert machine is not None
    with machine.boots() as has_rebooted:
        timer_options = ("--on-active=1", "--timer-property=AccuracySec=100ms")  # a timer may be a minute late otherwise
        ssh.run(seat, "/usr/bin/systemd-run", "--quiet", *timer_options, SYSTEMCTL, "reboot")
        ssh.close(seat)
        start = time.monotonic()
        while not has_rebooted():
            if time.monotonic() > start + SHUTDOWN_PATIENCE:
                raise CannotTell(f"the machine was to reboot, and was not started anew within {SHUTDOWN_PATIENCE:.0f} s")
            time.sleep(1)
    while time.monotonic() < start + REBOOT_PATIENCE:
        try:
            ssh.run(seat, SYSTEMCTL, "is-system-running", "--wait", timeout=PATIENCE, check=False)
        except LabError:  # it is still booting
            time.sleep(1)
        else:
            return
    raise MachineError(f"the machine did not come back within {REBOOT_PATIENCE:.0f} s of its reboot")


def _reboot_slowly(seat: Seat) -> None:
    """Whoever does not wait for Docker, but for some seconds, comes too early. The delay is there for one start only."""
    script = (PACKAGE / "guest" / "scripts" / "slow-docker").read_text(encoding="utf-8")
    ssh.run(seat, "sh", "-c", script, timeout=PATIENCE)
    _reboot(seat)


# In the order in which they run: reboots last, because they undo the effects of the others.
MOMENTS: "Mapping[str, Callable[[Seat], None]]" = {
    "restart of Docker": _restart_docker,
    "ufw reload": _reload_ufw,
    "restart of the containers": _script("other-addresses", "restart-containers"),
    "compose down and up": _script("other-addresses", "compose-anew"),
    "start of new containers": _script("remove-new-containers", "new-containers"),
    "night": _script("night"),
    "reboot": _reboot,
    "second reboot": _reboot_slowly,
}
# What is taken back after the check on a machine that stays, by the disturbance that brought it.
CLEAN_UPS: "Mapping[str, Callable[[Seat], None]]" = {"start of new containers": _script("remove-new-containers")}
