"""Labs of others: what they may run on this host is asked for once, by what is in them.

A lab is a program: Ansible evaluates its playbooks' lookups on the host, and its tests are Python. What comes with the project
is trusted as the project is. Of others, the lab's folder and what its labs share (base.yml, roles, all else beside them) are
trusted by digest, each by itself. A lab that this user has made (`lab new`) is trusted by its place, so that its author may
change it, as long as nobody else can.
"""

import hashlib
import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from provisioner.content.lab import Lab, lab_folders
from provisioner.core import digest
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, private_folder, project_labs
from provisioner.core.progress import say, tell
from provisioner.core.state_file import Format

_NOTE = Format("the note that a lab is trusted")
_MOST_NAMES = 8  # that are shown


@dataclass(frozen=True)
class Part:
    """What is trusted together. runs: what of it runs on the host."""

    folder: Path
    digest: str
    runs: str

    def __str__(self) -> str:
        return f"{self.folder}  sha256 {self.digest}\n    {self.runs}"


def require(home: Home, lab: Lab, *, agreed: bool) -> None:
    """Returns where all that would run with this lab is trusted. agreed: the user has said so on the command line.

    lab: as it is written; its variations are trusted with it. Raises UsageError.
    """
    missing = [part for part in _parts(home, lab) if not _is_noted(home, part.digest)]
    if not missing:
        return
    if not agreed and not _agreed(lab, missing):
        raise UsageError(
            f"lab {lab.number} does not come with the project, and is not trusted to run on this host",
            evidence="\n".join(map(str, missing)), hint=f"read it; if you trust it: lab --trust {shlex.join(sys.argv[1:])}",
        )  # fmt: skip
    for part in missing:
        _note(home, part.digest, str(part.folder))
        say(f"✓ trusted as it is now: {part.folder} (sha256 {part.digest[:12]})")


def note_author(home: Home, folder: Path) -> None:
    """Notes that a lab's folder is of this user's making."""
    if not _is_project(folder.parent):
        _note(home, _place(folder), f"made by lab new: {folder}")


def _parts(home: Home, lab: Lab) -> Iterator[Part]:
    """What would run with a lab, except what is the project's or this author's."""
    root, project = lab.root, project_labs()
    if _is_project(root):
        return
    by_author = _is_noted(home, _place(lab.folder))
    safe = by_author and not digest.may_others_write(lab.folder)
    if not safe and not _is_equal(lab.folder, project / lab.folder.name):
        tests = f"{len(lab.exercises)} test{'s' * (len(lab.exercises) != 1)}"
        runs = f"its playbook setup.yml with the lookups in it, {tests} in Python"
        if by_author:
            runs += "; it was made by `lab new`, but other users may write to it, or to a folder above it"
        yield Part(lab.folder, digest.digest(lab.folder, project), runs)
    shared = [name for name in _shared(root) if not _is_equal(root, project, name)]
    if shared:
        printed = [name if name.isprintable() else ascii(name) for name in shared[:_MOST_NAMES]]
        runs = f"what its labs share: {', '.join(printed)}{', and more' if len(shared) > _MOST_NAMES else ''}"
        yield Part(root, digest.digest(root, project, shared), runs)


def _is_project(root: Path) -> bool:
    return root.resolve() == project_labs().resolve()


def _is_equal(folder: Path, reference: Path, *names: str) -> bool:
    """Whether a folder of the project has the same in it, or the same under these names."""
    if not all((reference / name).exists() for name in names or (".",)):
        return False
    return digest.digest(folder, project_labs(), names or None) == digest.digest(reference, project_labs(), names or None)


def _shared(root: Path) -> list[str]:
    """What labs have in common there. Beside a playbook Ansible finds plug-ins and variables; nothing in hidden folders."""
    if not (root / "base.yml").exists():
        return [name for name in ("images", "roles") if (root / name).exists()]
    labs = lab_folders(root).values()
    return sorted(path.name for path in root.iterdir() if path not in labs and not path.name.startswith("."))


def _place(folder: Path) -> str:
    return hashlib.sha256(b"place\0" + os.fsencode(folder.resolve())).hexdigest()


def _mark(home: Home, digest: str) -> Path:
    return home.trusted / digest


def _note(home: Home, digest: str, about: str) -> None:
    """about: for people who look there."""
    private_folder(home.trusted)
    _NOTE.write(_mark(home, digest), {"about": about})


def _is_noted(home: Home, digest: str) -> bool:
    """Raises NewerVersion."""
    try:
        _NOTE.read(_mark(home, digest))
    except FileNotFoundError:
        return False
    except ValueError:  # version 0 is a line of text
        return True
    return True


def _agreed(lab: Lab, missing: list[Part]) -> bool:
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return False
    tell(f"Lab {lab.number} does not come with the project. It would run on this host, with your rights:\n\n")
    tell("".join(f"{part}\n" for part in missing) + "\n")
    return click.confirm("Do you trust it?", default=False, err=True)
