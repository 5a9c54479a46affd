"""What root in a machine can do to its host: a program for the machine, which tries and changes nothing.

System calls by their numbers are those of x86-64. Arguments: major and minor number of the host's disk. Says as JSON what
could be done: an empty text is "refused".
"""

import ctypes
import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ENOUGH = 3000  # processes
_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *words: object) -> str:
    done = _libc.syscall(number, *words)
    # Any other error but that the kernel has none of this comes after the right was there.
    if done >= 0 or ctypes.get_errno() not in {errno.EPERM, errno.EACCES, errno.ENOSYS}:
        return f"system call {number}: {done}, {os.strerror(ctypes.get_errno())}"
    return ""


def handle() -> str:
    """The root of the file system that Docker's folder is on, by its number."""
    data = (2).to_bytes(4, "little") + bytes(4)
    wanted = ctypes.create_string_buffer(len(data).to_bytes(4, "little") + (1).to_bytes(4, "little") + data)
    mount = os.open("/var/lib/docker", os.O_RDONLY)
    done = _libc.syscall(304, mount, wanted, os.O_RDONLY | os.O_DIRECTORY)
    return f"sees {sorted(file.name for file in os.scandir(done))}" if done >= 0 else ""


def device(kind: int, major: int, minor: int) -> str:
    with tempfile.TemporaryDirectory() as folder, suppress(PermissionError, FileNotFoundError):
        os.mknod(f"{folder}/device", 0o600 | kind, os.makedev(major, minor))
        os.close(os.open(f"{folder}/device", os.O_RDWR))
        return f"opened {major}:{minor}"
    return ""


def device_of_sandbox(major: int, minor: int) -> str:
    """As above, in a file system of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "own", folder], capture_output=True, check=False).returncode:
            return ""
        try:
            with suppress(PermissionError):
                os.mknod(f"{folder}/device", 0o600 | stat.S_IFBLK, os.makedev(major, minor))
                os.close(os.open(f"{folder}/device", os.O_RDWR))
                return f"opened {major}:{minor}"
        finally:
            subprocess.run(["umount", folder], check=False)
    return ""


def mounted(kind: str, options: str, *files: str) -> str:
    """Which of these files can be opened to be written, in a file system mounted anew, and in the one that is there."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", kind, "-o", options, "own", folder], capture_output=True, check=False)
        for top in (folder, f"/{kind.removesuffix('fs')}", f"/dev/.lxc/{kind.removesuffix('fs')}"):
            for file in files:
                for path in Path(top).glob(file):
                    with suppress(OSError):
                        os.close(os.open(path, os.O_WRONLY))
                        found.append(str(path).removeprefix(folder))
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=False)
    return " ".join(found)


def processes() -> str:
    """More than a machine needs, none of which does anything."""
    ready, end = os.pipe()
    made = 0
    with suppress(OSError):
        while made < ENOUGH:
            if os.fork() == 0:
                os.close(end)
                os.read(ready, 1)
                os._exit(0)
            made += 1
    os.close(end)
    for _ in range(made):
        os.wait()
    return f"{made} processes" if made == ENOUGH else ""


def clock() -> str:
    with suppress(PermissionError):
        time.clock_settime(time.CLOCK_REALTIME, time.time())
        return "set"
    return ""


def main(major: int, minor: int) -> None:
    trials: dict[str, Callable[[], str]] = {
        "a file by its number": handle,
        "the disk": lambda: device(stat.S_IFBLK, major, minor),
        "the disk on a file system of its own": lambda: device_of_sandbox(major, minor),
        "a loop device": lambda: device(stat.S_IFCHR, 10, 237),
        "the memory": lambda: device(stat.S_IFCHR, 1, 1),
        "the kernel's settings": lambda: mounted(
            "proc", "defaults", "sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/vm/overcommit_memory", "sysrq-trigger"
        ),
        "devices' settings": lambda: mounted(
            "sysfs", "defaults", "kernel/uevent_helper", "kernel/mm/*/enabled", "class/block/*/uevent", "power/state"
        ),
        "a program for the end of groups": lambda: mounted("cgroup", "memory", "release_agent"),
        "the clock": clock,
        "a module": lambda: _call(175, b"", 0, b""),
        "another kernel": lambda: _call(246, 0, 0, None, 0),
        "the kernel's messages": lambda: _call(103, 5, None, 0),
        "processes without end": processes,
    }  # fmt: skip
    print(json.dumps({name: trial() for name, trial in trials.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
