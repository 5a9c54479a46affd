from provisioner.checks import Net, blocked, reaches


def test_the_backup_is_for_the_machine(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        reaches("machine", "backup"),
        reaches("outside", "shop"),
    )
