"""The command predict."""

import sys

import click

from provisioner.cli.options import as_json, find_target, require_running, seat_name, target
from provisioner.cli.output import echo, show_json
from provisioner.core.errors import UsageError
from provisioner.progress.event import label, make_event
from provisioner.progress.prediction import Prediction, Stage, Way, latest, parse_guesses
from provisioner.progress.store import read_events, record

_QUESTIONS: dict[Stage, str] = {
    "now": "Does it get through now?",
    "after": "Will it get through when the exercise is done?",
}


@click.command(
    epilog="\b\nExamples:\n  lab predict 3.2\n  lab predict 3.2 --after\n  lab predict 3.2 --json            the connections\n"
    "  lab predict 3.2 --guess y,n,n,y   without questions"
)
@target
@seat_name
@click.option("--after", is_flag=True, help="Say what will be when the exercise is done.")
@click.option("--guess", "guess_text", metavar="Y,N,...", help="Answer all questions at once, in their order.")
@as_json
def predict(target: str, seat_name: str, after: bool, guess_text: str | None, as_json: bool) -> None:
    """Say what gets through before you look.

    For connections that the exercise is about: who asks, what, and over which family of addresses. Then `lab map` shows what is
    so, what you thought, and for each wrong guess which rule decided. The second time it asks what will be after the change.
    """
    lab, exercise = find_target(target, seat_name)
    if exercise is None:
        raise UsageError("which exercise?", hint=f"lab predict {lab.number}.1")
    from provisioner.checks.reachability import ways_of

    seat = require_running(lab, seat_name)
    ways = ways_of(exercise)
    if not ways:
        raise UsageError(f"{lab.number}.{exercise.number} is not about connections: there is nothing to predict")
    previous = latest(read_events(lab.slug, label(seat)), exercise.entry.id)
    stage: Stage = "after" if after or (previous and previous.stage == "now") else "now"
    if guess_text is None and (as_json or not sys.stdin.isatty()):
        show_json({"stage": stage, "question": _QUESTIONS[stage], "ways": [_describe(way) for way in ways]})
        return
    guesses = _ask(stage, ways) if guess_text is None else _parse(guess_text, ways)
    record(make_event("predict", lab, seat, exercise.entry.id, **Prediction(stage, guesses).details()))
    name = f"{lab.number}.{exercise.number}"
    if as_json:
        show_json({"stage": stage, "guesses": [{**_describe(way), "through": guess} for way, guess in guesses.items()]})
    elif stage == "now":
        echo(f"\n`lab map {name}` shows what is so. `lab predict {name}` then asks what will be after the change.")
    else:
        echo(f"\nNow make the change; then `lab map {name}` shows what has become of it.")


def _describe(way: Way) -> dict[str, object]:
    return {"source": way.source, "target": way.target, "family": way.family}


def _ask(stage: Stage, ways: list[Way]) -> dict[Way, bool]:
    echo(f"{_QUESTIONS[stage]} (y or n; Ctrl-C ends without a trace)\n")
    return {way: click.confirm(f"{number:>3}/{len(ways)}  {way}") for number, way in enumerate(ways, start=1)}


def _parse(text: str, ways: list[Way]) -> dict[Way, bool]:
    try:
        return parse_guesses(text, ways)
    except ValueError as error:
        connections = "\n".join(f"{number}  {way}" for number, way in enumerate(ways, start=1))
        raise UsageError(f"--guess {text}: {error}", evidence=connections, hint="--guess y,n,... in this order") from None
