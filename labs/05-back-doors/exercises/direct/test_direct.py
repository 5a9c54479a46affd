from provisioner.checks import Net, after, blocked, reaches, strangers, survives

STRANGERS = tuple(strangers(network) for network in ("ext", "house", "depot"))
OUTSIDE = ("outside", "director", "insurer", "guards", "tenants", *STRANGERS)
VAULT = ("container:vault:80", "container:vault:any", "container:vault:any/udp", "container:vault:any/other")
MUSEUM = ("container:counter:5140/udp", *(f"container:{name}:80" for name in ("tickets", "archive", "cameras", "tours")))


@survives("restart of Docker")
def test_containers_are_reached_by_their_ports_only(net: Net) -> None:
    # First what must go on: without its ways out and in, a container is reached by nobody.
    net.expect(
        reaches("container:vault", "insurer:443", families=(4, 6)),
        reaches("container:vault", "insurer:any/udp", families=(4, 6)),
        reaches("container:tickets", "insurer:443"),
        *(reaches(who, "tickets") for who in OUTSIDE),
    )
    net.expect(
        *(blocked(who, "container:vault:80", families=(4, 6)) for who in OUTSIDE),
        *(blocked(who, target, families=(4, 6)) for who in STRANGERS for target in VAULT[1:]),
        *(blocked(who, target) for who in STRANGERS for target in MUSEUM),
        *(blocked(who, "container:vault:any/udp", families=(4, 6)) for who in ("director", "insurer")),
        *(reaches("machine", target, families=(4, 6)) for target in VAULT),
        *(reaches("machine", target) for target in (*MUSEUM, "vault")),
        *(reaches(who, "tickets") for who in OUTSIDE),
        reaches("machine", "tickets", families=(4, 6)),
    )


@after("start of new containers")
def test_new_containers_are_reached_by_their_ports_only(net: Net) -> None:
    net.expect(
        *(blocked(who, f"container:tomorrow:{port}", families=(4, 6)) for who in STRANGERS for port in ("80", "80/udp")),
        *(blocked(who, "container:tonight:80") for who in STRANGERS),
        *(reaches(who, "machine:7999") for who in STRANGERS),
        *(reaches("machine", f"container:tomorrow:{port}", families=(4, 6)) for port in ("80", "80/udp")),
        reaches("machine", "container:tonight:80"),
    )
