from provisioner.checks import Net, blocked, reaches, strangers, survives

OTHERS = strangers("ext")


@survives("restart of Docker", "restart of the containers")
def test_the_worker_reaches_the_bank(net: Net) -> None:
    net.expect(
        reaches("container:worker", "payments:80"),
        reaches("machine", "payments:80"),
        reaches("machine", "container:worker:80"),  # it still has a network of its own,
        reaches("container:shop", "container:worker:80"),  # and the others are in it
        *(blocked(who, service) for who in ("outside", OTHERS) for service in ("stats", "panel")),
        reaches("machine", "stats"),
        reaches("admin", "panel"),
        *(reaches(who, "shop") for who in ("outside", OTHERS)),
    )
