from provisioner.checks import Net, after, blocked, reaches, strangers, survives

ANYBODY = strangers("house")  # who rents a room tomorrow
HOUSE = ("tenants", "library", ANYBODY)
SERVICES = ("site", "stream", "mixer", "archive")


@survives("restart of Docker")
def test_the_house_is_called_and_does_not_call(net: Net) -> None:
    containers = [*(f"container:{name}:80" for name in (*SERVICES, "news")), "container:site:any/udp", "container:news:any"]
    net.expect(
        *(blocked(who, service) for who in HOUSE for service in SERVICES),
        *(blocked(who, "site@everywhere") for who in ("tenants", "library")),
        *(blocked(ANYBODY, container, families=(4, 6)) for container in containers),
        *(reaches(who, "machine:22") for who in HOUSE),
        *(reaches("container:news", target, families=(4, 6)) for target in ("library:80", "agency:80")),
        *(reaches("container:news", f"{ANYBODY}:{port}", families=(4, 6)) for port in ("any", "any/udp")),
        *(reaches(who, service) for who in ("outside", strangers("ext")) for service in ("site", "stream")),
        reaches("outside", "site@house"),
        reaches("east", "archive"),
        *(reaches("machine", target) for target in ("mixer", *containers)),
    )
    for family in (4, 6):  # one allowance for all callers and both, which others have used up, is right
        net.expect_at_last(reaches("outside", "archive", families=(family,)))


@after("start of new containers")
def test_the_house_does_not_call_new_containers(net: Net) -> None:
    net.expect(
        *(blocked(ANYBODY, f"machine:{port}") for port in ("7999", "7999/udp")),
        *(blocked(ANYBODY, f"container:{name}:80") for name in ("tomorrow", "tonight")),
        reaches(ANYBODY, "machine:22"),
        *(reaches("machine", f"container:{name}:80") for name in ("tomorrow", "tonight")),
        *(reaches("outside", f"machine:{port}") for port in ("7999", "7999/udp")),
        *(reaches(f"container:{name}", "library:80") for name in ("tomorrow", "tonight")),
    )
