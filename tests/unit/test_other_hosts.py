"""Windows and macOS, as far as a Linux host can play them: what their Python lacks is gone, and their name is said."""

import subprocess
import sys

import pytest

from .command import Cli

# What the standard library needs of this host is read before: it is the project's own code that is asked.
PLAY = """
import asyncio, concurrent.futures, http.cookiejar, logging, multiprocessing, os, platform, shutil, subprocess, sys
import tempfile, urllib.request, uuid
import click, filelock, platformdirs, psutil, yaml
name, system, lacking, modules = sys.argv[1:5]
for what in lacking.split():
    if hasattr(os, what):
        delattr(os, what)
for module in modules.split():
    sys.modules[module] = None
sys.platform, platform.system = name, lambda: system
real, ctypes = __import__("ctypes").CDLL, __import__("ctypes")
def library(name, *words, **named):
    if name is None and system == "Windows":
        raise TypeError("a library has a name")
    return real(name, *words, **named)
ctypes.CDLL = library
"""
WINDOWS = (
    "win32", "Windows", "geteuid getuid getegid getgid fork uname mkfifo setsid chown fchown listxattr getxattr pread pwrite "
    "O_PATH O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_CLOEXEC SEEK_DATA SEEK_HOLE", "fcntl grp pwd resource termios",
)  # fmt: skip
MACOS = ("darwin", "Darwin", "O_PATH listxattr getxattr setxattr memfd_create", "")
HOSTS = pytest.mark.parametrize("host", [WINDOWS, MACOS], ids=["windows", "macos"])


def played(lab: Cli, host: tuple[str, ...], program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PLAY + program, *host], env=lab.environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@HOSTS
@pytest.mark.parametrize("words", ["doctor", "doctor --driver lxc", "list", "status", "cache", "check 3"])
@pytest.mark.slow
def test_a_command_is_no_defect(lab: Cli, host: tuple[str, ...], words: str) -> None:
    program = f"sys.argv = ['lab', '--trust', *{words.split()!r}]\nfrom provisioner.__main__ import main\nmain()"
    done = played(lab, host, program)
    assert "a defect" not in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


@HOSTS
def test_a_driver_is_chosen(lab: Cli, host: tuple[str, ...]) -> None:
    done = played(lab, host, "from provisioner.host.select_driver import default\nprint(default())")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "qemu"
