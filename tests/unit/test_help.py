"""`lab --help` fits a terminal of 80 columns: each command has a whole summary in its line."""

import re

import click
import pytest

from provisioner.cli.main import COMMANDS
from provisioner.cli.main import lab as program

from .command import Cli

LONGEST = 60  # characters of a summary
# Words that a reader of Ansible's or QEMU's documentation would not use (see the table in CONTRIBUTING.md).
UNUSUAL = re.compile(
    r"mends?\b|misery|(?:put|puts) (?:the machine )?aside|without being asked|Another seat than|So many times|can be had"
    r"|could not do its job|those? who come late|what there is|that there are|picture|other values",
)


def summaries(help_text: str) -> dict[str, str]:
    rows = help_text.partition("Commands:\n")[2].splitlines()
    return {name: rest.strip() for name, _, rest in (row.strip().partition(" ") for row in rows)}


@pytest.mark.parametrize("columns", ["80", "200"])
def test_no_summary_is_cut_or_wrapped(lab: Cli, columns: str) -> None:
    said = lab("--help", COLUMNS=columns).out
    assert max(map(len, said.splitlines())) <= 80
    assert "..." not in said.partition("Commands:\n")[2]
    assert list(summaries(said)) == list(COMMANDS)
    assert {name: text for name, text in summaries(said).items() if not 10 <= len(text) <= LONGEST} == {}


def test_shells_that_complete_a_command_show_the_whole_summary(lab: Cli) -> None:
    rows = lab(_LAB_COMPLETE="zsh_complete", COMP_WORDS="lab ", COMP_CWORD="1").out.splitlines()
    completions = dict(zip(rows[1::3], rows[2::3], strict=True))
    assert summaries(lab("--help").out).items() <= completions.items()


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_uses_the_usual_words(name: str) -> None:
    context = click.Context(program, info_name="lab")
    command = program.get_command(context, name) if name else program
    assert isinstance(program, click.Group)
    assert command is not None
    said = " ".join(command.get_help(click.Context(command, info_name=name, parent=context)).split())
    assert UNUSUAL.findall(said) == []
