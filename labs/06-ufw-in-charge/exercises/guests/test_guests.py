from provisioner.checks import Net, blocked, reaches, strangers, survives

WIFI = strangers("wifi")
GUESTS = ("guests", "lobby", WIFI)
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
        # The whole internet: ports that containers have here are others' there
        *(reaches("guests", f"{ANYBODY}:{port}") for port in (8081, 8082, 7070)),
        reaches(WIFI, "agency:443"),
        *(reaches(OFFICE, target) for target in ("ledger", "kitchen")),
    )
    net.expect(
        *(blocked(guest, "ledger") for guest in GUESTS),
        *(blocked(WIFI, target) for target in ("kitchen", *JUKEBOX, *THEIR_OWN)),
        *(reaches(guest, "machine:22") for guest in GUESTS),
        blocked(OTHERS, "ledger@ext"),
        *(blocked(ANYBODY, target) for target in ("kitchen@ext", "machine@ext:7070", "machine@ext:7070/udp")),
        reaches(ANYBODY, "machine:22"),
        reaches("owner", "ledger"),
        reaches("desk", "machine:22"),
        *(reaches("machine", target) for target in ("ledger", "kitchen", *JUKEBOX, *THEIR_OWN)),
    )
