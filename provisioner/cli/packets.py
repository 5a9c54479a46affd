"""Commands about single packets: probe, trace and map."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import as_json, find_target, lab_number, require_running, seat_name, target
from provisioner.cli.output import Coloured, echo, show_json
from provisioner.content.expectation import Expectation, Family
from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import EXIT_NOT_YET, EXIT_OK, UsageError
from provisioner.core.outcome import CannotTell
from provisioner.core.progress import step

if TYPE_CHECKING:
    from provisioner.checks.net import Net
    from provisioner.checks.observation import Observation
    from provisioner.checks.reachability import Cell
    from provisioner.checks.surprises import Surprise
    from provisioner.checks.trace_explained import Explanation
    from provisioner.progress.prediction import Prediction

_FAMILIES: dict[str | None, tuple[Family, ...] | None] = {None: None, "4": (4,), "6": (6,)}
_source = click.option("--from", "source", default="outside", metavar="ZONE", show_default=True,
                       help="Where it comes from: a zone, `machine` or `container:NAME`.")  # fmt: skip
_only4 = click.option("-4", "family", flag_value="4", help="Use IPv4 only.")
_only6 = click.option("-6", "family", flag_value="6", help="Use IPv6 only.")


@click.command(
    epilog="\b\nExamples:\n  lab probe 3 --from outside 8080\n  lab probe 3 --from container:worker payments:80\n"
    "  lab probe 3 --from outside -6 shop\n  lab probe 5 udp/5140"
)
@lab_number
@click.argument("what", metavar="PORT|SERVICE|ZONE:PORT")
@_source
@_only4
@_only6
@seat_name
@as_json
def probe(target: str, what: str, source: str, family: str | None, seat_name: str, as_json: bool) -> None:
    """Send one packet and show the answer and its path."""
    lab, _ = find_target(target, seat_name, runs=False)
    results = _send_and_trace(lab, what, source, family, seat_name)
    if as_json:
        show_json([{"probe": str(o.probe), "family": o.probe.family, **asdict(o.result),
                    "way": [asdict(h) for h in explanation.hops] if explanation else []}
                   for o, explanation in results])  # fmt: skip
    else:
        for o, explanation in results:
            _show_result(o)
            for sentence in explanation.sentences if explanation else []:
                echo(f"    {sentence}")
    raise click.exceptions.Exit(EXIT_OK if all(o.result.got_through for o, _ in results) else EXIT_NOT_YET)


@click.command(epilog="\b\nExamples:\n  lab trace 3 --from outside 8081\n  lab trace 3 --from outside -6 stats --json")
@lab_number
@click.argument("what", metavar="PORT|SERVICE|ZONE:PORT")
@_source
@_only4
@_only6
@seat_name
@as_json
def trace(target: str, what: str, source: str, family: str | None, seat_name: str, as_json: bool) -> None:
    """Trace one packet through the kernel's firewall hooks.

    The output says which rule decided, and which program wrote that rule.
    """
    lab, _ = find_target(target, seat_name, runs=False)
    results = _send_and_trace(lab, what, source, family, seat_name)
    if as_json:
        show_json([{"probe": str(o.probe), "family": o.probe.family, **asdict(o.result),
                    "hops": [{**asdict(h), "owner": h.owner} for h in explanation.hops] if explanation else [],
                    "sentences": explanation.sentences if explanation else []} for o, explanation in results])  # fmt: skip
        return
    for o, explanation in results:
        echo(str(o.probe))
        for hop in explanation.hops if explanation else []:
            rule_text = hop.rule or (f"policy {hop.verdict}" if hop.verdict else "no rule matched")
            mark = {"drop": "■", "accept": "▷"}.get(hop.verdict, "■" if hop.rule.startswith("reject") else "│")
            echo(f"  {mark} {hop!s:<38} {hop.owner:<16} {rule_text}")
        echo("  └ ", nl=False)
        _show_result(o)
        for sentence in explanation.sentences if explanation else ["the machine could not trace it"]:
            echo(f"    {sentence}")


@click.command(
    "map",
    epilog="\b\nExamples:\n  lab map 3\n  lab map 3.2    after lab predict 3.2: what you thought as well\n  lab map 3 --json",
)
@target
@seat_name
@as_json
def map_(target: str, seat_name: str, as_json: bool) -> None:
    """Show who reaches which service, expected and observed.

    Of an exercise: and what you thought, if `lab predict` has asked you.
    """
    from provisioner.checks.reachability import survey
    from provisioner.checks.run import expectations
    from provisioner.checks.surprises import Surprise, find_surprises

    lab, exercise = find_target(target, seat_name)
    exercises = [exercise] if exercise else list(lab.exercises)
    prediction = _read_prediction(lab, exercise, seat_name) if exercise else None
    surprises: list[Surprise] = []
    with _open_net(lab, seat_name) as net, step(f"Probing all connections of lab {target}", key=f"map {lab.slug}"):
        cells = list(survey(lab, net, expectations(lab, exercises)))
        if prediction:
            surprises = find_surprises(net, cells, prediction)
    if as_json:
        guesses = prediction.guesses if prediction else {}
        reasons = {s.way: list(s.reasons) for s in surprises}
        show_json([{**asdict(c), "good": c.good, "guess": guesses.get(c.way), "why": reasons.get(c.way, [])} for c in cells])
        return
    _draw(cells)
    if prediction:
        _show_surprises(prediction, surprises)


def _read_prediction(lab: Lab, exercise: Exercise, seat_name: str) -> "Prediction | None":
    from provisioner.progress.event import label
    from provisioner.progress.prediction import latest
    from provisioner.progress.store import read_events

    return latest(read_events(lab.slug, label(require_running(lab, seat_name))), exercise.entry.id)


def _show_surprises(prediction: "Prediction", surprises: "list[Surprise]") -> None:
    number = len(prediction.guesses)
    when = {"now": "now", "after": "after the change"}[prediction.stage]
    echo(f"\nWhat you thought of {number} connections, {when}: {number - len(surprises)} are so.")
    for s in surprises:
        thought, observed = ("open", "closed") if s.guess else ("closed", "open")
        echo(f"  ✗ {s.way}: you thought it {thought}, and it is {observed}")
        for sentence in s.reasons:
            echo(f"      why: {sentence}")


def _draw(cells: "list[Cell]") -> None:
    sources = list(dict.fromkeys(c.source for c in cells))
    targets = list(dict.fromkeys((c.target, c.port, c.proto) for c in cells))
    names = {t: f"{t[0]}" if t[2] == "icmp" or t[0].endswith(f":{t[1]}") else f"{t[0]} {t[1]}/{t[2]}" for t in targets}
    name_width = max(len(n) for n in names.values())
    width = max(16, *(len(s) + 2 for s in sources))
    echo(" " * (name_width + 2) + "".join(f"{s:<{width}}" for s in sources))
    for t in targets:
        row: list[object] = [f"{names[t]:<{name_width}}  "]
        for source in sources:
            matching_cells = [c for c in cells if c.source == source and (c.target, c.port, c.proto) == t]
            row += _cell(matching_cells, width)
        echo(*row)
    wrong = [c for c in cells if not c.good]
    echo(f"\n✓ as expected, ✗ not yet; IPv4/IPv6. {len(cells) - len(wrong)} of {len(cells)} connections are as expected.")
    for (source, service, expectation), group in _group(wrong).items():
        families = " and ".join(f"IPv{c.family}" for c in group)
        exercises = ", ".join(str(n) for n in sorted({n for c in group for n in c.wanted_by}))
        echo(f"  ✗ {source} → {service}, {families}: {group[0].observed}; exercise {exercises} expects {expectation}")


def _group(cells: "list[Cell]") -> "dict[tuple[str, str, str], list[Cell]]":
    """Groups cells that differ only in the family."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for c in cells:
        groups.setdefault((c.source, c.target, "open" if c.wanted else "closed"), []).append(c)
    return groups


