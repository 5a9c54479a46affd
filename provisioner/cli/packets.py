"""Commands about single packets: probe, trace and map."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import as_json, lab_number, running, seat_name, wanted
from provisioner.cli.output import Coloured, echo, show_json
from provisioner.content.expectation import Expectation, Family
from provisioner.content.lab import Lab
from provisioner.core.errors import EXIT_NOT_YET, EXIT_OK, UsageError
from provisioner.core.outcome import CannotTell
from provisioner.core.progress import step

if TYPE_CHECKING:
    from provisioner.checks.net import Net
    from provisioner.checks.observation import Observation
    from provisioner.checks.reachability import Cell
    from provisioner.checks.trace_explained import Explanation

_FAMILIES: dict[str | None, tuple[Family, ...] | None] = {None: None, "4": (4,), "6": (6,)}
_source = click.option("--from", "source", default="outside", metavar="ZONE", show_default=True,
                       help="Where it comes from: a zone, `machine` or `container:NAME`.")  # fmt: skip
_only4 = click.option("-4", "only", flag_value="4", help="Use IPv4 only.")
_only6 = click.option("-6", "only", flag_value="6", help="Use IPv6 only.")


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
def probe(target: str, what: str, source: str, only: str | None, seat_name: str, as_json: bool) -> None:
    """Send one packet and show the answer and its path."""
    lab, _ = wanted(target, seat_name, runs=False)
    found = _explained(lab, what, source, only, seat_name)
    if as_json:
        show_json([{"probe": str(o.probe), "family": o.probe.family, **asdict(o.result),
                    "way": [asdict(h) for h in why.hops] if why else []} for o, why in found])  # fmt: skip
    else:
        for o, why in found:
            _result(o)
            for sentence in why.sentences if why else []:
                echo(f"    {sentence}")
    raise click.exceptions.Exit(EXIT_OK if all(o.result.got_through for o, _ in found) else EXIT_NOT_YET)


@click.command(epilog="\b\nExamples:\n  lab trace 3 --from outside 8081\n  lab trace 3 --from outside -6 stats --json")
@lab_number
@click.argument("what", metavar="PORT|SERVICE|ZONE:PORT")
@_source
@_only4
@_only6
@seat_name
@as_json
def trace(target: str, what: str, source: str, only: str | None, seat_name: str, as_json: bool) -> None:
    """Trace one packet through the kernel's firewall hooks.

    The output says which rule decided, and which program wrote that rule.
    """
    lab, _ = wanted(target, seat_name, runs=False)
    found = _explained(lab, what, source, only, seat_name)
    if as_json:
        show_json([{"probe": str(o.probe), "family": o.probe.family, **asdict(o.result),
                    "hops": [{**asdict(h), "owner": h.owner} for h in why.hops] if why else [],
                    "sentences": why.sentences if why else []} for o, why in found])  # fmt: skip
        return
    for o, why in found:
        echo(str(o.probe))
        for hop in why.hops if why else []:
            said = hop.rule or (f"policy {hop.verdict}" if hop.verdict else "no rule matched")
            mark = {"drop": "■", "accept": "▷"}.get(hop.verdict, "■" if hop.rule.startswith("reject") else "│")
            echo(f"  {mark} {hop!s:<38} {hop.owner:<16} {said}")
        echo("  └ ", nl=False)
        _result(o)
        for sentence in why.sentences if why else ["the machine could not trace it"]:
            echo(f"    {sentence}")


@click.command("map", epilog="\b\nExamples:\n  lab map 3\n  lab map 3 --json")
@lab_number
@seat_name
@as_json
def map_(target: str, seat_name: str, as_json: bool) -> None:
    """Show who reaches which service, expected and observed."""
    from provisioner.checks.reachability import survey
    from provisioner.checks.run import expectations

    lab, _ = wanted(target, seat_name)
    with _net(lab, seat_name) as net, step(f"Probing all connections of lab {lab.number}", key=f"map {lab.slug}"):
        cells = list(survey(lab, net, expectations(lab, lab.exercises)))
    if as_json:
        show_json([{**asdict(c), "good": c.good} for c in cells])
        return
    _draw(cells)


def _draw(cells: "list[Cell]") -> None:
    sources = list(dict.fromkeys(c.source for c in cells))
    targets = list(dict.fromkeys((c.target, c.port, c.proto) for c in cells))
    names = {t: f"{t[0]}" if t[0].endswith(f":{t[1]}") else f"{t[0]} {t[1]}/{t[2]}" for t in targets}
    first = max(len(n) for n in names.values())
    width = max(16, *(len(s) + 2 for s in sources))
    echo(" " * (first + 2) + "".join(f"{s:<{width}}" for s in sources))
    for t in targets:
        row: list[object] = [f"{names[t]:<{first}}  "]
        for source in sources:
            here = [c for c in cells if c.source == source and (c.target, c.port, c.proto) == t]
            row += _cell(here, width)
        echo(*row)
    wrong = [c for c in cells if not c.good]
    echo(f"\n✓ as expected, ✗ not yet; IPv4/IPv6. {len(cells) - len(wrong)} of {len(cells)} connections are as expected.")
    for (source, where, wish), cells_here in _grouped(wrong).items():
        families = " and ".join(f"IPv{c.family}" for c in cells_here)
        by = ", ".join(str(n) for n in sorted({n for c in cells_here for n in c.wanted_by}))
        echo(f"  ✗ {source} → {where}, {families}: {cells_here[0].observed}; exercise {by} expects {wish}")


def _grouped(cells: "list[Cell]") -> "dict[tuple[str, str, str], list[Cell]]":
    """One line for what is the same over both families."""
    found: dict[tuple[str, str, str], list[Cell]] = {}
    for c in cells:
        found.setdefault((c.source, c.target, "open" if c.wanted else "closed"), []).append(c)
    return found


def _cell(here: "list[Cell]", width: int) -> list[object]:
    if not here:
        return [f"{'·':<{width}}"]
    text = "/".join(dict.fromkeys(c.observed for c in sorted(here, key=lambda c: c.family)))
    good = all(c.good for c in here)
    plain = f"{'✓' if good else '✗'} {text}"
    return [Coloured(plain, "green" if good else "red"), " " * max(1, width - len(plain))]


@contextmanager
def _net(lab: Lab, seat_name: str) -> "Iterator[Net]":
    from provisioner.checks.net import Net
    from provisioner.checks.probe_client import Prober

    seat = running(lab, seat_name)
    with Prober(seat) as prober:
        yield Net(lab.manifest, seat.nonce, prober)


def _explained(
    lab: Lab, what: str, source: str, only: str | None, seat_name: str
) -> "list[tuple[Observation, Explanation | None]]":
    from provisioner.checks.trace_explained import explain

    port = re.fullmatch(r"(?:(tcp|udp)/)?(\d+)(?:/(tcp|udp))?", what)  # udp/53 and 53/udp
    asked = f"machine:{port[2]}/{port[1] or port[3] or 'tcp'}" if port else what
    with _net(lab, seat_name) as net:
        try:
            seen = net.observe(Expectation(source, asked, True, families=_FAMILIES[only]))
        except CannotTell as error:
            raise UsageError(str(error), hint=f"lab guide {lab.number} shows the zones and services") from None
        return list(zip(seen, explain(net.prober, [o.probe for o in seen]), strict=True))


def _result(o: "Observation") -> None:
    colour = "green" if o.result.got_through else "red"
    echo(f"{o.probe}  ", Coloured(str(o.result), colour), f"  {o.result.ms} ms")
