"""Commands for a learner's own laptop in a class: join, leave."""

import sys

import click

from provisioner.cli.options import as_json, assume_yes
from provisioner.cli.output import echo, show_json
from provisioner.core import text
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say, step


@click.command(epilog="\b\nExamples:\n  lab join https://192.0.2.10:8443 7KMQP-2XW4D\n  lab join --status\n  lab leave")
@click.argument("address", required=False)
@click.argument("code", required=False)
@click.option("--fingerprint", default="", metavar="SHA256", help="Of the server's certificate, as on the card.")
@click.option("--status", "show_status", is_flag=True, help="Show the class, and send what it does not have yet.")
@click.option(
    "--send", "send_only", is_flag=True, hidden=True, help="Send what the class does not have yet, in the background."
)
@assume_yes
@as_json
def join(address: str | None, code: str | None, fingerprint: str, show_status: bool, send_only: bool, yes: bool,
         as_json: bool) -> None:  # fmt: skip
    """Join a class with this computer.

    From then on the trainer's board shows what you check, and what comes of it: neither keys nor screens. Without a network it
    is kept, and sent later. `lab leave` ends it.
    """
    from filelock import FileLock, Timeout

    from provisioner.classes import laptop

    home = Home.find()
    if send_only:
        try:  # who holds it may have read all events before this one was written
            with FileLock(home.state / ".joined.lock", timeout=laptop.TURN_PATIENCE):
                laptop.keep_sending(home)
        except Timeout:  # it has no network, and will read all anew
            pass
        return
    if show_status or not address:
        _show_status(home, as_json=as_json)
        return
    if not code:
        raise UsageError("which code?", hint="the one on your card: lab join ADDRESS CODE")
    if address.startswith("https:") and not fingerprint:
        fingerprint = laptop.read_fingerprint(address)
        beginning = ":".join(fingerprint[i : i + 2] for i in range(0, 16, 2))  # as cards have it
        say(f"· the certificate of {address} has a SHA-256 that begins with {beginning}")
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError("nobody is here to compare the fingerprint", hint="lab join ADDRESS CODE --fingerprint SHA256")
            click.confirm("Does your card say the same?", abort=True, err=True)
    if (earlier := laptop.read(home)) and earlier.address != address:
        say(f"· this computer was in class {text.line(earlier.class_name)}")
    with step("Joining the class"):
        joined = laptop.join(home, address, code, fingerprint)
    if as_json:
        show_json({"class": joined.class_name, "learner": joined.learner})
        return
    echo(f"This computer has joined class {text.line(joined.class_name)} as {text.line(joined.learner)}. `lab leave` ends it.")


def _show_status(home: Home, *, as_json: bool) -> None:
    from provisioner.classes import laptop
    from provisioner.core.errors import HostError

    joined = laptop.read(home)
    if joined is None:
        raise UsageError("this computer has joined no class", hint="lab join ADDRESS CODE, as on your card")
    problem = ""
    try:
        laptop.send(home)
    except HostError as error:
        problem = error.what
    joined = laptop.read(home) or joined
    waiting = laptop.count_waiting(home, joined)
    if as_json:
        show_json({"class": joined.class_name, "learner": joined.learner, "waiting": waiting, "problem": problem,
                   "messages": list(joined.messages), "until": joined.until})  # fmt: skip
        return
    echo(f"Class {text.line(joined.class_name)}, as {text.line(joined.learner)}: {problem or 'all is sent'}")
    if waiting:
        echo(f"{waiting} events wait for a network.")


@click.command(epilog="\b\nExample:\n  lab leave")
def leave() -> None:
    """Leave the class that this computer has joined.

    What you did and learnt stays here.
    """
    from provisioner.classes import laptop

    home = Home.find()
    joined = laptop.read(home)
    if joined is None:
        echo("This computer has joined no class.")
        return
    laptop.leave(home)
    echo(f"This computer has left class {text.line(joined.class_name)}.")
