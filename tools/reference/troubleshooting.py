"""The page of known failures, from provisioner/core/known_errors.py."""

from provisioner.core.known_errors import KNOWN_ERRORS
from tools.reference.markdown import generated

_FIRST = """\
First: `lab doctor` says what this host can do, and the command that installs what it lacks. `lab doctor --driver NAME` asks for
one driver only. An error of `lab` has three parts: what happened, the evidence, and the next step; a failure below is named
in it (`known:`). If it is none of these, report it with the whole message and what `lab doctor --json` prints.
"""


def page() -> str:
    parts = [f"# Troubleshooting\n\n{generated('provisioner/core/known_errors.py')}", _FIRST]
    parts += [
        f"## {known.name[0].upper()}{known.name[1:]}\n\nThe message contains (a regular expression):\n\n"
        f"```text\n{known.pattern}\n```\n\nWhat to do: {known.fix}.\n"
        for known in KNOWN_ERRORS
    ]
    return "\n".join(parts)
