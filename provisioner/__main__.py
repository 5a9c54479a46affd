"""Entry point: runs the command line and turns every failure into a message and an exit code."""

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from provisioner.core import umask

if TYPE_CHECKING:
    from provisioner.core.errors import LabError

_EXIT_INTERRUPTED = 128 + signal.SIGINT
_INTERRUPTED = "\n✗ interrupted; nothing was left behind, the same command starts again"


def main() -> None:
    umask.restrict()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it is ignored in background jobs of scripts
        signal.signal(signal.SIGINT, _exit_interrupted)  # before slow imports
    code = _run(sys.argv[1:])
    if code != _EXIT_INTERRUPTED:
        from provisioner.core.signals import ignore_signals

        ignore_signals()
    sys.exit(code)


def _exit_interrupted(*_: object) -> NoReturn:
    """Handles Ctrl-C during imports: there is nothing to clean up yet."""
    os.write(2, f"{_INTERRUPTED}\n".encode())
    os._exit(_EXIT_INTERRUPTED)


def _run(arguments: list[str]) -> int:
    import click

    from provisioner.cli.main import lab
    from provisioner.core import signals
    from provisioner.core.errors import EXIT_ERROR, LabError

    signals.take_ending()
    if signal.getsignal(signal.SIGINT) is _exit_interrupted:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return int(lab.main(arguments or ["--help"], prog_name="lab", standalone_mode=False) or 0)
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.ClickException as error:
        return _show(LabError(error.format_message(), hint=_find_help(error)), arguments)
    except LabError as error:
        return _show(error, arguments)
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(cause := error.__cause__ or error, signals.Ended):
            raise cause from None
        return _report_interrupt()
    except BrokenPipeError:  # `lab list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except OSError as error:
        return _show(_describe_os_error(error), arguments)
    except Exception as error:  # noqa: BLE001 - a defect of ours is reported like anything else, with its evidence
        if isinstance(error.__cause__, KeyboardInterrupt):  # raised while a class was created
            return _report_interrupt()
        import traceback

        tail = "".join(traceback.format_exception(error)[-3:])
        return _show(LabError(f"internal error in lab: {error}", evidence=tail, hint="report it with this evidence"), arguments)


def _report_interrupt() -> int:
    from provisioner.core.progress import tell

    tell(f"{_INTERRUPTED}\n")
    # If Ctrl-C interrupts exec() (as in dataclass), CPython sets a flag and ends by the signal, even if the exception is
    # handled. The next exec() clears that flag (run_eval_code_obj in pythonrun.c).
    exec("")  # noqa: S102
    return _EXIT_INTERRUPTED


def _show(error: "LabError", arguments: list[str]) -> int:
    import json

    from provisioner.cli.output import adapt_commands
    from provisioner.core import known_errors, text
    from provisioner.core.errors import EXIT_ERROR
    from provisioner.core.progress import tell

    known_failures = known_errors.of(f"{error.what}\n{error.evidence}")
    error.hint = adapt_commands(error.hint)
    if "--json" in arguments:
        print(
            json.dumps(text.within(error.as_dict() | ({"known": [k.name for k in known_failures]} if known_failures else {})))
        )
    lines = [f"✗ {adapt_commands(error.what)}", *(f"    {line}" for line in error.evidence.splitlines())]
    lines += [f"  known: {k.name}. {adapt_commands(k.fix)}" for k in known_failures] + (
        [f"  next: {error.hint}"] if error.hint else []
    )
    tell("".join(f"{text.line(line)}\n" for line in lines))
    return EXIT_ERROR


def _describe_os_error(error: OSError) -> "LabError":
    import errno

    from provisioner.core.errors import LabError

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabError(f"the disk is full ({error.filename or 'no room left'})", hint="free some space, then try again")
    return LabError(f"{error.strerror or error}", evidence=str(error.filename or ""))


def _find_help(error: object) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context else "lab --help"


if __name__ == "__main__":
    main()
