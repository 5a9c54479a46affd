from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_worker_reaches_the_bank(net: Net) -> None:
    net.expect(
        reaches("container:worker", "payments:80"),
        reaches("machine", "payments:80"),
        reaches("machine", "container:worker:80"),  # it still has a network of its own
        blocked("outside", "stats"),
        blocked("outside", "panel"),
        reaches("machine", "stats"),
        reaches("admin", "panel"),
        reaches("outside", "shop"),
    )
