from provisioner.checks import Net, blocked, reaches, survives


def test_the_cafe_plays_on(net: Net) -> None:
    """Not asked after a disturbance: a restart of Docker ends all connections, and its player waits."""
    net.expect(reaches("outside", "cafe:7001", families=(4,)))


@survives("restart of Docker")
def test_the_recorder_is_off_the_line(net: Net) -> None:
    net.expect(
        blocked("recorder", "stream"),
        reaches("outside", "recorder:7002", families=(4,)),
        reaches("recorder", "site"),
        reaches("cafe", "stream"),
        reaches("outside", "stream"),
        reaches("outside", "site"),
    )
