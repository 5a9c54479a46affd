"""What a right solution must survive: the same test, asked again after a disturbance."""

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

NOW = "now"
# Seconds that a disturbance, and services after it, may take: a busy host must not change a verdict.
PATIENCE = 300.0
CALM_AFTER = 6.0  # seconds of rest after which a disturbed machine begins nothing more
SYSTEMCTL = "/usr/bin/systemctl"  # by its path: the learner may have put something else before it
# Docker has started, and units that hang on it have yet to: until they have, what a packet finds is not what stays.
# Two hundred looks are a minute: a unit that never ends its start keeps nobody longer.
_JOBS_DONE = f"""\
for look in $(/usr/bin/seq 200); do [ "$({SYSTEMCTL} list-jobs --no-legend)" ] || break; /usr/bin/sleep 0.3; done"""
SHUTDOWN_PATIENCE = 240.0  # seconds until it is down, however busy it is
REBOOT_PATIENCE = 600.0  # an emulated guest takes 40 where nothing else runs
_Test = TypeVar("_Test", bound=Callable[..., object])


def survives(*moments: str) -> Callable[[_Test], _Test]:
    """Marks a test: it runs now, and again after each of these disturbances.

    "restart of Docker"; "ufw reload"; "restart of the containers": all are stopped, and start in another order, with other
    addresses; "compose down and up": networks are made anew, too; "start of new containers": `tomorrow` in a network of its
    own, with port 7999 of the machine, and `tonight` in Docker's own; "night": what timers are to start has run; "reboot";
    "second reboot".
    """
    import pytest

    return pytest.mark.survives(*_known(moments))


def after(*moments: str) -> Callable[[_Test], _Test]:
    """Marks a test: it runs after each of these disturbances, and not before. For what is not there yet."""
    import pytest

    return pytest.mark.after(*_known(moments))


def _known(moments: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [m for m in moments if m not in MOMENTS]:
        raise ValueError(f"unknown moments: {unknown}; there are {list(MOMENTS)}")
    return moments


def _restart_docker(seat: Seat) -> None:
    # The third restart within a minute is refused by systemd, whoever began with the counting.
    restart = f"{SYSTEMCTL} reset-failed docker; {SYSTEMCTL} restart docker && {_JOBS_DONE}"
    # Which process it is and since when, in the kernel's words, by nothing but the shell itself.
    which = """\
which() {
    for p in /proc/[0-9]*; do
        name=; read -r name 2>/dev/null <$p/comm
        [ "$name" != dockerd ] || { read -r stat <$p/stat; set -- ${stat##*) }; echo "${p#/proc/},${20}"; }
    done
}"""
    said = ssh.run(seat, "sh", "-c", f"{which}; which; {restart} && echo then && which", timeout=PATIENCE).out
    before, _, after = said.partition("then")
    if not after.strip() or set(before.split()) & set(after.split()):
        raise CannotTell(f"Docker was to be restarted, and its process is the same as before ({after.strip() or 'none'})")


def _reload_ufw(seat: Seat) -> None:
    ssh.run(seat, "sh", "-c", "/usr/sbin/ufw status | grep -q inactive || /usr/sbin/ufw reload", timeout=PATIENCE)


def _script(name: str) -> Callable[[Seat], None]:
    """A disturbance by a script of guest/scripts, which is over when what hangs on it has started."""

    def disturb(seat: Seat) -> None:
        script = (PACKAGE / "guest" / "scripts" / name).read_text(encoding="utf-8")
        ssh.run(seat, "sh", "-c", f"{script}\n{_JOBS_DONE}", timeout=PATIENCE)

    return disturb


def _reboot(seat: Seat) -> None:
    machine = attach(seat)
    assert machine is not None
    with machine.boots() as anew:
        soon = ("--on-active=1", "--timer-property=AccuracySec=100ms")  # a timer may be a minute late otherwise
        ssh.run(seat, "/usr/bin/systemd-run", "--quiet", *soon, SYSTEMCTL, "reboot")
        ssh.close(seat)
        began = time.monotonic()
        while not anew():
            if time.monotonic() > began + SHUTDOWN_PATIENCE:
                raise CannotTell(f"the machine was to reboot, and was not started anew within {SHUTDOWN_PATIENCE:.0f} s")
            time.sleep(1)
    while time.monotonic() < began + REBOOT_PATIENCE:
        try:
            ssh.run(seat, SYSTEMCTL, "is-system-running", "--wait", timeout=PATIENCE, check=False)
        except LabError:  # it is on its way up
            time.sleep(1)
        else:
            return
    raise MachineError(f"the machine did not come back within {REBOOT_PATIENCE:.0f} s of its reboot")


# In the order in which they are tried: reboots last, because they clear what the others did.
MOMENTS: "Mapping[str, Callable[[Seat], None]]" = {
    "restart of Docker": _restart_docker,
    "ufw reload": _reload_ufw,
    "restart of the containers": _script("restart-containers"),
    "compose down and up": _script("compose-anew"),
    "start of new containers": _script("new-containers"),
    "night": _script("night"),
    "reboot": _reboot,
    "second reboot": _reboot,
}
