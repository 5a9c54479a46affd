from provisioner.checks import Net, blocked, reaches


def test_closed_but_not_locked_out(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        reaches("machine", "backup"),
        reaches("outside", "machine:22"),
        reaches("admin", "machine:22"),
        reaches("outside", "shop"),
    )
