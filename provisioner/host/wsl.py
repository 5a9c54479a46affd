"""What a Linux of Windows (WSL) lacks, and where that is switched on. The recommended way on Windows."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

from provisioner.core.paths import PACKAGE

SETTINGS = r"[wsl2] in %UserProfile%\.wslconfig, then: wsl --shutdown"
LEAST_MEMORY = 3 << 30  # bytes; by default WSL has half of the computer's


@dataclass(frozen=True)
class Problem:
    """what: one or two words; serious: nothing works with it."""

    what: str
    detail: str
    fix: str
    serious: bool = False


def is_wsl(release: str = platform.release()) -> bool:
    """By the name of its kernel."""
    return "microsoft" in release.lower()


def find_problems(
    memory: int, release: str = platform.release(), root: Path = Path("/"), checkout: Path = PACKAGE
) -> list[Problem]:  # fmt: skip
    """memory: that WSL has, in bytes."""
    problems = []
    if not re.search("wsl2", release, re.IGNORECASE) and "-Microsoft" in release:
        detail = "WSL 1 runs no Linux of its own, and so no virtual machine"
        return [Problem("version", detail, "wsl --set-version DISTRIBUTION 2    in Windows", serious=True)]
    if not (root / "dev/kvm").exists():
        detail = "no /dev/kvm: machines are emulated. Windows 11 has it, Windows 10 has not"
        problems.append(Problem("virtualization", detail, f"nestedVirtualization=true below {SETTINGS}"))
    if not (root / "run/systemd/system").exists():
        detail = "no systemd: the driver qemu does without; libvirt, lxc and a Docker of your own need it"
        problems.append(Problem("systemd", detail, "systemd=true below [boot] in /etc/wsl.conf, then: wsl --shutdown"))
    if memory < LEAST_MEMORY:
        problems.append(Problem("memory", f"WSL has {memory / (1 << 30):.1f} GiB", f"memory=6GB below {SETTINGS}"))
    if re.match(r"/mnt/[a-z]/", f"{checkout}/"):
        detail = f"{checkout} is on a Windows disk: ten times slower, and Linux's file modes are lost there"
        problems.append(Problem("checkout", detail, "git clone it again in your Linux home, and use that"))
    return problems
