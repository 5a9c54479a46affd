from provisioner.checks import Net, blocked, reaches, survives

UNKNOWN = "machine:7070"  # a container that no text names
GUESTS = ("guests", "lobby")


@survives("ufw reload", "reboot")
def test_the_guests_order_tomorrow_as_well(net: Net) -> None:
    net.expect(
        *(reaches(guest, "rooms") for guest in GUESTS),
        *(blocked(guest, "ledger") for guest in GUESTS),
        *(blocked(guest, "kitchen") for guest in GUESTS),
        *(blocked(guest, UNKNOWN) for guest in GUESTS),
        *(reaches(guest, "agency:443") for guest in GUESTS),
        reaches("desk", "rooms"),
        reaches("desk", "ledger"),
        blocked("outside", "rooms"),
        blocked("outside", "ledger"),
        blocked("outside", UNKNOWN),
        blocked("owner", "rooms"),
        reaches("owner", "ledger"),
        # The work of the other days
        reaches("outside", "website"),
        reaches("guests", "website"),
        blocked("crawler", "website"),
        reaches("crawler", "machine:22"),
        reaches("outside", "machine:22"),
        reaches("desk", "machine:22"),
        reaches("machine", "rooms"),
        reaches("machine", "ledger"),
        reaches("machine", "kitchen"),
        reaches("machine", UNKNOWN),
        reaches("container:website", "agency:443"),
        reaches("container:website", "container:ledger:80"),
        reaches("container:kitchen", "printer:9100"),
    )