def _cell(cells: "list[Cell]", width: int) -> list[object]:
    if not cells:
        return [f"{'·':<{width}}"]
    text = "/".join(dict.fromkeys(c.observed for c in sorted(cells, key=lambda c: c.family)))
    good = all(c.good for c in cells)
    cell_text = f"{'✓' if good else '✗'} {text}"
    return [Coloured(cell_text, "green" if good else "red"), " " * max(1, width - len(cell_text))]


@contextmanager
def _open_net(lab: Lab, seat_name: str) -> "Iterator[Net]":
    from provisioner.checks.net import Net
    from provisioner.checks.probe_client import Prober

    seat = require_running(lab, seat_name)
    with Prober(seat) as prober:
        yield Net(lab.manifest, seat.nonce, prober)


def _send_and_trace(
    lab: Lab, what: str, source: str, family: str | None, seat_name: str
) -> "list[tuple[Observation, Explanation | None]]":
    from provisioner.checks.trace_explained import explain

    port = re.fullmatch(r"(?:(tcp|udp)/)?(\d+)(?:/(tcp|udp))?", what)  # udp/53 or 53/udp
    target_text = f"machine:{port[2]}/{port[1] or port[3] or 'tcp'}" if port else what
    with _open_net(lab, seat_name) as net:
        try:
            observations = net.observe(Expectation(source, target_text, True, families=_FAMILIES[family]))
        except CannotTell as error:
            raise UsageError(str(error), hint=f"lab guide {lab.number} shows the zones and services") from None
        return list(zip(observations, explain(net.prober, [o.probe for o in observations]), strict=True))


def _show_result(o: "Observation") -> None:
    colour = "green" if o.result.got_through else "red"
    echo(f"{o.probe}  ", Coloured(str(o.result), colour), f"  {o.result.ms} ms")
