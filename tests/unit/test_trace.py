"""The ways of several packets, told apart in one stream of lines."""

from provisioner.checks.explain import parse
from provisioner.guest.trace import of, rules

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


def test_the_lines_of_one_packet() -> None:
    assert of(BRIDGED, [58983]) == [BRIDGED[0], BRIDGED[1], BRIDGED[4], BRIDGED[5]]
    assert of(BRIDGED, [1]) == []


def test_what_stopped_a_bridged_packet() -> None:
    hops = parse(tuple(of(BRIDGED, [58983])))
    assert [(str(h), h.verdict) for h in hops] == [("nat PREROUTING", "accept"), ("filter DOCKER-USER", "drop")]
    assert hops[1].rule == 'oifname "ext0" ct state new drop'


def test_the_same_way_is_marked_once() -> None:
    to = {"proto": "tcp", "family": 4, "port": 80}
    text = rules([(to, "198.51.100.30"), (to, "198.51.100.30"), ({**to, "proto": "udp", "family": 6}, "2001:db8::1")])
    assert text.count("ip daddr 198.51.100.30 tcp dport 80 tcp flags & (syn | ack) == syn meta nftrace set 1") == 2
    assert text.count("ct original ip6 daddr 2001:db8::1 ct original proto-dst 80") == 2
