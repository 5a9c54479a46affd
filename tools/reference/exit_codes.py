"""The page of exit codes, from provisioner/core/errors.py."""

from provisioner.core.errors import EXIT_ERROR, EXIT_NOT_YET, EXIT_OK
from tools.reference.markdown import generated, table

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it; provisioner/__main__.py
_CODES = (
    (EXIT_OK, "done", "`lab check`: every exercise that was asked is done. `lab verify`: every trial came out as it must."),
    (EXIT_NOT_YET, "not yet", "`lab check`: at least one exercise is not done. `lab verify`: at least one trial did not "
     "come out as it must. `lab ssh 3 -- COMMAND` ends with the exit code of the command."),
    (EXIT_ERROR, "error", "A command could not do its work, or a check cannot tell: its control failed, or the machine did not "
     "answer. The message says what happened, the evidence, and the next step."),
    (_INTERRUPTED, "interrupted", "Ctrl-C. What the command had begun is cleared away, or the next command continues it."),
)  # fmt: skip


def page() -> str:
    rows = [(f"`{code}`", name, text) for code, name, text in _CODES]
    return (
        f"# Exit codes\n\n{generated('provisioner/core/errors.py')}\n"
        f"{table(('code', 'name', 'when'), rows)}\n"
        "An error is never a traceback. With `--json` it is an object on stdout as well:\n"
        "`error`, `evidence`, `hint`, and `known` where the failure is [a known one](../troubleshooting.md).\n"
    )
