from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_worker_reaches_the_bank(net: Net) -> None:
    net.expect(
        reaches("container:worker", "payments:80"),
        reaches("machine", "payments:80"),
        reaches("outside", "shop"),
        blocked("outside", "stats"),
        reaches("machine", "stats"),
    )
