"""Entry point: runs the command line and turns every failure into a message and an exit code."""

import errno
import json
import os
import signal
import sys
import traceback

from . import interruption
from .errors import EXIT_ERROR, LabError


def main() -> None:
    signal.signal(signal.SIGTERM, interruption.terminated)
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    import click

    from .cli import lab

    try:
        return int(lab.main(arguments or ["--help"], prog_name="lab", standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _show(LabError(error.format_message(), hint=_help_of(error)), arguments)
    except LabError as error:
        return _show(error, arguments)
    except (KeyboardInterrupt, click.Abort):
        print("\n✗ interrupted; nothing was left behind, the same command starts again", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:  # `lab list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except OSError as error:
        return _show(_of_the_system(error), arguments)
    except Exception as error:  # noqa: BLE001 - a defect of ours is reported like anything else, with its evidence
        tail = "".join(traceback.format_exception(error)[-3:])
        return _show(LabError(f"a defect in lab: {error}", evidence=tail, hint="report it, with this"), arguments)


def _show(error: LabError, arguments: list[str]) -> int:
    from . import diagnosis

    known = diagnosis.of(f"{error.what}\n{error.evidence}")
    if "--json" in arguments:
        print(json.dumps(error.as_dict() | ({"known": [k.name for k in known]} if known else {})))
    print(f"✗ {error.what}", file=sys.stderr)
    for line in error.evidence.splitlines():
        print(f"    {line}", file=sys.stderr)
    for k in known:
        print(f"  known: {k.name}. {k.mend}", file=sys.stderr)
    if error.hint:
        print(f"  next: {error.hint}", file=sys.stderr)
    return EXIT_ERROR


def _of_the_system(error: OSError) -> LabError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabError(f"the disk is full ({error.filename or 'no room left'})", hint="make room, then run it again")
    return LabError(f"{error.strerror or error}", evidence=str(error.filename or ""))


def _help_of(error: object) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path} --help" if context else "lab --help"


if __name__ == "__main__":
    main()
