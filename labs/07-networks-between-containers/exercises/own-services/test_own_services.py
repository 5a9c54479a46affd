from provisioner.checks import Expectation, Net, after, blocked, reaches, strangers, survives

INTERNET, HOUSE = ("outside", strangers("ext")), ("reception", strangers("lan"))
SOME = ("safe@everywhere", "machine@everywhere:any", "machine@everywhere:any/udp")
CLOSED = (*SOME, "machine@everywhere:any/other", "machine@everywhere:22", "machine@everywhere:7000")
OPEN = ("bell@everywhere", "booking@everywhere", "bank:443", strangers("ext") + ":any/udp")
V6 = {"families": (6,)}


def kept_out(container: str, closed: tuple[str, ...], **families: tuple[int, ...]) -> list[Expectation]:
    controls = [reaches("machine", target.replace("@everywhere", ""), **families) for target in closed]
    return [*controls, *(blocked(container, target, **families) for target in closed)]


@survives("restart of Docker", "compose down and up")
def test_containers_reach_the_bell_and_no_more(net: Net) -> None:
    net.expect(
        *kept_out("container:room1", CLOSED),
        *kept_out("container:nightly", SOME),
        *kept_out("container:guestbook", SOME),
        *kept_out("container:payroll", SOME),
        *kept_out("container:cellar", SOME),
        *kept_out("container:cellar", CLOSED, **V6),
        *(reaches(container, target) for container in ("container:room1", "container:nightly") for target in OPEN),
        *(reaches("container:guestbook", target) for target in ("bell@gateway", "booking@ext")),
        reaches("container:payroll", "bell@gateway"),
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        *(
            reaches("machine", f"container:{name}:{port}")
            for name in ("room1", "payroll", "nightly")
            for port in ("80", "any/udp")
        ),
        reaches("machine", "container:cellar:80", families=(4, 6)),
        *(reaches("machine", service, families=(4, 6)) for service in ("bell", "booking")),
        *(reaches(who, service) for who in (*INTERNET, *HOUSE) for service in ("machine:22", "booking", "room1", "room2")),
        *(reaches(who, service) for who in HOUSE for service in ("bell", "payroll")),
        *(blocked(who, "safe") for who in INTERNET),
    )


@after("start of new containers")
def test_nor_do_tomorrows_containers(net: Net) -> None:
    net.expect(
        *kept_out("container:tomorrow", CLOSED),
        *kept_out("container:tomorrow", CLOSED, **V6),
        *kept_out("container:tonight", SOME),
        *(reaches("container:tomorrow", target, families=(4, 6)) for target in OPEN[:2]),
        *(reaches("container:tonight", target) for target in OPEN),
    )
