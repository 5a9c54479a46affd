from provisioner.checks import Net, blocked, reaches

UNKNOWN = "machine:7000"  # no text names it: only a firewall that is closed by default closes it


def test_closed_but_not_locked_out(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        blocked("outside", UNKNOWN),
        reaches("machine", "backup"),
        reaches("machine", UNKNOWN),
        reaches("outside", "machine:22"),
        reaches("admin", "machine:22"),
        reaches("outside", "shop"),
        reaches("admin", "shop"),
    )
