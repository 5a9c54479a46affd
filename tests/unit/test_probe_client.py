import time
from ipaddress import ip_address

import pytest

from provisioner.checks import probe_client
from provisioner.checks.probe import Probe, Result
from provisioner.checks.probe_client import Prober
from provisioner.core.errors import MachineError
from provisioner.guest.prober import vantage
from provisioner.seats.seat import Seat

from .networks import NONCE, Networks


def verdicts(seat: Seat, *probes: Probe) -> list[str]:
    with Prober(seat) as prober:
        return [result.verdict for result in prober.send(list(probes))]


@pytest.mark.slow
def test_tells_apart_what_becomes_of_packets(reached: Networks, seat: Seat) -> None:
    out = reached.outside
    expected = {
        Probe(out, "198.51.100.1", 8080): "open",
        Probe(out, "2001:db8:51::1", 8080, 6): "open",
        Probe(out, "198.51.100.1", 53, proto="udp"): "open",
        Probe(out, "2001:db8:51::1", 53, 6, "udp"): "open",
        Probe(out, "198.51.100.1", 8081): "refused",  # its server listens on the machine's loopback only
        Probe(out, "2001:db8:51::1", 8081, 6): "refused",
        Probe(out, "198.51.100.1", 54, proto="udp"): "refused",
        Probe(out, "2001:db8:51::1", 54, 6, "udp"): "refused",
        Probe(out, "203.0.113.1", 80): "filtered",
        Probe(out, "2001:db8:1::1", 80, 6): "filtered",
        Probe(out, "203.0.113.1", 53, proto="udp"): "filtered",
        Probe(out, "2001:db8:1::1", 53, 6, "udp"): "filtered",
        Probe(out, "203.0.113.65", 80): "unreachable",
        Probe(out, "2001:db8:2::1", 80, 6): "unreachable",
        Probe(out, "203.0.113.129", 80): "unreachable",
        Probe(out, "2001:db8:3::1", 80, 6): "unreachable",
        Probe(out, "203.0.113.129", 53, proto="udp"): "unreachable",
        Probe(out, "2001:db8:3::1", 53, 6, "udp"): "unreachable",
        Probe(out, "192.0.2.1", 80): "broken",  # no route leads there: says nothing about the machine
        Probe(out, "2001:db8:ffff::1", 80, 6): "broken",
        Probe(out, "192.0.2.1", 53, proto="udp"): "broken",
        Probe("nowhere", "198.51.100.1", 8080): "broken",
        Probe("machine", "127.0.0.1", 8081): "open",
    }
    assert dict(zip(expected, verdicts(seat, *expected), strict=True)) == expected


def test_open_carries_the_answer(reached: Networks, seat: Seat) -> None:
    out = reached.outside
    with Prober(seat) as prober:
        shop, ssh, name = prober.send(
            [Probe(out, "198.51.100.1", 8080), Probe(out, "198.51.100.1", 22), Probe(out, "2001:db8:51::1", 53, 6, "udp")]
        )
    assert shop.answer == f"shop {NONCE}"
    assert ssh.answer == "SSH-2.0-test"
    assert name.answer == f"name {NONCE}"
    assert str(shop) == f"open, answered “shop {NONCE}”"


@pytest.mark.slow
def test_probes_go_side_by_side(reached: Networks, seat: Seat) -> None:
    silent = Probe(reached.outside, "198.51.100.1", 9)  # accepts, and then says nothing
    with Prober(seat) as prober:
        prober.idle(0.1)  # the channel is open
        began = time.monotonic()
        results = prober.send([silent, *(Probe(reached.outside, f"203.0.113.{n}", 80) for n in range(1, 41))])
        elapsed = time.monotonic() - began
    assert (results[0].verdict, results[0].answer) == ("open", "")
    assert "said nothing" in results[0].detail
    assert {r.verdict for r in results[1:]} == {"filtered"}
    # One after the other they would take all of their times together; on a busy host the silent one takes half a minute alone.
    assert sum(r.ms for r in results) > 2000 * elapsed


def test_a_container_that_is_not_there_is_absent(reached: Networks, seat: Seat) -> None:
    wanted = Probe(f"container:{NONCE}", "198.51.100.1", 8080), Probe("machine", f"container:{NONCE}", 80)
    assert verdicts(seat, *wanted) == ["absent", "absent"]


def test_a_gateway_is_found_among_the_machines_own_addresses() -> None:
    own = {family: vantage.list_own_addresses(family) for family in (4, 6)}
    assert "127.0.0.1" in own[4]
    assert all(ip_address(address).version == family for family in own for address in own[family])
    assert vantage.select_within(["127.0.0.9/8"], ["192.0.2.1", *own[4]])[0].startswith("127.")
    assert vantage.select_within(["2001:db8:7::2/64"], ["2001:db8:7::1", "2001:db8:8::1"]) == ["2001:db8:7::1"]


def test_a_gateway_of_a_container_that_is_not_there(reached: Networks, seat: Seat) -> None:
    assert verdicts(seat, Probe(f"container:{NONCE}", "gateway", 22)) == ["absent"]


def test_goes_on_after_its_channel_was_closed(reached: Networks, seat: Seat) -> None:
    probe = Probe(reached.outside, "198.51.100.1", 8080)
    with Prober(seat) as prober:
        for _ in range(2):
            assert prober.send([probe])[0].verdict == "open"
            prober.close()


def test_a_machine_that_is_not_there_is_an_error_of_the_tool(seat: Seat) -> None:
    from provisioner.core.files import free_port
    from provisioner.seats import ssh

    ssh.configure(seat, "127.0.0.1", free_port())
    with Prober(seat) as prober, pytest.raises(MachineError) as error:
        prober.send([Probe("machine", "127.0.0.1", 80)])
    assert "refused" in error.value.evidence


@pytest.mark.parametrize(
    ("probe", "shown"),
    [
        (Probe("outside", "198.51.100.1", 80), "from outside to 198.51.100.1:80/tcp"),
        (Probe("admin", "2001:db8::1", 53, 6, "udp"), "from admin to [2001:db8::1]:53/udp"),
        (Probe("outside", "container:shop", 80, 6), "from outside to container:shop:80/tcp"),
        (Probe("container:shop", "gateway", 22, 6), "from container:shop to gateway:22/tcp"),
    ],
)
def test_probes_are_readable(probe: Probe, shown: str) -> None:
    assert str(probe) == shown


def test_results_are_readable() -> None:
    assert str(Result("filtered", "", "no answer", 2000)) == "filtered (no answer)"
    assert str(Result("open", "", "accepted", 3)) == "open, accepted"


def test_how_much_rest_the_machine_had(reached: Networks, seat: Seat) -> None:
    with Prober(seat) as prober:
        prober.idle(0.0)
        share, seconds = prober.idle(0.2)
    assert 0.0 <= share <= 1.0
    assert seconds >= 0.2


def test_the_program_fits_into_a_pipe() -> None:
    """Else it would wait for a machine that reads nothing, and never hear what that says."""
    assert len(probe_client._pack(probe_client._sources())) < 1 << 16
