from provisioner.checks import Net, after, blocked, reaches, strangers, survives

OTHERS = strangers("ext", beside="scraper")  # his next neighbours among them
PUBLISHED = ("site", "stream", "archive", "mixer")


@survives("restart of Docker")
def test_the_scraper_is_out(net: Net) -> None:
    containers = [*(f"container:{name}:80" for name in (*PUBLISHED, "news")), "container:news:any/udp", "container:site:any"]
    net.expect(
        *(blocked("scraper", f"{service}@everywhere") for service in PUBLISHED),
        *(blocked("scraper", container, families=(4, 6)) for container in containers),
        *(reaches("scraper", f"machine{where}:22") for where in ("", "@everywhere")),
        *(reaches("machine", target) for target in ("mixer", *containers)),
        *(reaches(who, target) for who in ("outside", OTHERS) for target in ("site", "stream", "machine:22")),
        reaches("east", "archive"),
        reaches("cafe", "stream"),
        reaches("container:news", "agency:80", families=(4, 6)),
    )
    for family in (4, 6):  # one allowance for all callers and both, which others have used up, is right
        net.expect_at_last(reaches("outside", "archive", families=(family,)))


@after("start of new containers")
def test_he_is_out_of_new_containers(net: Net) -> None:
    net.expect(
        *(blocked("scraper", f"machine@everywhere:{port}") for port in ("7999", "7999/udp")),
        *(blocked("scraper", f"container:{name}:80") for name in ("tomorrow", "tonight")),
        reaches("scraper", "machine:22"),
        *(reaches("machine", f"container:{name}:80") for name in ("tomorrow", "tonight")),
        *(reaches(who, f"machine:{port}") for who in ("outside", OTHERS) for port in ("7999", "7999/udp")),
    )
