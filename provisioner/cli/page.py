"""The command page."""

import sys
import webbrowser

import click

from provisioner.cli.options import assume_yes, find_seat, find_target, lab_number, seat_name
from provisioner.cli.output import adapt_commands, echo
from provisioner.core.paths import Home


@click.command(epilog="\b\nExamples:\n  lab page 3\n  lab page 3 --seat alice --no-browser\n  lab page 3 --port 8300")
@lab_number
@seat_name
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Use this port of 127.0.0.1 (default: a free one).")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@assume_yes
@click.pass_context
def page(context: click.Context, target: str, seat_name: str, port: int, no_browser: bool, yes: bool) -> None:
    """Show the lab in the browser, with terminals.

    Starts the machine first if it is not up. The page is for you alone: its address holds a key. Ctrl-C ends the page, and
    leaves the machine.
    """
    from provisioner.checks.reachability import ways_of
    from provisioner.cli.seats import up
    from provisioner.page import app, parts
    from provisioner.page.view import Subject

    lab, _ = find_target(target, seat_name)
    folder = parts.find(Home.find())
    context.invoke(up, target=target, seat_name=seat_name, driver=None, image=None, show_plan=False, seed=None, yes=yes,
                   as_json=False)  # fmt: skip
    lab, _ = find_target(target, seat_name)
    predictable = frozenset(exercise.entry.id for exercise in lab.exercises if ways_of(exercise))
    subject = Subject(lab, find_seat(lab, seat_name), adapt_commands, predictable)

    def show_address(address: str) -> None:
        echo(f"\nThe page of lab {lab.number}: {address}\nCtrl-C ends it, and leaves the machine.")
        sys.stdout.flush()
        if not no_browser and not webbrowser.open(address):
            echo("There is no browser to open here: open the address in one.")

    try:
        app.serve(subject, folder, port=port, trust=bool(context.find_root().params["trust"]), ready=show_address)
    except KeyboardInterrupt:  # the usual end of a page
        echo(f"\nThe page has ended. The machine runs on: `lab stop {lab.number}` suspends it.")
