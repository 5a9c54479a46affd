"""Narrowed solutions: which changes are made, and that the plan asks for each of them to be rejected."""

import subprocess
from pathlib import Path
from random import Random

import pytest

from provisioner.content.lab import load
from provisioner.core.paths import labs_folders
from provisioner.drivers.registry import load as load_driver
from provisioner.verify.adversary import KINDS, narrow, write_scripts
from provisioner.verify.plan import list_cases
from provisioner.verify.verification import make_plan

LAB3 = load(labs_folders(), "3")
RULE = "sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP"


@pytest.mark.parametrize(
    ("kind", "line", "narrowed"),
    [
        ("without a line", RULE, ""),
        ("one sender", RULE, RULE.replace("-i ext0", "-s 198.51.100.10")),
        ("one sender", 'iifname "ext0" tcp dport 8081 drop', "ip saddr 198.51.100.10 tcp dport 8081 drop"),
        ("one target", RULE, RULE.replace("--ctorig", "--ctorigdst 198.51.100.1 --ctorig", 1)),
        ("one target", "tcp dport 8081 drop", "ip daddr 198.51.100.1 tcp dport 8081 drop"),
        ("wider range", "sudo ufw allow from 198.51.100.20", "sudo ufw allow from 198.51.100.20/29"),
        ("wider range", "ip6 saddr 2001:db8:51::a:0/112 accept", "ip6 saddr 2001:db8:51::a:0/109 accept"),
        ("one family", "for t in iptables ip6tables; do", "for t in iptables; do"),
        ("one family", "table inet shop {", "table ip shop {"),
        ("one protocol", "iptables -A INPUT -i ext0 -j DROP", "iptables -A INPUT -i ext0 -p tcp -j DROP"),
        ("high ports", RULE, RULE.replace("-p tcp", "-p tcp --sport 1024:65535")),
        ("for today", "sudo systemctl enable --now shop", "sudo systemctl start shop"),
    ],
)
def test_a_line_is_narrowed(kind: str, line: str, narrowed: str) -> None:
    assert KINDS[kind](line, LAB3.manifest) == narrowed


@pytest.mark.parametrize("line", ["cat >/etc/x <<'RULES'", "for t in iptables ip6tables; do", "    chain early {", "}"])
def test_what_opens_or_closes_something_is_not_left_out(line: str) -> None:
    assert KINDS["without a line"](line, LAB3.manifest) is None


def test_all_kinds_are_drawn_before_one_comes_again() -> None:
    kinds = [one.kind for one in narrow(LAB3.exercises[1], Random(1), 6)]
    assert len(set(kinds)) == 6


def test_each_is_a_script_and_a_case_that_must_be_rejected(tmp_path: Path) -> None:
    scripts = write_scripts(LAB3.exercises, tmp_path, 1, 5)
    for written in scripts.values():
        for script, change in written:
            subprocess.run(["bash", "-n", str(script)], check=True)
            assert ": `" in change
    driver = load_driver("fake")
    plan = make_plan(LAB3.exercises, driver, scripts=scripts)
    asked = list_cases(plan)
    assert len(asked) == sum(map(len, scripts.values())) > 20
    assert {case.wanted for case in asked} == {"not yet"}


def test_the_same_seed_narrows_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    texts = [
        [script.read_text() for script, _ in write_scripts(LAB3.exercises[:2], tmp_path / name, 7, 5)[LAB3.exercises[0]]]
        for name in "ab"
    ]
    assert texts[0] == texts[1]
