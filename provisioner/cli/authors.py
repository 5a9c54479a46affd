"""Commands for authors of labs, and for those who use labs of others: new, add."""

import json
import os
import shlex
import shutil
from pathlib import Path

import click

from provisioner.cli.options import as_json
from provisioner.cli.output import echo, show_json
from provisioner.content.lab import lab_folders
from provisioner.core.errors import UsageError
from provisioner.core.paths import PACKAGE, Home, labs_folders, project_labs


@click.command(epilog="\b\nExample:\n  lab new 15-my-lab --title 'My lab'")
@click.argument("folder", metavar="NN-SLUG")
@click.option("--title", help="The lab's title (default: derived from the folder's name).")
def new(folder: str, title: str | None) -> None:
    """Create a lab with one exercise in the current folder.

    It passes `lab verify`. Change it step by step, and verify it after each step.
    """
    from provisioner.content import trust
    from provisioner.content.lab import folder_number

    number, place = folder_number(folder), Path.cwd() / folder
    _require_place(number, place)
    shutil.copytree(PACKAGE / "content" / "template", place, ignore=shutil.ignore_patterns("__pycache__"))
    name = title or folder.partition("-")[2].replace("-", " ").capitalize()
    for file in (place / "lab.yaml", place / "README.md", place / "setup.yml"):
        title_text = name if file.suffix == ".md" else json.dumps(name, ensure_ascii=False)
        file.write_text(file.read_text(encoding="utf-8").replace("TITLE", title_text), encoding="utf-8")
    trust.note_author(Home.find(), place)
    for path in sorted(f for f in place.rglob("*") if f.is_file()):
        echo(path.relative_to(place.parent))
    echo(f"\n`lab verify {number}` tests it; CONTRIBUTING.md explains the files.")
    if place not in lab_folders(labs_folders()).values():
        paths = _join_folders(place.parent)
        echo(f"So that it is found: `export LAB_LABS={shlex.quote(paths)}`, or a line in {Home.find().config}:")
        echo(f"    labs: {paths}")


@click.command(epilog="\b\nExamples:\n  lab add ~/their-labs\n  lab add https://git.example.org/trainer/labs.git")
@click.argument("source", metavar="PATH-OR-GIT-URL")
@as_json
def add(source: str, as_json: bool) -> None:
    """Add labs of others.

    They are copied, and nothing of them runs. Their playbooks and tests would run on this computer with your rights: the first
    command that needs them shows what that is, and asks whether you trust it. The same source once more replaces them.
    """
    from provisioner.content import added
    from provisioner.core.progress import step

    home = Home.find()
    with step("Adding labs"):
        labs = added.add(home, source)
    if as_json:
        show_json([{"number": lab.number, "slug": lab.slug, "title": lab.title, "folder": str(lab.folder)} for lab in labs])
        return
    for lab in labs:
        echo(f"{lab.number}  {lab.title}\n   {lab.folder}")
    echo(f"\nRead what they would run; `rm -r {labs[0].folder.parent}` removes them.")


def _require_place(number: int, place: Path) -> None:
    """Raises UsageError if a new lab cannot be created there."""
    folders_by_number = lab_folders([*labs_folders(), place.parent] if place.parent not in labs_folders() else labs_folders())
    if number in folders_by_number:
        raise UsageError(
            f"there is a lab {number} already", evidence=str(folders_by_number[number]), hint="choose another number"
        )
    if place.exists():
        raise UsageError(f"{place} exists", hint="choose another name")
    if place.resolve().is_relative_to(PACKAGE):
        raise UsageError(f"{place.parent} belongs to lab itself, and an upgrade empties it", hint="go to a folder of your own")


def _join_folders(folder: Path) -> str:
    """The folders of the author's own labs, with this one, as LAB_LABS has them."""
    own_folders = [own_folder for own_folder in labs_folders() if own_folder != project_labs()]
    return os.pathsep.join(map(str, [*own_folders, folder]))
