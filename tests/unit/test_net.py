import subprocess
import sys
from dataclasses import replace

import pytest

from provisioner.checks import Net, blocked, reaches
from provisioner.checks.idle import IdleWait
from provisioner.checks.net import _require_controls
from provisioner.checks.observation import Observation, group_observations
from provisioner.checks.probe import Probe, Result, Verdict
from provisioner.checks.probe_client import Prober
from provisioner.content.expectation import Expectation
from provisioner.content.manifest import Manifest, Network, Service, Zone
from provisioner.core.outcome import CannotTell, NotYet
from provisioner.seats.seat import Seat

from .networks import NONCE, Networks


@pytest.fixture
def manifest(networks: Networks) -> Manifest:
    """As the networks are: the shop answers everybody, stats only the machine itself, and nothing is in the cache."""
    outside = Zone("anybody", "198.51.100.10", "2001:db8:51::10")
    nowhere = Zone("nobody", "198.51.100.99")
    return Manifest(
        1, "A lab", "One line.", ("debian-13",), (),
        networks={"ext": Network("198.51.100.1/24", {networks.outside: outside, "nowhere": nowhere}, "2001:db8:51::1/64")},
        services={"shop": Service(8080, "a shop"), "stats": Service(8081, "statistics"), "cache": Service(8082, "a cache")},
    )  # fmt: skip


def expect(reached: Networks, manifest: Manifest, seat: Seat, *expectations: Expectation) -> None:
    with Prober(seat) as prober:
        Net(manifest, NONCE, prober, idle_wait=IdleWait(patience=0)).expect(*expectations)


