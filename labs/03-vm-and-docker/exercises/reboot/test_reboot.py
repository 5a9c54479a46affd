from provisioner.checks import Net, blocked, reaches, survives


@survives("reboot")
def test_all_of_it_holds(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        blocked("outside", "machine:7000"),  # the default of the firewall, too
        blocked("outside", "stats"),
        blocked("admin", "stats"),
        blocked("outside", "cache"),
        blocked("admin", "cache"),
        blocked("outside", "panel"),
        blocked("payments", "panel"),
        reaches("admin", "panel"),
        reaches("admin", "machine:22"),
        reaches("outside", "machine:22"),
        reaches("outside", "shop"),
        reaches("admin", "shop"),
        reaches("payments", "shop"),
        reaches("machine", "backup"),
        reaches("machine", "machine:7000"),
        reaches("machine", "stats"),
        reaches("machine", "cache"),
        reaches("machine", "panel"),
        reaches("container:worker", "payments:80"),
    )
