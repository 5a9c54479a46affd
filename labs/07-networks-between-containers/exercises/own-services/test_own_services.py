from typing import Literal

from provisioner.checks import Expectation, Net, after, blocked, reaches, strangers, survives

INTERNET, HOUSE = ("outside", strangers("ext")), ("reception", strangers("lan"))
UNKNOWN = ("machine:7000", "machine:any", "machine:any/udp", "machine:any/other")  # only who is closed by default has closed it
CALLED = ("bank:443", strangers("ext") + ":any", strangers("ext") + ":any/udp")


def everywhere(service: str) -> str:
    return service.replace("machine:", "machine@everywhere:") if ":" in service else f"{service}@everywhere"


def kept_out(
    container: str, *families: Literal[4, 6], of: tuple[str, ...] = ("safe", "machine:22", *UNKNOWN)
) -> list[Expectation]:
    return [
        *(blocked(container, everywhere(service), families=families) for service in of),
        *(reaches("machine", service, families=families) for service in of),
    ]


def served(container: str, *families: Literal[4, 6]) -> list[Expectation]:
    return [reaches(container, target, families=families) for target in ("bell@everywhere", "booking@everywhere", *CALLED)]


@survives("restart of Docker", "compose down and up")
def test_containers_reach_the_bell_and_no_more(net: Net) -> None:
    net.expect(
        *(
            sentence
            for name in ("room1", "nightly")
            for sentence in (*kept_out(f"container:{name}", 4), *served(f"container:{name}", 4))
        ),
        *kept_out("container:guestbook", 4, of=("safe", "machine:any")),
        *kept_out("container:payroll", 4, of=("safe", "machine:any")),
        *served("container:guestbook", 4),
        *kept_out("container:cellar", 4, 6),
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        reaches("container:payroll", "bank:443"),
        *(reaches("machine", f"container:{name}:80") for name in ("room1", "payroll", "nightly")),
        reaches("machine", "container:cellar:80", families=(4, 6)),
        *(reaches("machine", service, families=(4, 6)) for service in ("bell", "booking")),
        *(reaches(who, service) for who in (*INTERNET, *HOUSE) for service in ("machine:22", "booking", "room1", "room2")),
        *(reaches(who, service) for who in HOUSE for service in ("bell", "payroll")),
        *(blocked(who, "safe") for who in INTERNET),
    )


@after("start of new containers")
def test_nor_do_tomorrows_containers(net: Net) -> None:
    net.expect(*kept_out("container:tomorrow", 4, 6), *served("container:tomorrow", 4, 6))
    net.expect(*kept_out("container:tonight", 4), *served("container:tonight", 4))
