from provisioner.checks import Net, blocked, reaches, survives

CRAWLERS = ("crawler", "crawler-2")


@survives("ufw reload")
def test_the_website_is_for_everybody_but_one(net: Net) -> None:
    # First the others: a website that nobody reaches tells nothing about one visitor.
    net.expect(reaches("outside", "website"), reaches("guests", "website"), reaches("owner", "website"))
    net.expect(
        *(blocked(crawler, "website") for crawler in CRAWLERS),
        *(blocked(crawler, "ledger") for crawler in CRAWLERS),
        *(reaches(crawler, "machine:22") for crawler in CRAWLERS),
        reaches("outside", "website"),
        reaches("outside", "machine:22"),
        blocked("outside", "ledger"),
        reaches("owner", "website"),
        reaches("owner", "ledger"),
        reaches("agency", "website"),
        reaches("guests", "website"),
        reaches("lobby", "website"),
        reaches("desk", "website"),
        reaches("machine", "website"),
        reaches("container:website", "agency:443"),
        reaches("container:kitchen", "printer:9100"),
    )
