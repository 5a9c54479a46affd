"""The ways of several packets, told apart in one stream of lines."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import pytest

from provisioner.checks.probe import Probe, Result, Trace, Verdict
from provisioner.checks.trace_explained import Reasons, describe_hops, parse
from provisioner.guest.prober.trace import _ANSWER as ANSWER_LINE
from provisioner.guest.prober.trace import rules, select_lines, separate_ports

FIRST = (
    'trace id 099d4544 inet lab_trace prerouting packet: iif "br-ecbb" ip saddr 172.18.0.2 ip daddr 198.51.100.30'
    " ip protocol 6 ip length 60 tcp sport {} tcp dport 80 tcp flags == 0x2"
)
BRIDGED = [  # recorded on a Debian 13 guest: after a bridge the kernel gives the packet another number
    FIRST.format(58983),
    "trace id 099d4544 ip nat PREROUTING policy accept",
    FIRST.format(41000).replace("099d4544", "11111111"),
    "trace id 11111111 ip filter FORWARD policy drop",
    FIRST.format(58983).replace("099d4544", "a803a195").replace("prerouting", "forward"),
    'trace id a803a195 ip filter DOCKER-USER rule oifname "ext0" ct state new counter packets 3 bytes 180 drop (verdict drop)',
    "trace id deadbeef ip filter INPUT policy accept",
]

# Recorded with Docker 28 on a Debian sid guest, whose own chains end without a rule that matches everything.
_NUMBER = "trace id 83b83acf"
DIRECT = tuple(
    f"{_NUMBER} {rest}"
    for rest in (
        'inet lab_trace prerouting packet: iif "ext0" ip saddr 198.51.100.10 ip daddr 172.30.1.4 udp dport 5140',
        "ip raw PREROUTING policy accept",
        'inet lab_trace forward packet: iif "ext0" oif "br-museum" ip saddr 198.51.100.10 ip daddr 172.30.1.4 udp sport 59005',
        "ip filter FORWARD rule counter packets 537 bytes 38045 jump DOCKER-USER (verdict jump DOCKER-USER)",
        "ip filter FORWARD rule counter packets 519 bytes 36965 jump DOCKER-FORWARD (verdict jump DOCKER-FORWARD)",
        "ip filter DOCKER-FORWARD rule counter packets 519 bytes 36965 jump DOCKER-CT (verdict jump DOCKER-CT)",
        "ip filter DOCKER-FORWARD rule counter packets 290 bytes 23911 jump DOCKER-BRIDGE (verdict jump DOCKER-BRIDGE)",
        'ip filter DOCKER-BRIDGE rule oifname "br-museum" counter packets 40 bytes 2121 jump DOCKER (verdict jump DOCKER)',
        'ip filter DOCKER rule iifname != "br-museum" oifname "br-museum" counter packets 40 bytes 21 accept (verdict accept)',
        "ip nat POSTROUTING policy accept",
    )
)


def test_the_lines_of_one_packet() -> None:
    assert select_lines(BRIDGED, [("172.18.0.2", 58983, "198.51.100.1")]) == [BRIDGED[0], BRIDGED[1], BRIDGED[4], BRIDGED[5]]
    assert select_lines(BRIDGED, [("172.18.0.2", 1, "198.51.100.1")]) == select_lines(BRIDGED, []) == []


def test_two_zones_may_send_from_the_same_port() -> None:
    changes = (("172.18.0.2", "2001:db8::9"), (" ip ", " ip6 "), ("099d4544", "22222222"))
    other = [reduce(lambda text, change: text.replace(*change), changes, line) for line in BRIDGED[:2]]
    assert select_lines([*BRIDGED, *other], [("2001:db8::9", 58983, "2001:db8::1")]) == other
    sender = ("172.18.0.2", 58983, "198.51.100.1")
    assert select_lines([*BRIDGED, *other], [sender]) == select_lines(BRIDGED, [sender])


def test_what_stopped_a_bridged_packet() -> None:
    hops = parse(tuple(select_lines(BRIDGED, [("172.18.0.2", 58983, "198.51.100.1")])))
    assert [(str(h), h.verdict) for h in hops] == [("nat PREROUTING", "accept"), ("filter DOCKER-USER", "drop")]
    assert hops[1].rule == 'oifname "ext0" ct state new drop'


@pytest.mark.parametrize(
    ("printed", "told"), [("0x8", "new"), ("!= 0x8", "!= new"), ("{ 0x2, 0x4 }", "{ established, related }"), ("new", "new")]
)
def test_states_are_told_by_their_names(printed: str, told: str) -> None:
    (hop,) = parse(
        (FIRST, f'trace id 099d4544 inet worker calls rule iifname "br-worker" ct state {printed} drop (verdict drop)')
    )
    assert hop.rule == f'iifname "br-worker" ct state {told} drop'


def test_the_same_way_is_marked_once() -> None:
    to = {"proto": "tcp", "family": 4, "port": 80}
    text = rules([(to, "198.51.100.30"), (to, "198.51.100.30"), ({**to, "proto": "udp", "family": 6}, "2001:db8::1")])
    assert text.count("ip daddr 198.51.100.30 tcp dport 80 tcp flags & (syn | ack) == syn meta nftrace set 1") == 2
    assert text.count("ct original ip6 daddr 2001:db8::1 ct original proto-dst 80") == 4  # two of them for answers


ANSWER = "trace id 5e5e5e5e " + (
    'inet lab_trace answer-output packet: oif "ext0" ip saddr 198.51.100.1 ip daddr 198.51.100.10 ip protocol 6 tcp sport 80 '
    "tcp dport 58983 tcp flags == 0x12"
)


def test_the_lines_of_its_answer() -> None:
    lines = [*BRIDGED, ANSWER, "trace id 5e5e5e5e inet filter output rule tcp sport 80 drop (verdict drop)"]
    assert select_lines(lines, [("198.51.100.10", 58983, "198.51.100.1")], ANSWER_LINE) == lines[-2:]
    assert select_lines(lines, [("198.51.100.11", 58983, "198.51.100.1")], ANSWER_LINE) == []


def test_where_no_rule_stopped_a_packet_the_answer_is_looked_at() -> None:
    answers = (ANSWER, "trace id 5e5e5e5e inet mine out rule tcp sport 80 drop (verdict drop)")
    trace = Trace((ANSWER.replace("answer-output", "prerouting"),), Result("filtered", "", "no answer", 5), answers=answers)
    said = describe_hops([], trace, Probe("outside", "198.51.100.1", 80))
    assert said == ["it arrived and was answered; mine out stopped the answer: `tcp sport 80 drop`"]


def test_a_port_that_nobody_listens_on_is_told() -> None:
    trace = Trace((ANSWER,), Result("refused", "", "connection refused", 5))
    assert describe_hops([], trace, Probe("outside", "198.51.100.1", 80)) == [
        "it arrived, and nothing listens on port 80/tcp of the machine"
    ]


class _Traces:
    """In a prober's place: each call has the results of one more trace."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)

    def trace(self, probes: Sequence[Probe]) -> list[Trace]:
        verdict = self.verdicts.pop(0)
        return [Trace(DIRECT, Result(verdict, "", "", 5)) for _ in probes]


