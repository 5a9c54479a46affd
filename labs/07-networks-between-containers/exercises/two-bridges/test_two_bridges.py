from typing import Literal

from provisioner.checks import Expectation, Net, after, blocked, reaches, strangers, survives

OWN = ("container:payroll:80", "container:payroll:any", "container:payroll:any/udp")


def shut_out(container: str, *families: Literal[4, 6]) -> list[Expectation]:
    return [
        *(blocked(container, own) for own in OWN),
        *(reaches("machine", own) for own in OWN),
        blocked(container, "payroll@everywhere", families=families),
        reaches("machine", "payroll"),
    ]


def goes_on(container: str, *families: Literal[4, 6]) -> list[Expectation]:
    return [reaches(container, f"booking@{where}", families=families) for where in ("ext", "gateway")]


@survives("restart of Docker", "compose down and up")
def test_the_payroll_is_for_the_reception(net: Net) -> None:
    # First those who may: a service that is gone is not protected.
    may = (
        reaches("reception", "payroll"),
        reaches("machine", "payroll", families=(4, 6)),
        reaches("container:payroll", "bank:443"),
    )
    net.expect(*may)
    for_all = ("container:room1", "container:guestbook", "container:booking", "container:nightly")
    net.expect(
        *may,
        *(sentence for container in for_all for sentence in (*shut_out(container, 4), *goes_on(container, 4))),
        *shut_out("container:cellar", 4, 6),
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        *(blocked(who, "payroll") for who in ("outside", "bank", strangers("ext"))),
        *(reaches(who, "booking") for who in ("outside", "bank", "reception", strangers("ext"))),
        reaches("container:nightly", "bank:443"),
    )


@after("start of new containers")
def test_nor_is_it_for_tomorrows_containers(net: Net) -> None:
    net.expect(*shut_out("container:tomorrow", 4, 6), *goes_on("container:tomorrow", 4, 6))
    net.expect(*shut_out("container:tonight", 4), *goes_on("container:tonight", 4))
