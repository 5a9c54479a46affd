from provisioner.checks import Net, blocked, reaches, strangers, survives

RANGES = ("198.51.100.64/28", "2001:db8:51:0:66::/80")
CRAWLERS = ("crawler", "crawler-2", strangers("ext", inside=RANGES))
NEIGHBOURS = strangers("ext", beside=RANGES)  # the nearest, those with whom it would be a range twice as wide, and others
OTHERS = ("outside", "owner", "agency", "guests", "lobby", "desk", NEIGHBOURS, strangers("wifi"), strangers("office"))


@survives("ufw reload")
def test_the_website_is_for_everybody_but_one(net: Net) -> None:
    # First the others: a website that nobody reaches tells nothing about one visitor.
    net.expect(*(reaches(who, "website") for who in OTHERS))
    net.expect(
        *(blocked(crawler, "website") for crawler in CRAWLERS),
        *(reaches(crawler, "machine:22") for crawler in CRAWLERS),
        *(reaches(who, "website") for who in (*OTHERS, "machine")),
        # It is only about the website: what these people serve is still to be had
        *(reaches("guests", f"{strangers('ext', inside=RANGES)}:{port}") for port in ("8080", "any", "any/udp")),
        reaches(NEIGHBOURS, "machine:22"),
        *(blocked(who, "ledger@ext") for who in ("crawler", "outside", strangers("ext"))),
        reaches("outside", "machine:22"),
        reaches("owner", "ledger"),
        reaches("container:website", "agency:443"),
        reaches("container:kitchen", "printer:9100"),
    )
