from provisioner.checks import Net, blocked, reaches

EVERYWHERE = ("cameras@ext", "cameras@house", "cameras@depot")


def test_the_cameras_are_for_the_house(net: Net) -> None:
    # First the tickets, at all addresses: a machine that answers at one of them only has closed too much.
    net.expect(
        reaches("outside", "tickets"),
        reaches("tenants", "tickets"),
        reaches("guards", "tickets"),
        reaches("outside", "tickets@house"),
        reaches("tenants", "tickets@ext"),
    )
    net.expect(
        *(blocked("outside", where) for where in EVERYWHERE),
        *(blocked("director", where) for where in EVERYWHERE),
        *(blocked("tenants", where) for where in EVERYWHERE),
        *(reaches("guards", where) for where in EVERYWHERE),
        reaches("machine", "cameras", families=(4, 6)),
        reaches("outside", "tickets"),
        reaches("director", "tickets"),
        reaches("tenants", "tickets"),
    )
