"""Offers to install what a driver lacks, with the distribution's own package manager."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir

import click

from . import process
from .drivers import Finding
from .errors import HostError
from .progress import step

# What to say where we do not install by ourselves.
_ELSEWHERE = {"darwin": "brew install qemu", "win32": "winget install SoftwareFreedomConservancy.QEMU"}
# Makes images from the distribution's packages; asked for along with QEMU.
_IMAGE_TOOLS = {"mmdebstrap": "mmdebstrap", "debian-archive-keyring": ""}


def offer(findings: Sequence[Finding], *, yes: bool) -> None:
    """Installs what is missing: after asking, or at once with yes. Raises HostError with the exact command."""
    lacking = [f for f in findings if not f.found]
    packages = sorted({p for f in lacking for p in f.packages})
    if packages and shutil.which("mmdebstrap") is None:
        packages += [p for p in _IMAGE_TOOLS]
    if not lacking:
        return
    command = install_command(packages)
    what = ", ".join(f.what for f in lacking)
    if not command:
        raise HostError(f"this host lacks: {what}", hint=_ELSEWHERE.get(sys.platform, f"install: {' '.join(packages)}"))
    line = shlex.join(command)
    if os.geteuid() != 0 and not yes and not sys.stdin.isatty():
        raise HostError(f"this host lacks: {what}", hint=line)
    if not yes and not _agreed(what, line):
        raise HostError(f"this host lacks: {what}", hint=line)
    log = Path(gettempdir()) / f"lab-install-{os.getpid()}.log"
    with step(f"Installing {what}", key="install packages") as now:
        process.run([*_sudo(), "apt-get", "update", "-qq"], check=False, timeout=300)
        process.stream(command, now.detail, log=log, env={"DEBIAN_FRONTEND": "noninteractive"}, hint=line)
    log.unlink(missing_ok=True)


def install_command(packages: Sequence[str]) -> list[str]:
    """The exact command, empty where this host has no package manager that we know."""
    if not shutil.which("apt-get"):
        return []
    return [*_sudo(), "apt-get", "install", "-y", "--no-install-recommends", *packages]


def _sudo() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo"]


def _agreed(what: str, line: str) -> bool:
    if not sys.stdin.isatty():
        return False
    click.echo(f"This host lacks: {what}. To install it:\n\n    {line}\n", err=True)
    return click.confirm("Run that now?", default=True, err=True)
