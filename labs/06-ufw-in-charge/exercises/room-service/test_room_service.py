from provisioner.checks import Net, blocked, reaches, strangers, survives

INTERNET, WIFI, OFFICE = (strangers(network) for network in ("ext", "wifi", "office"))
OTHERS = strangers("ext", beside="owner")  # the owner's next neighbours among them
RANGES = ("198.51.100.64/28", "2001:db8:51:0:66::/80")
CRAWLERS, VISITORS = strangers("ext", inside=RANGES), strangers("ext", beside=RANGES)
JUKEBOX = ("machine:7070", "machine:7070/udp")  # a container that no text names
THEIR_OWN = tuple(f"container:{name}:80" for name in ("ledger", "kitchen", "jukebox"))  # addresses: the machine routes to them


@survives("ufw reload", "night", "reboot", "second reboot")
def test_the_guests_order_tomorrow_as_well(net: Net) -> None:
    net.expect(
        *(reaches(who, "rooms") for who in ("guests", "lobby", WIFI, "desk", OFFICE, "machine")),
        *(blocked(WIFI, target) for target in ("ledger@wifi", "kitchen@wifi", "machine@wifi:7070", "machine@wifi:7070/udp")),
        *(blocked(WIFI, target) for target in THEIR_OWN),
        *(blocked(who, "rooms") for who in ("outside", "owner", INTERNET)),
        # The work of the other days
        *(reaches(who, "website") for who in ("outside", "guests", VISITORS, WIFI, OFFICE)),
        *(blocked(who, "website@ext") for who in ("crawler", CRAWLERS)),
        *(blocked(who, "ledger@ext") for who in ("outside", OTHERS)),
        *(blocked(INTERNET, target) for target in ("kitchen@ext", "machine@ext:7070", "machine@ext:7070/udp")),
        *(reaches(who, "ledger") for who in ("owner", "desk", OFFICE)),
        *(reaches(who, "machine:22") for who in ("outside", "owner", "crawler", INTERNET, WIFI, "desk")),
        *(reaches(who, "agency:443") for who in ("guests", WIFI, "container:website")),
        reaches("container:website", "container:ledger:80"),
        reaches("container:kitchen", "printer:9100"),
        *(reaches("machine", target) for target in ("ledger", "kitchen", *JUKEBOX, *THEIR_OWN)),
    )
