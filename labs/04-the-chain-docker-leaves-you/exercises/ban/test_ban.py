from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_scraper_is_out(net: Net) -> None:
    net.expect(
        *(blocked("scraper", service) for service in ("site", "stream", "archive")),
        reaches("scraper", "machine:22"),
        *(reaches("outside", service) for service in ("site", "stream")),
        reaches("east", "archive"),  # others may come too late there: one jar for all, which the scraper empties, is right
        reaches("cafe", "stream"),
        reaches("container:news", "agency:80", families=(4, 6)),
    )
