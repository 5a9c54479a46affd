from provisioner.checks import Net, blocked, reaches, survives


@survives("reboot")
def test_all_of_it_holds(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        blocked("outside", "stats"),
        blocked("admin", "stats"),
        blocked("outside", "cache"),
        blocked("outside", "panel"),
        reaches("admin", "panel"),
        reaches("admin", "machine:22"),
        reaches("outside", "machine:22"),
        reaches("outside", "shop"),
        reaches("admin", "shop"),
        reaches("machine", "backup"),
        reaches("machine", "stats"),
        reaches("machine", "cache"),
        reaches("container:worker", "payments:80"),
    )
