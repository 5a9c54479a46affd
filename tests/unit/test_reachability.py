import pytest

from provisioner.checks.reachability import Cell
from provisioner.checks.run import expectations
from provisioner.checks.trace_explained import Hop
from provisioner.content.lab import load, load_labs
from provisioner.core.paths import labs_folders


@pytest.mark.parametrize("number", [str(glance.number) for glance in load_labs(labs_folders())])
def test_what_exercises_expect_is_heard_without_a_machine(number: str) -> None:
    lab = load(labs_folders(), number)
    heard = expectations(lab, lab.exercises)
    texts = {e.number: e.test.read_text(encoding="utf-8") for e in lab.exercises}
    # A check speaks until it asks something of the machine itself.
    before = {n: text.partition("net.measure(")[0] for n, text in texts.items()}
    speaking = {n for n, text in before.items() if "(net: Net)" in text and ("net.expect" in text or text == texts[n])}
    assert {n for n, _ in heard} >= speaking


def test_whom_a_right_limit_slows_down_is_not_asked_beside_others_by_another_exercise() -> None:
    """Lab 4: with one jar for all callers, the calls of one exercise's check take what another's are to have."""
    lab = load(labs_folders(), "4")
    limit = next(e.number for e in lab.exercises if e.entry.id == "limit")
    callers = {e.source for n, e in expectations(lab, lab.exercises) if n != limit and e.through and e.target == "archive"}
    assert callers == {"east"}


@pytest.mark.parametrize(("wanted", "observed", "good"), [
    (True, "open", True), (True, "filtered", False), (False, "refused", True), (False, "filtered", True),
    (False, "open", False), (True, "unreachable", False),
])  # fmt: skip
def test_a_way_is_as_wanted(wanted: bool, observed: str, good: bool) -> None:
    assert Cell("outside", "shop", 8080, "tcp", 4, wanted, (1,), observed).good is good


@pytest.mark.parametrize(("chain", "rule", "verdict", "owner"), [
    ("DOCKER", 'iifname != "br-1" tcp dport 8081 dnat to 172.18.0.6:80', "accept", "Docker"),
    ("FORWARD", 'oifname "br-1" ct state related,established accept', "accept", "Docker"),
    ("FORWARD", "jump DOCKER-USER", "jump DOCKER-USER", "Docker"),
    ("INPUT", "jump ufw-before-input", "jump ufw-before-input", "ufw"),
    ("ufw6-user-input", "tcp dport 22 accept", "accept", "ufw"),
    ("DOCKER-USER", "ct original proto-dst 8081 drop", "drop", "you, or a script"),
    ("DOCKER-USER", "return", "return", "Docker"),
    ("INPUT", "tcp dport 8080 drop", "drop", "you, or a script"),
    ("FORWARD", "", "drop", "policy"),
    ("PREROUTING", "", "", ""),
])  # fmt: skip
def test_who_wrote_a_rule(chain: str, rule: str, verdict: str, owner: str) -> None:
    assert Hop("ip", "filter", chain, rule, verdict).owner == owner
