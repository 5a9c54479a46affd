from provisioner.checks import Net, blocked, reaches, survives

STRANGERS = ("outside", "guards", "tenants")


@survives("restart of Docker")
def test_containers_are_reached_by_their_ports_only(net: Net) -> None:
    # First what must go on: without its ways out and in, a container is reached by nobody.
    net.expect(
        reaches("container:vault", "insurer:443", families=(4, 6)),
        reaches("container:tickets", "insurer:443"),
        *(reaches(stranger, "tickets") for stranger in STRANGERS),
    )
    net.expect(
        *(blocked(stranger, "container:vault:80", families=(4, 6)) for stranger in STRANGERS),
        *(blocked(stranger, "container:tickets:80") for stranger in STRANGERS),
        *(blocked(stranger, "container:archive:80") for stranger in STRANGERS),
        *(blocked(stranger, "container:counter:5140/udp") for stranger in STRANGERS),
        *(reaches(stranger, "tickets") for stranger in STRANGERS),
        reaches("machine", "container:vault:80", families=(4, 6)),
        reaches("machine", "container:tickets:80"),
        reaches("machine", "container:archive:80"),
        reaches("machine", "container:counter:5140/udp"),
        reaches("machine", "vault"),
        reaches("machine", "tickets", families=(4, 6)),
    )
