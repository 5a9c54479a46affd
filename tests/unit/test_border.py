"""A negative verdict counts only if its packet was seen at the machine's own card. Each cheat is done by root in the machine,
to what stands for the outside; each right solution stops the packet in the machine itself."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.checks import Net, blocked, reaches
from provisioner.checks.idle import IdleWait
from provisioner.checks.observation import Observation
from provisioner.checks.probe_client import Prober
from provisioner.content.manifest import Manifest, Service
from provisioner.core.outcome import CannotTell, NotYet
from provisioner.seats.seat import Seat

from .networks import NONCE, Networks, make_manifest

LOST, ANSWER_LOST = "the packet did not reach the machine", "the machine answered, and the answer was lost outside"
SHOP = "tcp dport 8080"


@pytest.fixture
def manifest(networks: Networks) -> Manifest:
    services = {"shop": Service(8080, "a shop"), "cache": Service(8082, "a cache"), "name": Service(53, "names", proto="udp")}
    return make_manifest(networks, services)


@pytest.fixture
def net(reached: Networks, manifest: Manifest, seat: Seat) -> Iterator[Net]:
    with Prober(seat) as prober:
        yield Net(manifest, NONCE, prober, idle_wait=IdleWait(patience=0), explain=False)


@contextmanager
def rules(
    namespace: str, family: str, hook: str, rule: str, *, kind: str = "filter", priority: int = 0, name: str = "cheat"
) -> Iterator[None]:
    if not shutil.which("nft"):
        pytest.skip("nft is not here")
    at = f"type {kind} hook {hook} priority {priority}"
    nft(namespace, f"table {family} {name} {{ chain c {{ {at}; {rule}; }}; }}")
    try:
        yield
    finally:
        nft(namespace, f"delete table {family} {name}")


def nft(namespace: str, text: str) -> None:
    subprocess.run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], input=text, text=True, check=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def serving(namespace: str, port: int, said: str) -> Iterator[None]:
    program = f"""
import socket
server = socket.create_server(("", {port}))
print("listening", flush=True)
while True:
    caller, _ = server.accept()
    caller.recv(4096)
    caller.sendall(b"{said}\\n")
    caller.close()
"""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout
        assert server.stdout.readline() == b"listening\n"
        try:
            yield
        finally:
            server.kill()


def judged(net: Net, outside: str, ports: Sequence[int]) -> list[Observation]:
    """All at once, over both families, because each silence takes its time."""
    return net.observe(*(blocked(outside, f"machine:{port}") for port in ports))


CHEATS = [
    ("outside", "inet", "output", "tcp dport {} drop", LOST),
    ("outside", "inet", "output", "tcp dport {} reject with tcp reset", LOST),
    ("outside", "inet", "output", "tcp dport {} reject", LOST),
    ("outside", "inet", "input", "tcp sport {} drop", ANSWER_LOST),
    ("switch", "bridge", "forward", "tcp dport {} drop", LOST),
    ("switch", "bridge", "forward", "tcp sport {} drop", ANSWER_LOST),
    ("switch", "bridge", "prerouting", "tcp dport {} ether daddr set 02:00:00:00:00:01", LOST),  # it comes, for nobody
]


@pytest.mark.slow
def test_rules_outside_of_the_machine_are_no_solution(net: Net, networks: Networks) -> None:
    with ExitStack() as stack:
        for port, (where, table, hook, rule, _) in enumerate(CHEATS, start=8101):
            stack.enter_context(rules(getattr(networks, where), table, hook, rule.format(port), name=f"cheat{port}"))
        seen = judged(net, networks.outside, range(8101, 8101 + len(CHEATS)))
    assert len(seen) == 2 * len(CHEATS)
    for o in seen:
        *_, sentence = CHEATS[o.probe.port - 8101]
        assert not o.good
        told = f"{sentence}: somebody has changed the outside (namespace {networks.outside} or switch-ext)"
        assert told in str(o)


SOLUTIONS = [
    ("netdev", "ingress device ext0", "tcp dport {} drop", 0),
    ("inet", "prerouting", "tcp dport {} drop", -300),
    ("inet", "prerouting", "tcp dport {} drop", -150),
    ("inet", "input", "tcp dport {} drop", 0),
    ("inet", "input", "tcp dport {} reject with tcp reset", 0),
    ("inet", "input", "tcp dport {} reject", 0),
    ("inet", "output", "tcp sport {} drop", 0),
]


@pytest.mark.slow
def test_what_the_machine_itself_stops_is_a_solution(net: Net, networks: Networks) -> None:
    with ExitStack() as stack:
        for port, (table, hook, rule, priority) in enumerate(SOLUTIONS, start=8101):
            stack.enter_context(rules(networks.box, table, hook, rule.format(port), priority=priority, name=f"right{port}"))
        seen = judged(net, networks.outside, range(8101, 8101 + len(SOLUTIONS)))
    assert [str(o) for o in seen if not o.good or o.result.border] == []


def test_a_negative_that_never_came_is_not_yet(net: Net, networks: Networks) -> None:
    out = networks.outside
    with rules(out, "inet", "output", f"{SHOP} reject with tcp reset"), pytest.raises(NotYet) as failed:
        net.expect(blocked(out, "shop"), reaches(out, "machine:22"), reaches("machine", "shop"))
    (line,) = failed.value.lines
    assert f"to 198.51.100.1:8080/tcp, [2001:db8:51::1]:8080/tcp: refused (connection refused), but {LOST}" in line


def test_datagrams_are_seen_as_well(net: Net, networks: Networks) -> None:
    for namespace, hook, good in ((networks.outside, "output", False), (networks.box, "input", True)):
        with rules(namespace, "inet", hook, "udp dport 53 reject"):
            seen = net.observe(blocked(networks.outside, "name"))
        assert [o.good for o in seen] == [good, good]


@pytest.mark.parametrize("family", ["-4", "-6"])
def test_neither_is_a_route_that_is_prohibited_there(net: Net, networks: Networks, family: str) -> None:
    rule = (family, "-n", networks.outside, "rule")
    ip(*rule, "add", "ipproto", "tcp", "dport", "8080", "prohibit")
    try:
        with pytest.raises(NotYet, match=LOST):
            net.expect(
                blocked(networks.outside, "shop", families=(4,) if family == "-4" else (6,)),
                reaches(networks.outside, "machine:22"), reaches("machine", "shop"),
            )  # fmt: skip
    finally:
        ip(*rule, "del", "ipproto", "tcp", "dport", "8080", "prohibit")


@contextmanager
def another(networks: Networks, address: str, port: str) -> Iterator[str]:
    """Another namespace over the zone's, plugged into the same switch."""
    name = f"{networks.outside}-{port}"
    ip("netns", "add", name)
    ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", networks.switch)
    for there, words in (
        (networks.switch, f"link set {port} master ext up"), (networks.switch, "link set outside down"),
        (name, f"addr add {address}/24 dev eth0"), (name, "link set eth0 up"),
    ):  # fmt: skip
        ip("-n", there, *words.split())
    subprocess.run(["mount", "--bind", f"/run/netns/{name}", f"/run/netns/{networks.outside}"], check=True)
    try:
        yield name
    finally:
        subprocess.run(["umount", f"/run/netns/{networks.outside}"], check=True)
        ip("-n", networks.switch, "link", "del", port)
        ip("netns", "del", name)
        ip("-n", networks.switch, "link", "set", "outside", "up")
        ip("-n", networks.box, "neigh", "flush", "all")  # which knows the other's card by the zone's address


