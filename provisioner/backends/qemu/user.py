"""Who QEMU is once it has opened its files: nobody whom the host knows, where it is started by root.

Each machine has a number of its own, so that a guest that breaks out of its emulator reaches no file and no other machine.
"""

import os
import re
import sys
from pathlib import Path

from provisioner.backends.qemu import arguments
from provisioner.core.progress import say

# No distribution gives these to anybody (systemd's list of numbers, UIDS-GIDS.md); with a port they end at 0x7000ffff.
_FIRST = 0x70000000
_NOBODY_ID = 65534  # in a container whose root has few numbers


def number(port: int, table: Path = Path("/proc/self/uid_map")) -> int | None:
    """For the machine whose SSH is at that port of the host; None if it stays who we are. table: which numbers there are."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    ranges = [[int(word) for word in line.split()] for line in table.read_text().splitlines()]
    for candidate in (_FIRST + port, _NOBODY_ID):
        if any(first <= candidate < first + count for first, _, count in ranges):
            return candidate
    say("! QEMU runs as root: there is no other user in this container. Run lab as an ordinary user to change that")
    return None


def options(number: int | None) -> list[str]:
    """QEMU changes to it before its guest runs, and after it has opened disks, memory and /dev/kvm."""
    if number is None:
        return []
    version = [int(part) for part in re.findall(r"\d+", arguments.version())[:2]]
    return ["-run-with", f"user={number}:{number}"] if version >= [9, 1] else ["-runas", f"{number}:{number}"]
