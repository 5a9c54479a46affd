from provisioner.checks import Net, blocked, reaches, survives

UNKNOWN = "machine:7070"  # a container that no text names
STRANGERS = ("outside", "guests")


@survives("ufw reload")
def test_the_website_and_nothing_else_is_open(net: Net) -> None:
    net.expect(
        reaches("outside", "website"),
        reaches("owner", "website"),
        reaches("guests", "website"),
        reaches("lobby", "website"),
        reaches("desk", "website"),
        *(blocked(stranger, "ledger") for stranger in STRANGERS),
        *(blocked(stranger, "kitchen") for stranger in STRANGERS),
        *(blocked(stranger, UNKNOWN) for stranger in STRANGERS),
        *(reaches(stranger, "machine:22") for stranger in STRANGERS),
        reaches("owner", "ledger"),
        blocked("owner", "kitchen"),
        reaches("desk", "ledger"),
        reaches("machine", "website"),
        reaches("machine", "ledger"),
        reaches("machine", "kitchen"),
        reaches("machine", UNKNOWN),
        reaches("container:website", "agency:443"),
        reaches("container:kitchen", "printer:9100"),
    )
