"""What `lab map` and `lab trace` say is what packets do: asked again one by one, in the beginning and with all solved."""

import os
import shutil

import pytest

from provisioner.checks.net import Net
from provisioner.checks.probe_client import Prober
from provisioner.checks.reachability import survey
from provisioner.checks.run import expectations
from provisioner.checks.trace_explained import parse
from provisioner.content.expectation import Expectation
from provisioner.content.lab import load
from provisioner.core.paths import Home, labs_folders
from provisioner.seats.seat import Seat

from .conftest import Cli

LABS = ("3",) if os.environ.get("LAB_TEST_ALL") != "1" else ("3", "4", "5", "6", "7", "8")  # each takes minutes
SEAT = ("--seat", "explained")
AT_ONCE = 12  # packets whose ways are told in one batch


@pytest.mark.parametrize("number", LABS)
@pytest.mark.parametrize("solved", [False, True])
def test_the_map_and_the_traces(cli: Cli, number: str, solved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(cli.home))
    quicker = ["--driver", "lxc"] if os.geteuid() == 0 and shutil.which("apt-get") else []  # what nft says is the same
    cli.run("up", number, *SEAT, *quicker)
    cli.run(*(("solve", number, *SEAT) if solved else ("reset", number, *SEAT)))
    lab, seat = load(labs_folders(), number), Seat.locate(Home.find(), int(number), SEAT[1])
    wrong = []
    with Prober(seat) as prober:
        net = Net(lab.manifest, seat.nonce, prober)
        surveyed = survey(lab, net, expectations(lab, lab.exercises))
        # What has no port is not traced: the answer could not be told from others'.
        cells = [c for c in surveyed if c.observed not in ("absent", "broken") and c.proto != "other"]
        probes = [net.probes(Expectation(c.source, c.target, c.wanted, (c.family,)))[0][0] for c in cells]
        results = prober.send(probes)
        traces = [t for n in range(0, len(probes), AT_ONCE) for t in prober.trace(probes[n : n + AT_ONCE])]
        for cell, probe, result, trace in zip(cells, probes, results, traces, strict=True):
            hops = parse(trace.lines)
            stops = [h for h in hops if h.verdict == "drop" or h.rule.split(" ")[:1] == ["reject"]]
            assert trace.result is not None, trace.error
            if not cell.observed == result.verdict == trace.result.verdict:
                wrong.append(f"{probe}: map {cell.observed}, probe {result.verdict}, trace {trace.result.verdict}")
            if result.got_through and stops:
                wrong.append(f"{probe}: answered, and yet the trace says that {stops[0]} stopped it")
            if result.verdict == "filtered" and hops and not stops:
                wrong.append(f"{probe}: nobody answered, and the trace says nothing of who stopped it: {hops[-1]}")
    assert len(cells) > 20
    assert not wrong, "\n".join(wrong)
    cli.run("destroy", number, *SEAT)
