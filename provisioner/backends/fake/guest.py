"""The files of a fake machine: what a boot keeps (`disk`) and what it loses (`memory`), as folders of the host."""

import posixpath
import shutil
import uuid
from pathlib import Path

from provisioner.core.files import remove_tree

IN_MEMORY = ("/dev/shm/", "/proc/", "/run/", "/tmp/")  # noqa: S108 - of the machine
BOOT_ID = "/proc/sys/kernel/random/boot_id"
LAB = "/etc/lab/drawn.json"  # what the manifest says
NONCE = "/etc/lab/nonce"
# Files whose rules are gone after the event that names them. A rule on the disk outlives all of them.
RULES = {"": "/etc/rules", "reboot": "/run/rules", "docker": "/run/docker/rules", "ufw": "/run/ufw/rules"}
HOMES = {"learner": "/home/learner", "root": "/root"}


class Guest:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.memory = folder / "memory"
        self.suspended = folder / "suspended"  # the memory, while the machine is suspended
        self.pid = folder / "pid"

    def place(self, path: str, user: str = "root") -> Path:
        """Where the host has a file of the machine; no name leads out of the machine's folders."""
        name = posixpath.normpath(posixpath.join("/", HOMES[user], path))
        return (self.memory if f"{name}/".startswith(IN_MEMORY) else self.disk) / name.lstrip("/")

    def read(self, path: str) -> str:
        """Empty where there is no such file."""
        file = self.place(path)
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def write(self, path: str, text: str, *, append: bool = False, user: str = "root") -> None:
        """Raises OSError."""
        file = self.place(path, user)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a" if append else "w", encoding="utf-8") as opened:
            opened.write(text)

    def boot(self) -> None:
        """What only the memory had is gone."""
        for folder in (self.memory, self.suspended):
            remove_tree(folder)
        self.write(BOOT_ID, f"{uuid.uuid4()}\n")

    def copy(self, other: "Guest") -> None:
        """Of the disk, and of the memory if it has one. Raises OSError."""
        shutil.copytree(self.disk, other.disk, symlinks=True)
        if self.memory.exists():
            shutil.copytree(self.memory, other.memory, symlinks=True)

    def size(self, folder: Path) -> int:
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