def test_what_is_as_expected_passes(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    out = reached.outside
    expect(
        reached, manifest, seat,
        reaches(out, "shop"), reaches(out, "machine:22"), blocked(out, "stats"), reaches("machine", "stats"),
    )  # fmt: skip


def test_a_zone_with_both_families_is_asked_over_both(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with Prober(seat) as prober:
        seen = Net(manifest, NONCE, prober).observe(reaches(reached.outside, "shop"), reaches("machine", "shop"))
    assert [(o.probe.source, o.probe.family) for o in seen] == [(reached.outside, 4), (reached.outside, 6), ("machine", 4)]
    assert all(o.good for o in seen)


@pytest.mark.slow
def test_open_though_blocked_is_not_yet_and_says_what_was_seen(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with pytest.raises(NotYet) as failed:
        expect(reached, manifest, seat, blocked(reached.outside, "shop", families=(4,)))
    assert failed.value.lines[0] == (
        f"from {reached.outside} to 198.51.100.1:8080/tcp: open, answered “shop {NONCE}”; expected no answer"
    )


@pytest.mark.slow
def test_a_service_that_is_closed_is_not_yet(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with pytest.raises(NotYet, match="connection refused"):
        expect(reached, manifest, seat, reaches(reached.outside, "cache"))


@pytest.mark.slow
def test_the_right_port_with_the_wrong_answer_is_not_yet(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    other = replace(manifest, services={"panel": Service(8080, "something else answers here")})
    with pytest.raises(NotYet, match=f"“shop {NONCE}”; expected an answer “panel {NONCE}”"):
        expect(reached, other, seat, reaches(reached.outside, "panel"))


@pytest.mark.slow
def test_an_answer_of_another_seat_does_not_count(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with Prober(seat) as prober, pytest.raises(NotYet):
        Net(manifest, "0ther5ea", prober, idle_wait=IdleWait(patience=0)).expect(reaches("machine", "shop"))


class Counting(Prober):
    batches = 0

    def send(self, probes: list[Probe]) -> list[Result]:
        self.batches += 1
        return super().send(probes)


@pytest.mark.slow
def test_what_was_asked_ahead_is_asked_again_only_where_it_was_bad(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    out = reached.outside
    good = (reaches(out, "shop"), reaches("machine", "stats"), blocked(out, "stats"))
    serve = f"""
import socket
server = socket.create_server(("127.0.0.1", 8082))
print("listening", flush=True)
while True:
    caller, _ = server.accept()
    caller.recv(4096)
    caller.sendall(b"cache {NONCE}\\n")
    caller.close()
"""
    with Counting(seat) as prober:
        net = Net(manifest, NONCE, prober)
        net.prefetch([[*good, reaches("machine", "shopp")], [reaches("machine", "cache")]])
        net.expect(*good)
        assert prober.batches == 1
        net.expect(*good, good[0])  # twice the same: each is a question of its own
        assert prober.batches == 2
        in_box = ["ip", "netns", "exec", reached.box, sys.executable, "-c", serve]
        with subprocess.Popen(in_box, stdout=subprocess.PIPE) as late:
            assert late.stdout
            assert late.stdout.readline() == b"listening\n"
            net.expect(reaches("machine", "cache"))  # it was closed when it was asked ahead
            late.kill()
        assert prober.batches == 4  # until it is there, and once for the verdict


@pytest.mark.parametrize("control", [(), ("path",), ("target",)])
def test_no_negative_without_its_controls(reached: Networks, manifest: Manifest, seat: Seat, control: tuple[str, ...]) -> None:
    out = reached.outside
    controls = {"path": reaches(out, "shop"), "target": reaches("machine", "stats")}
    with pytest.raises(CannotTell, match="no control"):
        expect(reached, manifest, seat, blocked(out, "stats"), *(controls[c] for c in control))


@pytest.mark.parametrize("verdict", ["absent", "filtered"])
def test_what_has_no_address_needs_no_control_over_its_family(verdict: Verdict) -> None:
    guest, machine = "container:guest", "machine"
    seen: list[tuple[Expectation, Verdict, int]] = [
        (blocked(guest, "container:db:80", families=(6,)), verdict, 6), (reaches(guest, "shop"), "open", 4),
        (reaches(machine, "container:db:80"), "open", 4),
    ]  # fmt: skip
    observations = [
        Observation(e, Probe(e.source, e.target, 80, 6 if family == 6 else 4, "tcp", None), Result(result, "", "", 1), "")
        for e, result, family in seen
    ]
    if verdict == "absent":
        _require_controls(observations)
    else:
        with pytest.raises(CannotTell, match="same source over the same family"):
            _require_controls(observations)


def test_a_probe_that_could_not_be_sent_is_cannot_tell(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with pytest.raises(CannotTell, match="the zone nowhere is not there"):
        expect(reached, manifest, seat, blocked("nowhere", "stats"), reaches("machine", "stats"))


@pytest.mark.parametrize("target", ["shopp", "nowhere2:80", "nowhere:80"])
def test_a_target_without_an_address_is_cannot_tell(reached: Networks, manifest: Manifest, seat: Seat, target: str) -> None:
    with pytest.raises(CannotTell, match="does not have over IPv6"):
        expect(reached, manifest, seat, reaches(reached.outside, target, families=(6,)))


@pytest.mark.parametrize("target", ["shop:x:y", "machine:99999", "", "shop@", "machine:53/sctp"])
def test_what_names_no_target_is_said(reached: Networks, manifest: Manifest, seat: Seat, target: str) -> None:
    with pytest.raises(CannotTell, match="names no target"):
        expect(reached, manifest, seat, reaches(reached.outside, target))


@pytest.mark.slow
def test_services_over_udp(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    """Silence is told from an answer, and a port may serve something else over TCP."""
    out = reached.outside
    names = {"name": Service(53, "names", proto="udp"), "clock": Service(123, "time", proto="udp")}
    expect(reached, replace(manifest, services=names), seat, reaches(out, "name"), reaches(out, "machine:22"))
    with pytest.raises(NotYet, match="198.51.100.1:123/udp, .*123/udp: refused"):
        expect(reached, replace(manifest, services=names), seat, reaches(out, "clock"))


def test_the_machine_by_its_address_in_a_network(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    with Prober(seat) as prober:
        net = Net(manifest, NONCE, prober)
        seen = net.observe(reaches("machine", "shop@ext"), reaches(reached.outside, "machine@ext:53/udp", families=(6,)))
        with pytest.raises(CannotTell, match="shop@dmz"):
            net.observe(reaches("machine", "shop@dmz"))
    assert [(o.probe.source, o.probe.place) for o in seen] == [
        ("machine", "198.51.100.1:8080/tcp"), (reached.outside, "[2001:db8:51::1]:53/udp")
    ]  # fmt: skip
    assert all(o.result.got_through for o in seen)


def test_a_gateway_is_the_machine_in_the_containers_own_network(manifest: Manifest, seat: Seat) -> None:
    """Which address that is, the prober finds out in the machine; a control by another address is one."""
    net = Net(manifest, NONCE, Prober(seat))
    probe, answer = net.probes(reaches("container:web", "shop@gateway", families=(6,)))[0]
    assert (str(probe), answer) == ("from container:web to gateway:8080/tcp", f"shop {NONCE}")
    assert net.probes(blocked("container:web", "machine@gateway:53/udp")) == [
        (Probe("container:web", "gateway", 53, 4, "udp", closed=True), "")
    ]
    _require_controls([
        seen(blocked("container:web", "machine@gateway:9"), 4), seen(reaches("container:web", "shop"), 4),
        seen(reaches("machine", "machine:9"), 4),
    ])  # fmt: skip
    with pytest.raises(CannotTell, match="only containers have one"):
        net.probes(reaches("outside", "shop@gateway"))


def seen(expectation: Expectation, family: int) -> Observation:
    probe = Probe(expectation.source, "2001:db8::1" if family == 6 else "192.0.2.1", 80, 6 if family == 6 else 4)
    return Observation(expectation, probe, Result("open" if expectation.through else "filtered", "", "", 1), "")


@pytest.mark.parametrize(
    ("controls", "enough"),
    [
        ([seen(reaches("out", "shop"), 6), seen(reaches("machine", "stats"), 4)], True),
        ([seen(reaches("out", "shop"), 4), seen(reaches("machine", "stats"), 4)], False),  # another family
        ([seen(reaches("admin", "shop"), 6), seen(reaches("machine", "stats"), 4)], False),  # another source
        ([seen(reaches("out", "shop"), 6), seen(reaches("machine", "shop"), 4)], False),  # another target
        ([seen(blocked("out", "shop"), 6), seen(blocked("machine", "stats"), 6)], False),  # negatives prove nothing
    ],
)
def test_controls_are_of_the_same_source_family_and_target(controls: list[Observation], enough: bool) -> None:
    observations = [seen(blocked("out", "stats"), 6), *controls]
    if enough:
        _require_controls(observations)
    else:
        with pytest.raises(CannotTell):
            _require_controls(observations)


def test_a_control_over_tcp_is_none_for_udp() -> None:
    silent, path = seen(blocked("out", "machine:53/udp"), 6), seen(reaches("out", "machine:22"), 6)
    _require_controls([silent, path, seen(reaches("machine", "machine@ext:53/udp"), 6)])
    with pytest.raises(CannotTell, match="the same target"):
        _require_controls([silent, path, seen(reaches("machine", "machine:53"), 6)])


def test_one_line_for_all_who_saw_the_same() -> None:
    open_, shut = Result("open", f"shop {NONCE}", "answered", 3), Result("filtered", "", "no answer", 2000)
    seen = [
        Observation(blocked(source, "machine:80"), Probe(source, to, 80, 6 if ":" in to else 4), result, "")
        for source, to, result in [
            ("outside", "198.51.100.1", open_), ("outside", "2001:db8:51::1", open_),
            ("admin", "198.51.100.1", open_), ("admin", "2001:db8:51::1", open_),
            ("guest", "198.51.100.1", open_), ("guest", "2001:db8:51::1", shut),
        ]
    ]  # fmt: skip
    both = "198.51.100.1:80/tcp, [2001:db8:51::1]:80/tcp"
    said = f"open, answered “shop {NONCE}”; expected no answer"
    assert [text for text, _ in group_observations(seen)] == [
        f"from outside, admin to {both}: {said}",
        f"from guest to 198.51.100.1:80/tcp: {said}",
        "from guest to [2001:db8:51::1]:80/tcp: filtered (no answer); expected no answer",
    ]
    assert [len(them) for _, them in group_observations(seen)] == [4, 1, 1]


@pytest.mark.slow
def test_a_machine_comes_to_rest_once(reached: Networks, manifest: Manifest, seat: Seat) -> None:
    """The first test that misses something waits until the machine rests; the next one looks once more, and judges."""
    asked = []

    class Counting(Prober):
        def send(self, probes: list[Probe]) -> list[Result]:
            asked.append(len(probes))
            return super().send(probes)

    missing = reaches("machine", "cache")
    with Counting(seat) as prober:
        idle_wait = IdleWait(threshold=0.5, patience=5)  # a busy host never rests
        for _ in range(2):
            net = Net(manifest, NONCE, prober, idle_wait=idle_wait)
            net.prefetch([[missing]])
            with pytest.raises(NotYet):
                net.expect(missing)
            asked.append(0)
    first, second = "".join(map(str, asked)).split("0")[:2]
    assert len(first) > 1
    assert second == "11"
