"""What the host itself needs without a network: Python packages for `lab`, and the distribution's packages of QEMU.

They are plain files in the archive, so that `tar -xzf course.lab python packages` has them before there is a `lab`.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.core import process
from provisioner.core.errors import HostError, UsageError
from provisioner.core.paths import PACKAGE
from provisioner.core.progress import step
from provisioner.core.users import is_root
from provisioner.drivers.base import Driver

_PATIENCE = 1800.0  # seconds for a slow network
_DEPENDS = ("--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances")
# What converts disks and keeps machines from the host; system containers ask for the tools that build their images.
_TOOLS = ("qemu-utils", "openssh-client", "e2fsprogs", "uidmap", "slirp4netns", "mmdebstrap", "debian-archive-keyring")


@contextmanager
def folder() -> Iterator[Path]:
    """Where they are kept until they are packed."""
    with TemporaryDirectory(prefix="lab-bundle-") as path:
        yield Path(path)


def fetch_python(target: Path) -> list[Path]:
    """Wheels of what requirements.lock names, for this Python and this kind of host. Raises LabError."""
    lock = PACKAGE.parent / "requirements.lock"
    if not lock.is_file():
        raise UsageError("--with-python needs a checkout of the project: there is no requirements.lock", hint="leave it out")
    target.mkdir()
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes",
             "--only-binary", ":all:", "--dest", str(target), "--requirement", str(lock)]  # fmt: skip
    with step("Fetching wheels of the Python packages", key="bundle python") as bar:
        process.run(words, timeout=_PATIENCE, hint="it needs the network; without --with-python it does not")
        bar.result(_tell(target))
    return sorted(target.iterdir())


def fetch_packages(target: Path, driver: Driver) -> list[Path]:
    """The distribution's packages that the driver needs, with what they depend on, but for what each system has. Raises
    LabError."""
    if not shutil.which("apt-get") or not shutil.which("apt-cache"):
        raise HostError("--with-packages needs apt-get, which Debian and Ubuntu have", hint="leave it out")
    target.mkdir()
    names = [*{name: None for finding in driver.preflight() for name in finding.packages} | dict.fromkeys(_TOOLS)]
    with step("Fetching the distribution's packages", key="bundle packages") as bar:
        tree = process.run(["apt-cache", "depends", *_DEPENDS, *names], timeout=_PATIENCE, env={"LC_ALL": "C"}).out
        wanted = {line for line in tree.splitlines() if line[:1].isalnum() and ":" not in line} - _required()
        words = [
            "apt-get",
            "download",
            "-q",
            *(["-o", "APT::Sandbox::User=root"] if is_root() else []),
            *sorted(wanted),
        ]
        process.run(words, cwd=target, timeout=_PATIENCE, hint="sudo apt-get update, then again; or without --with-packages")
        bar.result(_tell(target))
    return sorted(target.glob("*.deb"))


def _required() -> set[str]:
    """What no Debian is without."""
    words = ["dpkg-query", "--show", "--showformat", "${Package} ${Priority} ${Essential}\n"]
    rows = (line.split() for line in process.run(words, timeout=60).out.splitlines())
    return {row[0] for row in rows if len(row) > 1 and ("required" in row or "yes" in row)}


def _tell(target: Path) -> str:
    files = list(target.iterdir())
    return f"{len(files)} files, {sum(file.stat().st_size for file in files) >> 20} MiB"


def use(name: str, place: Path) -> str:
    """One line that says how to use what was installed."""
    if name == "python":
        return f"Python packages, for a first ./lab without a network: PIP_NO_INDEX=1 PIP_FIND_LINKS={place} ./lab list"
    return f"packages of the distribution: sudo dpkg -iGE {place}/*.deb"
