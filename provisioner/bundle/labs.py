"""Labs of a bundle that do not come with the project: below a folder of the home's, where they are found like other labs."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from provisioner.bundle import tree
from provisioner.bundle.manifest import Manifest
from provisioner.content.lab import lab_folders
from provisioner.core.errors import UsageError
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home, labs_folders, private_folder, sync_tree
from provisioner.core.progress import say


@dataclass(frozen=True)
class Plan:
    """source: the folder of labs as it was unpacked; target: its place. left_out: labs of it that this host has already,
    without a difference. replaced: folders of labs of an earlier bundle."""

    source: Path
    target: Path
    left_out: tuple[str, ...]
    replaced: tuple[Path, ...]


def plan(home: Home, manifest: Manifest, scratch: Path) -> list[Plan]:
    """Raises UsageError where a lab of this user's own has the number or the name of another one in the bundle."""
    existing = lab_folders(labs_folders())
    plans = []
    for root in sorted({lab.root for lab in manifest.labs if lab.root}):
        entry = next(entry for entry in manifest.entries if entry.path == root)
        target = home.bundled / f"{root.partition('/')[2]}-{entry.sha256[:8]}"
        left_out, replaced = set[str](), set[Path]()
        for number, folder in lab_folders(scratch / root).items():
            for other in (f for n, f in existing.items() if n == number or f.name[3:] == folder.name[3:]):
                if other.parent == target:
                    continue
                if other.parent.parent == home.bundled:
                    replaced.add(other)
                elif _digest(other) == _digest(folder):
                    left_out.add(folder.name)
                else:
                    raise UsageError(
                        f"lab {number} of the bundle is another than lab {number} of this host",
                        evidence=f"{folder.name} in the bundle\n{other}",
                        hint=f"move {other} out of the folder of labs, then run this again",
                    )
        plans.append(Plan(scratch / root, target, tuple(sorted(left_out)), tuple(sorted(replaced))))
    return plans


def install(home: Home, plans: list[Plan]) -> None:
    """What an earlier bundle has brought goes first: two labs with one number keep all commands from working."""
    for item in plans:
        names = {folder.name for folder in lab_folders(item.source).values()}
        if item.target.is_dir() or names <= set(item.left_out):
            continue
        private_folder(home.bundled)
        temporary = home.bundled / f".{item.target.name}.new"
        remove_tree(temporary)
        shutil.copytree(item.source, temporary, ignore=lambda _, entries, out=item.left_out: [e for e in entries if e in out])
        sync_tree(temporary)
        for folder in item.replaced:
            remove_tree(folder)
            say(f"· {folder.name} of an earlier bundle is replaced")
            if not lab_folders(folder.parent):
                remove_tree(folder.parent)
        temporary.rename(item.target)
        say(f"✓ labs: {item.target}")


def _digest(folder: Path) -> str:
    """Of what is packed of a lab."""
    total = hashlib.sha256()
    for data in tree.pack(folder, plain=True):
        total.update(data)
    return total.hexdigest()
