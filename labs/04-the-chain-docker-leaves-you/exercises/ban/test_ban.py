from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_scraper_is_out(net: Net) -> None:
    net.expect(
        *(blocked("scraper", service) for service in ("site", "stream", "archive")),
        reaches("scraper", "machine:22"),
        *(reaches("outside", service) for service in ("site", "stream")),
        reaches("east", "archive"),
        reaches("cafe", "stream"),
        reaches("container:news", "agency:80", families=(4, 6)),
    )
    net.expect_at_last(reaches("outside", "archive"))  # one allowance for all callers, which others have used up, is right
