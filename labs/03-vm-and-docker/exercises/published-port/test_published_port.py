from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_statistics_are_for_the_machine(net: Net) -> None:
    net.expect(
        blocked("outside", "stats"),
        blocked("admin", "stats"),
        reaches("machine", "stats"),
        reaches("outside", "shop"),
        reaches("admin", "shop"),
    )
