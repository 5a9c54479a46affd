from typing import Any

from provisioner.checks import Net, NotYet, blocked, reaches

STRANGERS = ("outside", "insurer", "guards")
# Datagrams that the kernel has handed to a program in the counter's network, whether that has answered or not.
HEARD = r"""
pid=$(/usr/bin/docker inspect --format '{{.State.Pid}}' counter) &&
/usr/bin/nsenter --target "$pid" --net /usr/bin/cat /proc/self/net/snmp
"""
ROUNDS = 3  # a datagram of somebody else's may come by in one of them, hardly in all


def test_the_counter_hears_the_director_only(host: Any, net: Net) -> None:
    net.expect(
        *(blocked(stranger, "counter") for stranger in STRANGERS),
        reaches("director", "counter"),
        reaches("machine", "counter", families=(4, 6)),
        reaches("director", "tours"),
        *(reaches(stranger, "tours") for stranger in STRANGERS),
    )
    if all(_strangers_are_heard(host, net) for _ in range(ROUNDS)):
        raise NotYet(["strangers get no answer from the counter, but what they send comes to its container all the same"])


def _strangers_are_heard(host: Any, net: Net) -> bool:
    before = _heard(host)
    net.observe(*(blocked(stranger, "counter") for stranger in STRANGERS))
    return _heard(host) > before


def _heard(host: Any) -> int:
    names, numbers = (line.split() for line in host.check_output(HEARD).splitlines() if line.startswith("Udp:"))
    return int(numbers[names.index("InDatagrams")])
