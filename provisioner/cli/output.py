"""Results on stdout: for people, in lines, and as JSON. Text of a machine's does nothing in the terminal that shows it."""

import json
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from provisioner.core import text

LAUNCHER = "LAB_LAUNCHER"  # set by the launchers of a checkout: how they were called


def as_typed(text: str) -> str:
    """The text with its commands as they can be typed here: `lab up 3` is `./lab up 3` where that was called."""
    program = os.environ.get(LAUNCHER)
    if not program or "lab " not in text:
        return text
    from provisioner.cli.main import COMMANDS

    typed = program if os.name == "nt" else shlex.quote(program)  # Windows hands it over as it was typed
    command = rf"(?<![\w./-])lab (?=(?:--\w+ )?(?:--help|\.\.\.|(?:{'|'.join(COMMANDS)})(?![\w-])))"
    return re.sub(command, lambda _: f"{typed} ", text)


@dataclass(frozen=True)
class Coloured:
    """The one way to an escape sequence."""

    text: str
    colour: str | None = None
    bold: bool = False

    def __str__(self) -> str:
        return click.style(text.block(self.text), fg=self.colour, bold=self.bold or None)


def echo(*parts: object, nl: bool = True) -> None:
    """Parts of a line, or several lines."""
    click.echo(as_typed("".join(str(p) if isinstance(p, Coloured) else text.block(str(p)) for p in parts)), nl=nl)


def echo_lines(lines: Sequence[str], indent: int) -> None:
    """Each of these is one line, whatever is in it."""
    for one in lines:
        click.echo(" " * indent + text.line(one))


def show_json(value: object) -> None:
    click.echo(json.dumps(text.within(value), indent=2, ensure_ascii=False))
