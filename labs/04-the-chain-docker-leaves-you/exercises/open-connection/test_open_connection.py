from provisioner.checks import Net, blocked, reaches, strangers, survives

OTHERS = strangers("ext", beside="recorder")  # its next neighbours among them


def test_the_cafe_plays_on(net: Net) -> None:
    """Not asked after a disturbance: a restart of Docker ends all connections, and its player waits."""
    net.expect(reaches("outside", "cafe:7001", families=(4,)))


@survives("restart of Docker", "compose down and up")
def test_the_recorder_is_off_the_line(net: Net) -> None:
    net.expect(
        blocked("recorder", "stream@everywhere"),
        reaches("outside", "recorder:7002", families=(4,)),
        *(reaches("recorder", service) for service in ("site", "site@everywhere")),
        reaches("cafe", "stream"),
        *(reaches(who, service) for who in ("outside", OTHERS) for service in ("stream", "site")),
    )