@pytest.mark.parametrize(
    ("verdicts", "differs"), [(("open",), False), (("filtered", "open"), False), (("filtered", "filtered"), True)]
)
def test_a_trace_that_contradicts_the_verdict_is_followed_again(verdicts: tuple[Verdict, ...], differs: bool) -> None:
    prober, reasons, probe = _Traces(*verdicts), Reasons(), Probe("outside", "198.51.100.1", 80)
    reasons.follow(prober, [(probe, True)])  # type: ignore[arg-type]
    assert not prober.verdicts
    assert ("sent twice more, was not answered" in " ".join(reasons.tell(probe))) is differs


def test_what_strangers_send_from_one_port_is_told_apart() -> None:
    sender = {"address": "198.51.100.7"}
    probes: list[dict[str, Any]] = [
        {"sport": 80, "sender": sender},
        {"sport": 80, "sender": sender},
        {"sport": 81, "sender": sender},
        {"sport": 80, "from": "container:web"},
        {"sport": 80, "from": "container:web"},
        {"from": "web"},
    ]
    separate_ports(probes)
    assert [p.get("sport") for p in probes] == [80, 81, 82, 80, 81, None]


def test_a_chain_in_which_nothing_matched_is_on_the_way() -> None:
    routes = [(h.chain, h.next_chain) for h in parse(DIRECT) if h.table == "filter"]
    assert routes == [
        ("FORWARD", "DOCKER-USER"), ("DOCKER-USER", ""), ("FORWARD", "DOCKER-FORWARD"), ("DOCKER-FORWARD", "DOCKER-CT"),
        ("DOCKER-CT", ""), ("DOCKER-FORWARD", "DOCKER-BRIDGE"), ("DOCKER-BRIDGE", "DOCKER"), ("DOCKER", ""),
    ]  # fmt: skip


def test_what_was_forwarded_did_not_meet_the_proxy() -> None:
    """docker-proxy listens on the same port of the machine, which the packet was not for."""
    trace = Trace(DIRECT, Result("open", "counter", "", 5), listener="docker-proxy")
    said = describe_hops(parse(DIRECT), trace, Probe("outside", "container:counter", 5140, proto="udp"))
    assert said == [
        "it passed raw PREROUTING → filter FORWARD → filter DOCKER-USER → filter DOCKER-FORWARD → filter DOCKER-CT → "
        "filter DOCKER-BRIDGE → filter DOCKER",
        'filter DOCKER let it pass: `iifname != "br-museum" oifname "br-museum" accept`',
        "it went to the container's own address: no published port had a part in it, and INPUT never sees it",
    ]
