"""Results on stdout: for people, in lines, and as JSON. Text of a machine's does nothing in the terminal that shows it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from provisioner.core import text


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
    click.echo("".join(str(p) if isinstance(p, Coloured) else text.block(str(p)) for p in parts), nl=nl)


def echo_lines(lines: Sequence[str], indent: int) -> None:
    """Each of these is one line, whatever is in it."""
    for one in lines:
        click.echo(" " * indent + text.line(one))


def show_json(value: object) -> None:
    click.echo(json.dumps(text.within(value), indent=2, ensure_ascii=False))
