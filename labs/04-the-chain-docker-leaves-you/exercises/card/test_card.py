from provisioner.checks import Net, blocked, reaches, survives

HOUSE = ("tenants", "library")
SERVICES = ("site", "stream", "mixer", "archive")


@survives("restart of Docker")
def test_the_house_is_called_and_does_not_call(net: Net) -> None:
    net.expect(
        *(blocked(who, service) for who in HOUSE for service in SERVICES),
        blocked("tenants", "site@ext"),  # the machine's other address, asked through the same card
        *(reaches(who, "machine:22") for who in HOUSE),
        reaches("container:news", "library:80", families=(4, 6)),
        reaches("container:news", "agency:80", families=(4, 6)),
        *(reaches("outside", service) for service in ("site", "stream")),
        reaches("east", "archive"),
        reaches("machine", "mixer"),
    )
    net.expect_at_last(reaches("outside", "archive"))  # one allowance for all callers, which others have used up, is right
