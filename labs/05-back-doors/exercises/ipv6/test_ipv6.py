from provisioner.checks import Net, blocked, reaches, strangers

STRANGERS = tuple(strangers(network) for network in ("ext", "house", "depot"))
EVERYBODY = ("outside", "director", "insurer", "guards", "tenants", *STRANGERS)


def test_the_archive_is_for_the_machine(net: Net) -> None:
    # First the neighbour: on a machine that has lost its IPv6 no question could be asked over it.
    net.expect(*(reaches(who, "tickets") for who in EVERYBODY))
    net.expect(
        *(blocked(who, "archive") for who in EVERYBODY),
        *(reaches("machine", service, families=(4, 6)) for service in ("archive", "tickets")),
        *(reaches(who, "tickets") for who in EVERYBODY),
        *(reaches("outside", f"tickets@{network}") for network in ("house", "depot")),
    )
