"""Whom a check draws, and that real packets of theirs are judged: in network namespaces, without a machine."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from provisioner.checks import Net, blocked, reaches, strangers
from provisioner.checks.draw import Draw
from provisioner.checks.idle import IdleWait
from provisioner.checks.probe_client import Prober
from provisioner.content.expectation import Strangers, strangers_of
from provisioner.content.manifest import Manifest, Service
from provisioner.core.outcome import CannotTell, NotYet
from provisioner.seats.seat import Seat

from .networks import LISTENER, NONCE, PYTHON, Networks, make_manifest, serving
from .test_border import rules

ANYBODY = strangers("ext")
RANGE = "198.51.100.96/28"


@pytest.fixture
def manifest(networks: Networks) -> Manifest:
    return make_manifest(networks, {"shop": Service(8080, "a shop"), "p8101": Service(8101, "another")})


@pytest.fixture
def net(reached: Networks, manifest: Manifest, seat: Seat) -> Iterator[Net]:
    with Prober(seat) as prober:
        yield Net(manifest, NONCE, prober, idle_wait=IdleWait(patience=0), explain=False, seed="seed")


@pytest.mark.parametrize("text", [ANYBODY, strangers("ext", beside="admin"), strangers("ext", inside=[RANGE, "2001:db8::/64"])])
def test_who_is_meant_is_read_from_the_words(text: str) -> None:
    assert str(strangers_of(text)) == text


def drawn(manifest: Manifest, who: str, family: int, seed: str = "seed") -> list[str]:
    meant = strangers_of(who)
    assert meant
    return [sender.address for sender, _ in Draw(manifest, seed).strangers(meant, 4 if family == 4 else 6)]


def test_a_seed_draws_the_same_and_another_seed_others(manifest: Manifest) -> None:
    assert drawn(manifest, ANYBODY, 6) == drawn(manifest, ANYBODY, 6)
    assert drawn(manifest, ANYBODY, 6) != drawn(manifest, ANYBODY, 6, "other")


@pytest.mark.parametrize("seed", [str(n) for n in range(50)])
def test_those_who_are_drawn_are_nobody_else(manifest: Manifest, seed: str) -> None:
    for family, network in ((4, ip_network("198.51.100.0/24")), (6, ip_network("2001:db8:51::/64"))):
        for address in drawn(manifest, ANYBODY, family, seed):
            assert ip_address(address) in network
            taken = ("198.51.100.0", "198.51.100.1", "198.51.100.10", "198.51.100.255", "2001:db8:51::1", "2001:db8:51::10")
            assert address not in taken


@pytest.mark.parametrize("seed", [str(n) for n in range(50)])
def test_both_halves_of_a_network_are_asked(manifest: Manifest, seed: str) -> None:
    """A rule for one half of it, such as what a DHCP server gives out, is never one for all."""
    half = ip_network("198.51.100.0/25")
    assert {ip_address(address) in half for address in drawn(manifest, ANYBODY, 4, seed)} == {True, False}


@pytest.mark.parametrize("seed", [str(n) for n in range(50)])
def test_to_the_internet_somebody_comes_from_elsewhere(manifest: Manifest, seed: str) -> None:
    internet = replace(manifest, networks={"ext": replace(manifest.networks["ext"], wide=True)})
    for family, network in ((4, ip_network("198.51.100.0/24")), (6, ip_network("2001:db8:51::/64"))):
        for who in (ANYBODY, strangers("ext", beside=RANGE)):
            *near, far = (ip_address(address) for address in drawn(internet, who, family, seed))
            assert near
            assert all(address in network for address in near)
            assert far.is_global
        inside = drawn(internet, strangers("ext", inside=[RANGE, "2001:db8:51::/120"]), family, seed)
        assert all(ip_address(address) in network for address in inside)


@pytest.mark.parametrize("seed", [str(n) for n in range(50)])
def test_the_edges_of_a_range_are_always_drawn(manifest: Manifest, seed: str) -> None:
    beside = drawn(manifest, strangers("ext", beside=RANGE), 4, seed)
    assert beside[:2] == ["198.51.100.95", "198.51.100.112"]
    assert not any(ip_address(address) in ip_network(RANGE) for address in beside)
    assert any(ip_address(address) in ip_network("198.51.100.112/28") for address in beside[1:])  # twice as wide
    inside = drawn(manifest, strangers("ext", inside=RANGE), 4, seed)
    assert inside[:2] == ["198.51.100.96", "198.51.100.111"]
    assert all(ip_address(address) in ip_network(RANGE) for address in inside)


def test_a_stranger_sends_from_a_port_that_only_root_may_take(manifest: Manifest) -> None:
    """That of a service outside, as if this were its answer. Neighbours take turns; all named zones send from high ports."""
    assert next(port for _, port in Draw(manifest, "seed").strangers(Strangers("ext"), 4)) == 80
    low, high, *_ = (port for _, port in Draw(manifest, "seed").strangers(Strangers("ext", beside=(RANGE,)), 4))
    assert low == 80 < 1024 <= high


@pytest.mark.parametrize("seed", [str(n) for n in range(20)])
def test_of_the_ports_that_nobody_has_thought_of_one_is_low_and_one_is_high(manifest: Manifest, seed: str) -> None:
    low, high = sorted(Draw(manifest, seed).port(f"machine/{proto}") for proto in ("tcp", "udp"))
    assert low < 30_000 < high


def test_where_all_belong_to_a_range_nobody_is_beside_it(manifest: Manifest) -> None:
    assert drawn(manifest, strangers("ext", beside="198.51.100.0/24"), 4) == []


def test_a_network_without_the_family_cannot_be_asked(manifest: Manifest) -> None:
    with pytest.raises(CannotTell, match="no such network"):
        Draw(manifest, "seed").strangers(Strangers("nowhere"), 6)


@pytest.mark.slow
def test_strangers_get_in_where_everybody_does(net: Net) -> None:
    net.expect(reaches(ANYBODY, "shop"), reaches(ANYBODY, "machine:22"), reaches(ANYBODY, "machine:any"))


def test_a_stranger_may_call_several_times_at_once(net: Net) -> None:
    net.expect(*(reaches(ANYBODY, "shop") for _ in range(4)))


@pytest.mark.parametrize(
    "closing",
    [
        "ip saddr 198.51.100.10 tcp dport 8101 drop; ip6 saddr 2001:db8:51::10 tcp dport 8101 drop",
        "tcp sport 1024-65535 tcp dport 8101 drop",
        "ip6 saddr 2000::/3 tcp dport 8101 drop; ip saddr 0.0.0.0/0 tcp dport 8101 drop",
        "ip daddr 198.51.100.1 tcp dport 8101 drop; meta nfproto ipv6 tcp dport 8101 drop",
        "iifname ext0 tcp sport 8101 accept; iifname ext0 tcp dport 8101 drop",
        "iifname ext0 tcp dport 8101 limit rate 1/second burst 50 packets drop",
        "iifname ext0 ip6 nexthdr tcp tcp dport 8101 drop; iifname ext0 ip protocol tcp tcp dport 8101 drop",
        "iifname ext0 ip6 daddr fe80::/10 ip6 saddr != fe80::/10 accept; iifname ext0 tcp dport 8101 drop",
    ],
    ids=[
        "known senders", "high ports", "global senders", "known address", "as if it were an answer", "the first 50 only",
        "no header before", "on the cable from elsewhere",
    ],
)  # fmt: skip
@pytest.mark.slow
def test_what_closes_the_port_for_some_only_is_told(net: Net, networks: Networks, closing: str) -> None:
    subprocess.run(["ip", "-n", networks.box, "addr", "replace", "192.0.2.7/32", "dev", "lo"], check=True)
    with rules(networks.box, "inet", "input", closing), pytest.raises(NotYet) as told:
        net.expect(
            blocked(networks.outside, "p8101"), blocked(ANYBODY, "p8101"), reaches(networks.outside, "shop"),
            reaches(ANYBODY, "shop"), reaches("machine", "p8101"),
        )  # fmt: skip
    assert any("from strangers in ext (" in line and " port " in line for line in told.value.lines), told.value.lines


@pytest.mark.parametrize(
    "admits", ["ether saddr {card} accept", "ip6 saddr & ::ffff == ::10 accept; ip saddr 198.51.100.10 accept"]
)
@pytest.mark.slow
def test_who_only_looks_like_the_one_that_is_admitted_is_asked(net: Net, networks: Networks, admits: str) -> None:
    """By the same card, with the same last bytes of an address."""
    link = subprocess.run(["ip", "-n", networks.outside, "link", "show", "eth0"], check=True, capture_output=True, text=True)
    card = link.stdout.partition("link/ether ")[2].split()[0]
    others = strangers("ext", beside=networks.outside)
    asked = (reaches(networks.outside, "p8101"), blocked(others, "p8101"), reaches(others, "shop"))
    too_much = f"{admits.format(card=card)}; iifname ext0 tcp dport 8101 drop"
    with rules(networks.box, "inet", "input", too_much), pytest.raises(NotYet) as told:
        net.expect(*asked)
    assert any("by the card of" in line or "strangers in ext" in line for line in told.value.lines)
    by_address = "ip6 saddr 2001:db8:51::10 accept; ip saddr 198.51.100.10 accept; iifname ext0 tcp dport 8101 drop"
    with rules(networks.box, "inet", "input", by_address):
        net.expect(*asked)


@pytest.mark.slow
def test_a_limit_is_no_way_in(net: Net, networks: Networks) -> None:
    limit = "tcp dport 8080 ct state new limit rate over 6/minute burst 6 packets drop"
    net.expect(reaches(networks.outside, "shop", calls=12))
    with rules(networks.box, "inet", "input", limit), pytest.raises(NotYet, match="of 12 calls at once"):
        net.expect(reaches(networks.outside, "shop", calls=12))


@pytest.mark.slow
def test_what_closes_it_for_everybody_is_a_solution(net: Net, networks: Networks) -> None:
    subprocess.run(["ip", "-n", networks.box, "addr", "replace", "192.0.2.7/32", "dev", "lo"], check=True)
    with rules(networks.box, "inet", "input", "iifname ext0 tcp dport 8101 drop"):
        net.expect(blocked(ANYBODY, "p8101"), reaches(ANYBODY, "shop"), reaches("machine", "p8101"))


@pytest.mark.parametrize("proto", ["tcp", "udp", "other"])
@pytest.mark.slow
def test_a_port_that_nobody_has_thought_of(net: Net, networks: Networks, proto: str) -> None:
    target, number = f"machine:any/{proto}", {"tcp": 6, "udp": 17, "other": "147-252"}[proto]
    asked = (reaches("machine", target, families=(4, 6)), reaches(ANYBODY, "shop"))
    net.expect(reaches(ANYBODY, target), *asked)
    with pytest.raises(NotYet):
        net.expect(blocked(ANYBODY, target), *asked)
    closed = f"iifname ext0 meta l4proto {number} {'th dport != 8080 ' * (proto != 'other')}drop"
    with rules(networks.box, "inet", "input", closed):
        net.expect(blocked(ANYBODY, target), *asked)


@pytest.mark.slow
def test_what_arrives_has_got_through_whether_its_answer_does_or_not(net: Net, networks: Networks) -> None:
    with rules(networks.box, "inet", "output", "oifname ext0 udp sport 10000-59999 drop"), pytest.raises(NotYet) as told:
        net.expect(
            blocked(ANYBODY, "machine:any/udp"), reaches("machine", "machine:any/udp"), reaches(ANYBODY, "shop")
        )  # fmt: skip
    assert "it arrived, and no answer came back" in str(told.value)


@pytest.mark.parametrize("seed", [str(n) for n in range(20)])
def test_an_ordinary_users_program_is_always_among_them(manifest: Manifest, seed: str) -> None:
    first, second = (Draw(manifest, seed).user("machine reaches shop", family) for family in (4, 6))
    assert first in (1000, 65534)
    assert second in {0, 1000, 65534} - {first}


@pytest.mark.slow
def test_a_closed_service_is_not_to_be_had_at_another_port(net: Net, networks: Networks) -> None:
    asked = (blocked(ANYBODY, "p8101"), reaches(ANYBODY, "shop"), reaches("machine", "p8101"))
    with rules(networks.box, "inet", "input", "iifname ext0 tcp dport 8101 drop"):
        net.expect(*asked)
        program = LISTENER.replace("caller.sendall", "caller.recv(4096); caller.sendall")
        moved = ["ip", "netns", "exec", networks.box, PYTHON, "-c", program, "18101", f"p8101 {NONCE}\n"]
        with serving(moved), pytest.raises(NotYet, match="at port 18101"):
            net.expect(*asked)
        other = ["ip", "netns", "exec", networks.box, PYTHON, "-c", program, "18102", "something else\n"]
        with serving(other):
            net.expect(*asked)


@pytest.mark.slow
def test_programs_of_the_machine_are_not_roots_only(net: Net, networks: Networks) -> None:
    asked = [reaches("machine", service, families=(4, 6)) for service in ("shop", "p8101")]
    users = {probe.user for e in asked for probe, _ in net.try_probes(e)}
    assert len(users) > 1, "another one over each family"
    net.expect(*asked)
    for user in users - {0}:
        with rules(networks.box, "inet", "output", f"meta skuid {user} tcp dport != 22 drop"), pytest.raises(NotYet) as told:
            net.expect(*asked)
        assert f"user {user}" in str(told.value)


@pytest.mark.slow
def test_strangers_are_reached_too(net: Net, networks: Networks) -> None:
    target = f"{ANYBODY}:any"
    net.expect(reaches("machine", target, families=(4, 6)))
    known = rules(networks.box, "inet", "output", "ip daddr 198.51.100.10 drop; ip6 daddr 2001:db8:51::10 drop")
    with known, pytest.raises(NotYet):
        net.expect(
            blocked("machine", target, families=(4, 6)), reaches("machine", "shop", families=(4, 6)), reaches(ANYBODY, target)
        )


def test_nobody_stays_behind(net: Net, networks: Networks) -> None:
    def plugged() -> set[str]:
        listed = subprocess.run(["ip", "-n", networks.switch, "-br", "link"], capture_output=True, text=True, check=True)
        return {line.split()[0] for line in listed.stdout.splitlines()}

    before = plugged()
    net.expect(reaches(ANYBODY, "shop"))
    new = plugged() - before  # those of an earlier test may be about to go
    assert len(new) == 1
    net.prober.close()
    deadline = time.monotonic() + 60  # of a busy host
    while new & plugged():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("seed", [str(n) for n in range(20)])
def test_a_zone_asks_from_a_low_port_over_one_family(manifest: Manifest, seed: str) -> None:
    none, low = sorted(Draw(manifest, seed).low_port("outside must not reach shop", family) for family in (4, 6))
    assert none == 0 < low < 1024


def test_somebody_may_come_from_beside_another_network(manifest: Manifest) -> None:
    """A range of the machine's other networks that was written a little too wide means people of the internet."""
    ext = manifest.networks["ext"]
    house = replace(ext, v4="192.168.56.1/24", v6="2001:db8:56::1/64", zones={})
    internet = replace(manifest, networks={"ext": replace(ext, wide=True), "house": house})
    for family, wider, network in ((4, "192.168.56.0/23", "192.168.56.0/24"), (6, "2001:db8:56::/63", "2001:db8:56::/64")):
        far = [ip_address(drawn(internet, ANYBODY, family, str(seed))[-1]) for seed in range(60)]
        assert any(address in ip_network(wider) for address in far)
        assert not any(address in ip_network(network) for address in far)
