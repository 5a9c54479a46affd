from provisioner.checks import Net, blocked, reaches, survives

CONTAINERS = ("container:room1", "container:guestbook", "container:nightly")
UNKNOWN = 7000  # no text names it: only who is closed by default has closed it
CLOSED = (
    "safe@gateway", "safe@ext", "safe@lan", "machine@gateway:22", "machine@ext:22",
    f"machine@gateway:{UNKNOWN}", f"machine@ext:{UNKNOWN}",
)  # fmt: skip
OPEN = ("bell@gateway", "bell@ext", "booking@gateway", "booking@ext", "bank:443")


@survives("restart of Docker")
def test_containers_reach_the_bell_and_no_more(net: Net) -> None:
    net.expect(
        *(blocked(container, closed) for container in CONTAINERS for closed in CLOSED),
        *(reaches(container, open_) for container in CONTAINERS for open_ in OPEN),
        *(blocked("container:cellar", closed, families=(4, 6)) for closed in CLOSED if "@gateway" in closed),
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        reaches("machine", "safe", families=(4, 6)),
        reaches("machine", "bell", families=(4, 6)),
        reaches("machine", f"machine:{UNKNOWN}"),
        reaches("machine", "container:room1:80"),
        reaches("machine", "container:nightly:80"),
        reaches("machine", "container:cellar:80", families=(4, 6)),
        reaches("machine", "booking", families=(4, 6)),
        reaches("outside", "machine:22"),
        reaches("outside", "booking"),
        reaches("outside", "room1"),
        blocked("outside", "safe"),
        reaches("reception", "machine:22"),
        reaches("reception", "booking"),
        reaches("reception", "bell"),
    )
