from typing import Any

from provisioner.checks import Net, NotYet, blocked, reaches, strangers, survives

STRANGERS = (strangers("ext", beside="director"), strangers("house"), strangers("depot"))
OTHERS = ("outside", "insurer", "guards", "tenants", *STRANGERS)
# Datagrams that the kernel has handed to a program in the counter's network, whether that has answered or not.
HEARD = r"""
pid=$(/usr/bin/docker inspect --format '{{.State.Pid}}' counter) &&
/usr/bin/nsenter --target "$pid" --net /usr/bin/cat /proc/self/net/snmp
"""
ROUNDS = 2  # a datagram of the director's may come by in one of them, hardly in both


@survives("compose down and up")
def test_the_counter_hears_the_director_only(host: Any, net: Net) -> None:
    net.expect(
        *(blocked(who, "counter") for who in OTHERS),
        reaches("director", "counter"),
        reaches("machine", "counter", families=(4, 6)),
        *(reaches(who, "tours") for who in ("director", *OTHERS)),
    )
    if all(_others_are_heard(host, net) for _ in range(ROUNDS)):
        raise NotYet(["others get no answer from the counter, but what they send comes to its container all the same"])


def _others_are_heard(host: Any, net: Net) -> bool:
    """Not only what is asked now: somebody on the internet has been sending since before the lab began."""
    before = _heard(host)
    net.observe(*(blocked(who, "counter") for who in OTHERS))
    return _heard(host) > before


def _heard(host: Any) -> int:
    names, numbers = (line.split() for line in host.check_output(HEARD).splitlines() if line.startswith("Udp:"))
    return int(numbers[names.index("InDatagrams")])
