from provisioner.checks import Net, blocked, reaches, survives

UNKNOWN = "machine:7070"  # a container that no text names
GUESTS = ("guests", "lobby")


@survives("ufw reload")
def test_a_private_address_opens_no_door(net: Net) -> None:
    # First what the rules about private addresses were good for: they must not just be gone.
    net.expect(
        reaches("container:kitchen", "printer:9100"),
        reaches("container:website", "container:ledger:80"),
        reaches("container:website", "agency:443"),
        *(reaches(guest, "agency:443") for guest in GUESTS),
        reaches("desk", "ledger"),
        reaches("desk", "kitchen"),
    )
    net.expect(
        *(blocked(guest, "ledger") for guest in GUESTS),
        *(blocked(guest, "kitchen") for guest in GUESTS),
        *(blocked(guest, UNKNOWN) for guest in GUESTS),
        *(reaches(guest, "machine:22") for guest in GUESTS),
        blocked("outside", "ledger"),
        blocked("outside", UNKNOWN),
        reaches("outside", "machine:22"),
        reaches("owner", "ledger"),
        reaches("desk", "kitchen"),
        reaches("machine", "ledger"),
        reaches("machine", "kitchen"),
        reaches("machine", UNKNOWN),
    )
