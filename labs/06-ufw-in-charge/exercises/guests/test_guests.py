from provisioner.checks import Net, blocked, reaches, strangers, survives

GUESTS = ("guests", "lobby", strangers("wifi"))
ANYBODY = strangers("ext")
OTHERS = strangers("ext", beside="owner")  # the owner's next neighbours among them
OFFICE = strangers("office")
JUKEBOX = ("machine:7070", "machine:7070/udp")  # a container that no text names
THEIR_OWN = tuple(f"container:{name}:80" for name in ("ledger", "kitchen", "jukebox"))  # addresses: the machine routes to them


@survives("ufw reload")
def test_a_private_address_opens_no_door(net: Net) -> None:
    # First what the rules about private addresses were good for: they must not just be gone.
    net.expect(
        reaches("container:kitchen", "printer:9100"),
        reaches("container:website", "container:ledger:80"),
        reaches("container:website", "agency:443"),
        reaches("container:website", ANYBODY + ":80"),
        reaches("container:jukebox", ANYBODY + ":53/udp"),
        *(reaches("guests", target) for target in ("agency:443", ANYBODY + ":80", ANYBODY + ":any/udp")),
        reaches(strangers("wifi"), "agency:443"),
        *(reaches(OFFICE, target) for target in ("ledger", "kitchen")),
    )
    net.expect(
        *(blocked(guest, target) for guest in GUESTS for target in ("ledger", "kitchen", *JUKEBOX)),
        *(blocked(strangers("wifi"), target) for target in THEIR_OWN),
        *(reaches(guest, "machine:22") for guest in GUESTS),
        blocked(OTHERS, "ledger"),
        *(blocked(ANYBODY, target) for target in ("kitchen", *JUKEBOX)),
        reaches(ANYBODY, "machine:22"),
        reaches("owner", "ledger"),
        reaches("desk", "machine:22"),
        *(reaches("machine", target) for target in ("ledger", "kitchen", *JUKEBOX, *THEIR_OWN)),
    )
