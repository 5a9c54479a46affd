from provisioner.checks import Net, after, blocked, reaches, strangers, survives

CELLAR, SOMMELIER = "container:cellar", "container:sommelier"
PROTOCOLS = ("any", "any/udp", "any/other")
OUTSIDE = ("bank:443", "bank:ping", strangers("ext") + ":any", strangers("ext") + ":any/udp", strangers("lan") + ":any")
# Over IPv6 only: over IPv4 the machine's address stands for everybody's, and without ports the kernel confuses them.
OTHER = strangers("ext") + ":any/other"
OWN = ("machine:22", "safe", "booking", *(f"machine:{port}" for port in PROTOCOLS))
TOMORROW = ("7999", "7999/udp")
BELL = ("bell@gateway", "booking@lan", "bank:443")  # what the others go on with


def everywhere(service: str) -> str:
    return service.replace("machine:", "machine@everywhere:") if ":" in service else f"{service}@everywhere"


@survives("restart of Docker", "compose down and up")
def test_the_cellar_speaks_to_the_sommelier_only(net: Net) -> None:
    together = (
        *(reaches(CELLAR, f"{SOMMELIER}:{port}", families=(4, 6)) for port in ("80", *PROTOCOLS)),
        reaches(SOMMELIER, f"{CELLAR}:80", families=(4, 6)),
        *(reaches("machine", f"{container}:80", families=(4, 6)) for container in (CELLAR, SOMMELIER)),
    )
    net.expect(*together)
    net.expect(
        *together,
        *(blocked(CELLAR, target, families=(4, 6)) for target in (*OUTSIDE, *map(everywhere, OWN))),
        *(
            blocked(SOMMELIER, target, families=(4, 6))
            for target in ("bank:443", OUTSIDE[2], "machine@everywhere:any", "bell@everywhere")
        ),
        blocked(CELLAR, OTHER, families=(6,)),
        reaches("machine", OTHER, families=(6,)),
        *(blocked(CELLAR, f"container:{name}:80") for name in ("room1", "nightly")),
        *(reaches("machine", target, families=(4, 6)) for target in (*OUTSIDE, *OWN)),
        *(reaches("machine", f"container:{name}:80") for name in ("room1", "nightly")),
        *(reaches(f"container:{name}", target) for name in ("room1", "guestbook", "nightly") for target in BELL),
        *(reaches(who, service) for who in ("outside", strangers("ext")) for service in ("machine:22", "booking")),
    )


@after("start of new containers")
def test_nor_to_what_is_published_tomorrow(net: Net) -> None:
    net.expect(
        *(blocked(CELLAR, f"machine@everywhere:{port}", families=(4, 6)) for port in TOMORROW),
        blocked(CELLAR, "container:tomorrow:80", families=(4, 6)),
        reaches(CELLAR, f"{SOMMELIER}:80", families=(4, 6)),
        *(reaches("machine", f"machine:{port}", families=(4, 6)) for port in TOMORROW),
        reaches("machine", "container:tomorrow:80", families=(4, 6)),
    )
