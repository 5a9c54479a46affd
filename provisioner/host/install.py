"""Offers to install what a driver lacks, with the distribution's own package manager."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

import click

from provisioner.core import process
from provisioner.core.errors import HostError
from provisioner.core.model import Finding
from provisioner.core.progress import step
from provisioner.core.umask import PUBLIC
from provisioner.core.users import is_root

# What to say where we do not install by ourselves.
_COMMANDS_BY_SYSTEM = {"darwin": "brew install qemu", "win32": "winget install SoftwareFreedomConservancy.QEMU"}
# They make images from the distribution's packages.
_IMAGE_TOOLS = ("mmdebstrap", "e2fsprogs", "uidmap", "debian-archive-keyring")
# What system containers take: emulated machines are prepared in them, in half of the time.
_CONTAINERS = ("lxc", "slirp4netns")


def offer(findings: Sequence[Finding], *, yes: bool) -> None:
    """Installs what is missing: after asking; at once with yes, and in continuous integration.

    Raises HostError with the exact command.
    """
    lacking = [f for f in findings if not f.is_present]
    if not lacking:
        return
    packages = sorted({p for f in lacking for p in f.packages})
    if packages:
        packages += [p for p in _list_extras() if p not in packages]
    names = ", ".join(f.what for f in lacking)
    fixes = [f.fix for f in lacking if f.fix] + ([line_for(packages)] if packages else [])
    command = install_command(packages)
    # What has a remedy of its own is not helped by packages.
    installable = bool(command) and all(f.packages for f in lacking)
    if not installable or not (yes or os.environ.get("CI") or _agreed(names, shlex.join(command))):
        raise HostError(f"this host lacks: {names}", hint="; ".join(fixes))
    folder = Path(mkdtemp(prefix="lab-install-"))  # which nobody else may enter: with sudo, root writes there
    log = folder / "log"
    with step(f"Installing {names}", key="install packages") as bar:
        process.run([*_sudo(), "apt-get", "update", "-qq"], check=False, timeout=300, umask=PUBLIC)
        process.stream(
            command, bar.detail, log=log, env={"DEBIAN_FRONTEND": "noninteractive"}, umask=PUBLIC,
            hint=f"{shlex.join(command)} (the whole log: {log})",
        )  # fmt: skip
    shutil.rmtree(folder)


def _list_extras() -> list[str]:
    """What nothing works without is asked for once: these make it quick, and are of no use to those who have it quick."""
    from provisioner.backends.qemu import accelerator

    packages = [] if shutil.which("mmdebstrap") else [*_IMAGE_TOOLS]
    if sys.platform == "linux" and is_root() and not shutil.which("lxc-start") and accelerator.none_here():
        packages += _CONTAINERS
    return packages


def install_command(packages: Sequence[str]) -> list[str]:
    """The exact command, empty where this host has no package manager that we know (or there is nothing to install)."""
    if not packages or not shutil.which("apt-get"):
        return []
    return [*_sudo(), "apt-get", "install", "-y", "--no-install-recommends", *packages]


def line_for(packages: Sequence[str]) -> str:
    """What to type to get these packages, on this host."""
    command = install_command(packages)
    return shlex.join(command) or _COMMANDS_BY_SYSTEM.get(sys.platform, f"install: {' '.join(packages)}")


def _sudo() -> list[str]:
    return [] if is_root() else ["sudo"]


def _agreed(names: str, line: str) -> bool:
    if not sys.stdin.isatty():
        return False
    click.echo(f"This host lacks: {names}. To install it:\n\n    {line}\n", err=True)
    return click.confirm("Run that now?", default=True, err=True)
