"""Labs of others, from a folder or a git repository: copied to a folder of the home's, where they are found like other labs."""

import re
import shutil
from pathlib import Path

from provisioner.content.lab import Glance, lab_folders, title_of
from provisioner.core import process
from provisioner.core.errors import UsageError
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home, labs_folders, private_folder, sync_tree
from provisioner.seats.seat import hold_lock

_URL = re.compile(r"(https|ssh|git|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_CLONE_PATIENCE = 600.0  # seconds
_MOST_BYTES, _MOST_FILES = 256 << 20, 20_000  # of labs, which are texts


def add(home: Home, source: str) -> list[Glance]:
    """Copies all labs of a folder, of its folder `labs`, or of a repository. Nothing of them runs. Raises UsageError."""
    private_folder(home.bundled)
    with hold_lock(home.bundled / ".lock", f"lab add {source}"):
        return _add(home, source)


def _add(home: Home, source: str) -> list[Glance]:
    scratch = home.bundled / ".adding"
    remove_tree(scratch)
    try:
        root = _clone(source, scratch / "repository") if _URL.fullmatch(source) else Path(source).expanduser()
        folder = next((f for f in (root, root / "labs") if f.is_dir() and lab_folders(f)), None)
        if folder is None:
            raise UsageError(f"there are no labs in {source}", hint="folders like 15-my-lab, or a folder `labs` with such")
        target = home.bundled / _name(source)
        existing = lab_folders([place for place in labs_folders() if place != target])
        new = lab_folders(folder)
        for number, other in existing.items():
            if number in new or any(other.name[3:] == lab.name[3:] for lab in new.values()):
                raise UsageError(f"there is a lab {number} already", evidence=str(other), hint=f"move {other} away first")
        _require_plain(folder)
        shutil.copytree(folder, scratch / "labs", ignore=shutil.ignore_patterns(".git", "__pycache__"))
        sync_tree(scratch / "labs")
        remove_tree(target)
        (scratch / "labs").rename(target)
    finally:
        remove_tree(scratch)
    return [title_of(lab) for lab in lab_folders(target).values()]


def _clone(url: str, folder: Path) -> Path:
    """The newest state only. Hooks and filters of a repository are its user's, and those of others are not run."""
    words = ["git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "clone", "--quiet", "--depth", "1"]
    hint = "is it the address of a git repository, and is there a network?"
    process.run([*words, "--no-recurse-submodules", "--", url, str(folder)], timeout=_CLONE_PATIENCE, failure=UsageError,
                env={"GIT_TERMINAL_PROMPT": "0"}, hint=hint)  # fmt: skip
    return folder


def _require_plain(folder: Path) -> None:
    """Raises UsageError for links, which could lead anywhere, and for more than labs are."""
    size = count = 0
    for file in folder.rglob("*"):
        if ".git" in file.relative_to(folder).parts:
            continue
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            raise UsageError(f"{file} is a link or a device", hint="labs are files and folders; ask its author")
        size, count = size + file.lstat().st_size, count + 1
        if size > _MOST_BYTES or count > _MOST_FILES:
            raise UsageError(f"{folder} is too large for labs", hint=f"at most {_MOST_BYTES >> 20} MiB in {_MOST_FILES} files")


def _name(source: str) -> str:
    """Of the folder: the same source replaces what it gave before."""
    last = re.sub(r"\.git/?$", "", source.rstrip("/")).rpartition("/")[2].rpartition(":")[2]
    return f"added-{re.sub(r'[^A-Za-z0-9-]+', '-', last).strip('-') or 'labs'}"