@pytest.mark.parametrize("address", ["198.51.100.10", "198.51.100.66"])
@pytest.mark.slow
def test_neither_is_another_namespace_in_the_zones_place(net: Net, networks: Networks, address: str) -> None:
    """With rules of its own; or with another address, which the machine does not let in."""
    out = networks.outside
    with (
        another(networks, address, f"port{address[-2:]}") as name,
        rules(name, "inet", "output", f"ip saddr 198.51.100.10 {SHOP} reject with tcp reset"),
        rules(networks.box, "inet", "input", f"ip saddr 198.51.100.66 {SHOP} reject"), pytest.raises(NotYet, match=LOST),
    ):  # fmt: skip
        net.expect(blocked(out, "shop", families=(4,)), reaches(out, "machine:22", families=(4,)), reaches("machine", "shop"))


def test_a_zone_that_answers_itself_has_not_reached_the_machine(net: Net, networks: Networks) -> None:
    out = networks.outside
    with (
        serving(out, 8090, f"cache {NONCE}"),
        rules(out, "inet", "output", "tcp dport 8082 redirect to :8090", kind="nat", priority=-100),
        pytest.raises(NotYet, match=f"answered “cache {NONCE}”, but {LOST}"),
    ):
        net.expect(reaches(out, "cache", families=(4,)))


@pytest.mark.slow
def test_a_packet_to_a_zone_has_to_be_stopped_in_the_machine(net: Net, networks: Networks) -> None:
    out, ports = networks.outside, (80, 81, 82)
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(serving(out, port, f"{out} {NONCE}"))
        stack.enter_context(rules(out, "inet", "input", "tcp dport 80 reject with tcp reset"))
        stack.enter_context(rules(networks.box, "inet", "output", "tcp dport 81 reject with tcp reset"))
        stack.enter_context(rules(networks.box, "inet", "input", "tcp sport 82 drop", name="right"))
        seen = net.observe(*(blocked("machine", f"{out}:{port}", families=(4,)) for port in ports))
    assert [o.good for o in seen] == [False, True, True], "\n".join(map(str, seen))
    assert "the packet left the machine, and was lost outside: somebody has changed the outside" in str(seen[0])


@pytest.mark.slow
def test_what_cannot_be_watched_is_cannot_tell(
    net: Net, networks: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not here")
    ssh = tmp_path / "bin" / "ssh"  # as `reached`, without the right to packet sockets
    ssh.write_text(ssh.read_text().replace("sh -c", "setpriv --bounding-set -net_raw sh -c"))
    with rules(networks.box, "inet", "input", f"iifname ext0 {SHOP} reject"):
        with pytest.raises(CannotTell, match="its way could not be watched: Operation not permitted"):
            net.expect(blocked(networks.outside, "shop"), reaches(networks.outside, "machine:22"), reaches("machine", "shop"))
        net.expect(reaches(networks.outside, "machine:22"))  # what is open is seen all the same


def test_a_service_that_is_only_on_loopback_is_refused_by_the_machine(net: Net, networks: Networks, manifest: Manifest) -> None:
    net.addressing.manifest = replace(manifest, services={"stats": Service(8081, "statistics")})
    net.expect(blocked(networks.outside, "stats"), reaches(networks.outside, "machine:22"), reaches("machine", "stats"))
