"""Hints that depend on what the learner has done."""

from pathlib import Path

import pytest

from provisioner.checks.net import Net
from provisioner.checks.probe_client import Prober
from provisioner.content.expectation import Expectation, parse_expectation
from provisioner.content.lab import lab_folders, load
from provisioner.content.manifest import Entry, Manifest, When, problems
from provisioner.core.paths import labs_folders
from provisioner.seats.seat import Seat


@pytest.mark.parametrize(
    ("sentence", "expectation"),
    [
        ("outside reaches stats", Expectation("outside", "stats", True)),
        ("outside must not reach machine:22 over IPv6", Expectation("outside", "machine:22", False, (6,))),
        ("container:worker reaches payments:80 over IPv4", Expectation("container:worker", "payments:80", True, (4,))),
        ("outside can reach stats", None),
        ("outside reaches", None),
    ],
)
def test_a_sentence_is_an_expectation(sentence: str, expectation: Expectation | None) -> None:
    assert parse_expectation(sentence) == expectation


def test_a_situation_without_a_mark_or_with_a_bad_sentence() -> None:
    entry = Entry("a", "A", 1, ("one", "two"), hint_when=(When("always?"), When("when?", ("stats is open",))))
    found = [text for _, text in problems(Manifest(1, "A lab", "One line.", ("debian-13",), (entry,)))]
    assert "needs `probes` or a `command`" in found[0]
    assert "`stats is open` is not" in found[1]


def test_situations_of_all_labs_name_what_there_is(tmp_path: Path) -> None:
    told = 0
    for number in lab_folders(labs_folders()):
        lab = load(labs_folders(), str(number))
        net = Net(lab.manifest, "0", Prober(Seat(tmp_path)))
        for when in (w for e in lab.exercises for w in e.entry.hint_when):
            for expectation in filter(None, map(parse_expectation, when.probes)):
                assert net.probes(expectation), when
            told += 1
    assert told >= 10
