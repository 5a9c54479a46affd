from provisioner.checks import Net, blocked, reaches, strangers, survives

HOUSE = ("guards", strangers("house"))
INTERNET = ("outside", "director", "insurer", strangers("ext"))
DEPOT = ("tenants", strangers("depot"))
EVERYWHERE = ("ext", "house", "depot")


@survives("compose down and up")
def test_the_cameras_are_for_the_house(net: Net) -> None:
    everybody = (*HOUSE, *INTERNET, *DEPOT)
    # First the tickets, at all addresses: a machine that answers at one of them only has closed too much.
    net.expect(
        *(reaches(who, "tickets") for who in everybody),
        *(reaches(who, "tickets@everywhere") for who in ("outside", "tenants")),
    )
    net.expect(
        *(blocked(who, "cameras@everywhere") for who in ("outside", "tenants")),
        *(blocked(who, f"cameras@{network}") for who in ("director", "insurer") for network in EVERYWHERE),
        *(blocked(who, "cameras") for who in (*INTERNET, *DEPOT)),
        *(reaches(who, f"cameras@{network}") for who in HOUSE for network in EVERYWHERE),
        reaches("machine", "cameras", families=(4, 6)),
        *(reaches(who, "tickets") for who in everybody),
    )
