"""Lab 3 in a machine with an ARM processor, as on Apple Silicon: the image, the `virt` board and its firmware, all emulated."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.core.users import is_root

from .conftest import Cli, own_home, require_time

pytestmark = pytest.mark.first_half
ALL = {1, 2, 3, 4, 5, 6}
LONG = 7200.0  # seconds, for what takes minutes with a processor of the host's own kind
FORMATS = Path("/proc/sys/fs/binfmt_misc")
NAME = "qemu-aarch64"
REGISTRATION = Path(f"/usr/lib/binfmt.d/{NAME}.conf")  # of Debian's qemu-user-static


class ArmCli(Cli):
    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(Path(__file__).with_name("as_arm64.py")), "--trust", *words]


@pytest.fixture(scope="module")
def arm_programs() -> Iterator[None]:
    """This host runs programs of ARM processors meanwhile: making the image runs some."""
    require_time()
    if platform.machine() in ("aarch64", "arm64"):
        pytest.skip("this host has such a processor: all other tests are this one")
    missing = [p for p in ("mmdebstrap", "arch-test", "qemu-system-aarch64") if not shutil.which(p)]
    if missing or not is_root() or not REGISTRATION.exists():
        pytest.skip("making an image for ARM needs root, mmdebstrap, arch-test, qemu-user-static and qemu-system-arm")
    is_mounted, is_registered = (FORMATS / "register").exists(), (FORMATS / NAME).exists()
    if not is_mounted:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", FORMATS], check=True)
    try:
        if not (FORMATS / NAME).exists():
            (FORMATS / "register").write_bytes(REGISTRATION.read_bytes().strip())
        yield
    finally:
        if not is_registered and (FORMATS / NAME).exists():
            (FORMATS / NAME).write_text("-1")
        if not is_mounted:
            subprocess.run(["umount", FORMATS], check=True)


@pytest.fixture(scope="module")
def arm(arm_programs: None) -> Iterator[Cli]:  # noqa: ARG001 - they are needed
    with own_home(ArmCli) as cli:
        yield cli


def test_it_is_ready(arm: Cli) -> None:
    assert "is ready" in arm.run("up", "3", "--image", "debian-13", "--driver", "qemu", "--yes", timeout=LONG)
    assert arm.run("ssh", "3", "--", "uname -m; systemctl --failed --no-legend").split() == ["aarch64"]


def test_the_exercises(arm: Cli) -> None:
    assert arm.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    arm.run("solve", "3", timeout=LONG)
    assert arm.outcomes("3.2", expect=0) == {2: "done"}
    assert arm.outcomes("3.6", expect=0) == {6: "done"}, "with a reboot, on a copy"


def test_stop_and_up_and_reset(arm: Cli) -> None:
    arm.run("stop", "3")
    assert "is resumed" in arm.run("up", "3")
    arm.run("reset", "3", timeout=LONG)
    assert arm.outcomes("3.2", "--quick", expect=1) == {2: "not yet"}
