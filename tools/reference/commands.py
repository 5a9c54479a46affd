"""The page of all commands, from click."""

import click

from provisioner.cli.main import lab
from tools.reference.markdown import generated, paragraphs, table

_FIRST = """\
Results go to stdout, progress to stderr. `LAB` is a lab's number (`3`), `LAB.EXERCISE` one exercise of it (`3.2`).
The exit codes have [a page of their own](exit-codes.md).

## Options of lab itself

They stand before the command: `lab --quiet up 3`.
"""


def page() -> str:
    context = click.Context(lab, info_name="lab")
    sections = (_section(context, name) for name in lab.list_commands(context))
    return "\n".join([f"# Commands\n\n{generated('provisioner/cli')}", _FIRST, _options(lab, context), *sections])


def _section(parent: click.Context, name: str) -> str:
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None
    context = click.Context(command, parent=parent, info_name=name)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    about = paragraphs((command.help or "").replace("\b", ""))
    parts = [f"## {context.command_path}\n\n```text\n{usage}\n```\n\n{about}\n", _options(command, context)]
    if isinstance(command, click.Group):
        parts += [f"#{_section(context, each)}" for each in command.list_commands(context)]
    else:
        parts.append(_examples(command))
    return "\n".join(part for part in parts if part)


def _options(command: click.Command, context: click.Context) -> str:
    records = (p.get_help_record(context) for p in command.get_params(context) if isinstance(p, click.Option))
    rows = [(f"`{names}`", text) for names, text in filter(None, records) if "--help" not in names]
    return table(("option", "does"), rows) if rows else ""


def _examples(command: click.Command) -> str:
    """From the lines that `--help` ends with."""
    lines = [line.strip() for line in (command.epilog or "").replace("\b", "").splitlines() if line.startswith("  ")]
    return "```sh\n" + "".join(f"{line}\n" for line in lines) + "```\n" if lines else ""
