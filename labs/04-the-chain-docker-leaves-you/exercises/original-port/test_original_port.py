from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_mixing_desk_is_for_the_machine(net: Net) -> None:
    net.expect(
        blocked("outside", "mixer"),
        blocked("east", "mixer"),
        reaches("machine", "mixer"),
        reaches("container:news", "container:mixer:80"),
        reaches("container:news", "agency:80", families=(4, 6)),
        *(reaches("outside", service) for service in ("site", "stream")),
        reaches("east", "archive"),
    )
    net.expect_at_last(reaches("outside", "archive"))  # one allowance for all callers, which others have used up, is right
