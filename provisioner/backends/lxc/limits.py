"""What this host's kernel allows all system containers together: systemd in each watches files (inotify), which is counted as
root's."""

from contextlib import suppress
from pathlib import Path

from provisioner.backends.lxc import container
from provisioner.core.paths import Home
from provisioner.seats.seat import seats

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
PER_MACHINE = 7  # measured: with 128, the nineteenth does not start
ENOUGH = 1024
FIX = f"sudo sysctl -w fs.inotify.max_user_instances={ENOUGH}"
_SIGNS = ("Exiting PID 1", "Too many open files", "inotify")


def find_fix(log: str) -> str:
    """The command that helps where a machine's log shows that a limit was reached; else empty."""
    return FIX if any(sign in log for sign in _SIGNS) and _limit() < ENOUGH else ""


def room(home: Home) -> int:
    """How many more machines can run."""
    running = sum(container.find(seat) is not None for seat in seats(home))
    return max(0, _limit() // PER_MACHINE - running)


def _limit() -> int:
    with suppress(OSError, ValueError):
        return int(INSTANCES.read_text())
    return ENOUGH
