from provisioner.checks import Expectation, Net, after, blocked, reaches, strangers, survives

CALLERS = ("guestbook", "room1", "room2", "payroll", "nightly")
OTHERS = (*CALLERS, "cellar")  # which may have nobody to call: exercise 5
ANYBODY = (strangers("ext"), strangers("lan"))
PORTS = tuple(f"container:register:{port}" for port in ("80", "any", "any/udp", "any/other", "ping"))


def for_the_booking(*others: str) -> list[Expectation]:
    return [
        reaches("container:booking", "container:register:80"),
        *(
            blocked(other, "container:register:80", families=(4, 6)) for other in others
        ),  # it has one, until somebody adds the other
        *(reaches("machine", port) for port in PORTS),
    ]


@survives("restart of Docker", "compose down and up")
def test_the_register_is_for_the_booking(net: Net) -> None:
    goes_on = (
        *(reaches(who, "booking") for who in ("outside", "reception", *ANYBODY)),
        *(reaches(f"container:{name}", "bank:443") for name in ("booking", *CALLERS)),
        reaches("container:cellar", "container:sommelier:80"),
        reaches("container:booking", "container:guestbook:80"),
        reaches("container:guestbook", "container:booking:80"),
    )
    net.expect(*goes_on)  # first: a service that is gone is not protected
    net.expect(
        *for_the_booking("outside", "reception", *ANYBODY, *(f"container:{name}" for name in OTHERS)),
        *(blocked("container:guestbook", port, families=(4, 6)) for port in PORTS),
        *goes_on,
    )


@after("start of new containers")
def test_nor_is_it_for_tomorrows_containers(net: Net) -> None:
    new = ("container:tomorrow", "container:tonight")
    net.expect(*for_the_booking(*new), *(reaches(container, "bank:443") for container in new))
