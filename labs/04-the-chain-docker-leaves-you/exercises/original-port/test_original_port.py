from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY = strangers("ext")


@survives("restart of Docker", "compose down and up")
def test_the_mixing_desk_is_for_the_machine(net: Net) -> None:
    net.expect(
        *(blocked(who, "mixer@everywhere") for who in ("outside", "east")),
        blocked(ANYBODY, "mixer"),
        reaches("machine", "mixer"),
        reaches("container:news", "container:mixer:80"),
        *(reaches("container:news", f"{who}:80", families=(4, 6)) for who in ("agency", ANYBODY)),
        *(reaches(who, service) for who in ("outside", ANYBODY) for service in ("site", "stream")),
        reaches("east", "archive"),
    )
    for family in (4, 6):  # one allowance for all callers and both, which others have used up, is right
        net.expect_at_last(reaches("outside", "archive", families=(family,)))
