from provisioner.checks import Net, blocked, reaches, strangers, survives

INTERNET, WIFI, OFFICE = (strangers(network) for network in ("ext", "wifi", "office"))
RANGES = ("198.51.100.64/28", "2001:db8:51:0:66::/80")  # with whom exercise 4 is about
VISITORS = strangers("ext", beside=RANGES)
OTHERS = strangers("ext", beside="owner")  # the owner's next neighbours among them
UNKNOWN = ("7070", "7070/udp", "any", "any/udp")  # no text names that container, nor what may listen on the machine


@survives("ufw reload")
def test_the_website_and_nothing_else_is_open(net: Net) -> None:
    everybody = ("outside", "owner", "guests", "lobby", "desk", VISITORS, WIFI, OFFICE)
    net.expect(
        *(reaches(who, "website") for who in everybody),
        *(reaches(who, "website", calls=12) for who in ("outside", "guests")),  # nor is there a limit
        *(blocked(who, "ledger") for who in ("outside", "guests")),
        *(blocked(who, target) for who, target in ((OTHERS, "ledger@ext"), (WIFI, "ledger@wifi"))),
        *(blocked(strangers(card), f"kitchen@{card}") for card in ("ext", "wifi")),
        *(blocked(strangers(card), f"machine@{card}:{port}") for card in ("ext", "wifi") for port in UNKNOWN),
        *(reaches(who, "machine:22") for who in (INTERNET, WIFI)),
        reaches("owner", "ledger"),
        blocked("owner", "kitchen"),
        reaches("desk", "machine:22"),
        reaches(OFFICE, "ledger"),
        *(reaches("machine", target) for target in ("website", "ledger", "kitchen")),
        *(reaches("machine", f"machine:{port}") for port in UNKNOWN),
        reaches("container:website", "agency:443"),
        reaches("container:kitchen", "printer:9100"),
        reaches("guests", "agency:443"),
    )
