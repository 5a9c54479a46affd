"""Prints results on stdout, as text and as JSON. Control characters in texts of a machine are removed."""

import json
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from provisioner.core import text

LAUNCHER = "LAB_LAUNCHER"  # set by the launchers of a checkout to their own path


def adapt_commands(text: str) -> str:
    """Replaces `lab` in the commands of a text by the launcher that was called: `lab up 3` becomes `./lab up 3`."""
    program = os.environ.get(LAUNCHER)
    if not program or "lab " not in text:
        return text
    from provisioner.cli.main import COMMANDS

    quoted_program = program if os.name == "nt" else shlex.quote(program)  # on Windows it is as typed
    command = rf"(?<![\w./-])lab (?=(?:--\w+ )?(?:--help|\.\.\.|(?:{'|'.join(COMMANDS)})(?![\w-])))"
    return re.sub(command, lambda _: f"{quoted_program} ", text)


@dataclass(frozen=True)
class Coloured:
    """Coloured text; other text has no escape sequences."""

    text: str
    colour: str | None = None
    bold: bool = False

    def __str__(self) -> str:
        return click.style(text.block(self.text), fg=self.colour, bold=self.bold or None)


def echo(*parts: object, nl: bool = True) -> None:
    """Prints parts of a line, or several lines."""
    click.echo(adapt_commands("".join(str(p) if isinstance(p, Coloured) else text.block(str(p)) for p in parts)), nl=nl)


def echo_lines(lines: Sequence[str], indent: int) -> None:
    """Prints each text as exactly one line."""
    for line in lines:
        click.echo(" " * indent + text.line(line))


def show_json(value: object) -> None:
    click.echo(json.dumps(text.within(value), indent=2, ensure_ascii=False))
