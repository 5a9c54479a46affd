"""Commands about the host: doctor, image, completion."""

import shutil
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from provisioner.cli.options import as_json
from provisioner.cli.output import Coloured, echo, show_json
from provisioner.core.errors import EXIT_ERROR, EXIT_OK
from provisioner.core.paths import Home
from provisioner.host.doctor import Row

_MARKS = {"ok": ("✓", "green"), "note": ("·", "blue"), "warn": ("!", "yellow"), "missing": ("✗", "red")}
_INSTRUCTIONS = {
    "bash": 'eval "$(lab completion bash)"    in ~/.bashrc',
    "zsh": 'eval "$(lab completion zsh)"    in ~/.zshrc, after compinit',
    "fish": "lab completion fish | source    in ~/.config/fish/config.fish",
}


@click.command(epilog="\b\nExamples:\n  lab doctor\n  lab doctor --driver qemu\n  lab doctor --json")
@click.option("--driver", metavar="NAME", help="Examine this driver only.")
@as_json
def doctor(driver: str | None, as_json: bool) -> None:
    """Show what this host supports, what it lacks and the fix."""
    from provisioner.drivers import registry
    from provisioner.host.doctor import examine, works
    from provisioner.host.select_driver import default

    name = driver or default()
    rows = examine(Home.find(), [driver] if driver else registry.names())
    is_working = works(rows, name)
    if as_json:
        show_json({"driver": name, "works": is_working, "findings": [asdict(row) for row in rows]})
    else:
        for topic, topic_rows in groupby(rows, key=lambda row: row.topic):
            echo(topic)
            for row in topic_rows:
                _show(row)
        echo(
            f"\nThe driver {name} " + ("works on this host." if is_working else "does not work on this host yet: see ✗ above.")
        )
    raise click.exceptions.Exit(EXIT_OK if is_working else EXIT_ERROR)


def _show(row: Row) -> None:
    mark, colour = _MARKS[row.state]
    echo("  ", Coloured(mark, colour), f" {row.what:<18} {row.detail}")
    if row.fix:
        echo(f"      fix: {row.fix}")


@click.group(epilog="\b\nExample:\n  lab image box debian-13 --output lab.box")
def image() -> None:
    """Build boxes from images."""


@image.command(epilog="\b\nExample:\n  lab image box debian-13 --output lab.box")
@click.argument("name", metavar="IMAGE", default="debian-13")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("lab.box"), show_default=True,
              metavar="FILE", help="Write the box to FILE.")  # fmt: skip
def box(name: str, output: Path) -> None:
    """Build a Vagrant box for libvirt from an image.

    The image is built on this host; nothing is downloaded from Vagrant Cloud.
    """
    from provisioner.backends.vagrant import box as boxes
    from provisioner.core.progress import step
    from provisioner.images import ensure

    home = Home.find()
    images = ensure(home, [name])
    with step(f"Packing a box of {name}", key=f"box {name}"), TemporaryDirectory(dir=home.images) as workshop:
        shutil.move(boxes.make(images, Path(workshop)), output)
    echo(f"vagrant box add --name lab/{name} --provider libvirt {output}\nLAB_BOX=lab/{name} vagrant up lab3")


@click.command(
    epilog="\b\nExamples (for the startup file of your shell):\n"
    + "\n".join(f"  {instruction}" for instruction in _INSTRUCTIONS.values())
)
@click.argument("shell", type=click.Choice(list(_INSTRUCTIONS)))
def completion(shell: str) -> None:
    """Print a completion script for your shell."""
    from click.shell_completion import get_completion_class

    from provisioner.cli.main import lab

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(lab, {}, "lab", "_LAB_COMPLETE").source())
