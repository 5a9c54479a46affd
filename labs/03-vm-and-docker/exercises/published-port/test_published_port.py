from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY = strangers("ext")


@survives("restart of Docker", "compose down and up")
def test_statistics_are_for_the_machine(net: Net) -> None:
    net.expect(
        *(blocked(who, "stats") for who in ("outside", "admin", ANYBODY)),
        reaches("machine", "stats"),
        *(reaches(who, "shop") for who in ("outside", "admin", ANYBODY)),
    )
