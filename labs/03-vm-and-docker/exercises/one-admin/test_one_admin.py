from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_panel_is_the_administrators(net: Net) -> None:
    net.expect(
        reaches("admin", "panel"),
        blocked("outside", "panel"),
        blocked("payments", "panel"),
        reaches("machine", "panel"),
        reaches("outside", "shop"),
        reaches("payments", "shop"),
        reaches("admin", "shop"),
    )
