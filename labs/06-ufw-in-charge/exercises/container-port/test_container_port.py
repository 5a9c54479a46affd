from provisioner.checks import Net, blocked, reaches, strangers, survives

INTERNET, WIFI, OFFICE = (strangers(network) for network in ("ext", "wifi", "office"))
OTHERS = strangers("ext", beside="owner")  # the owner's next neighbours among them
JUKEBOX = ("machine:7070", "machine:7070/udp")  # a container that no text names
UNKNOWN = ("machine:any", "machine:any/udp")  # nor does any text name these


@survives("ufw reload")
def test_the_website_and_nothing_else_is_open(net: Net) -> None:
    everybody = ("outside", "owner", "guests", "lobby", "desk", INTERNET, WIFI, OFFICE)
    net.expect(
        *(reaches(who, "website") for who in everybody),
        *(blocked(who, "ledger") for who in ("outside", "guests", OTHERS, WIFI)),
        *(blocked(who, target) for who in (INTERNET, WIFI) for target in ("kitchen", *JUKEBOX, *UNKNOWN)),
        *(reaches(who, "machine:22") for who in (INTERNET, WIFI)),
        reaches("owner", "ledger"),
        blocked("owner", "kitchen"),
        reaches("desk", "machine:22"),
        reaches(OFFICE, "ledger"),
        *(reaches("machine", target) for target in ("website", "ledger", "kitchen", *JUKEBOX, *UNKNOWN)),
        reaches("container:website", "agency:443"),
        reaches("container:kitchen", "printer:9100"),
        reaches("guests", "agency:443"),
    )
