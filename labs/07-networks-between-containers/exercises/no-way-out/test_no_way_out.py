from provisioner.checks import Net, blocked, reaches, survives

BOTH = ("container:cellar", "container:sommelier")
OWN = (
    "machine@gateway:22", "safe@gateway", "bell@gateway", "booking@gateway", "machine@gateway:7000", "bell@ext", "booking@lan",
)  # fmt: skip


@survives("restart of Docker")
def test_the_cellar_speaks_to_the_sommelier_only(net: Net) -> None:
    together = (
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        reaches("container:sommelier", "container:cellar:80", families=(4, 6)),
        reaches("machine", "container:cellar:80", families=(4, 6)),
        reaches("machine", "container:sommelier:80", families=(4, 6)),
    )
    net.expect(*together)
    net.expect(
        *together,
        *(blocked(container, "bank:443", families=(4, 6)) for container in BOTH),
        *(blocked(container, own, families=(4, 6)) for container in BOTH for own in OWN),
        reaches("container:room1", "bank:443"),
        reaches("container:room1", "booking@lan"),
        reaches("container:room1", "bell@gateway"),
        reaches("container:nightly", "bank:443"),
        reaches("container:nightly", "bell@gateway"),
        reaches("machine", "safe"),
        reaches("machine", "machine:7000"),
        reaches("machine", "bank:443", families=(4, 6)),
        reaches("outside", "machine:22"),
        reaches("outside", "booking"),
    )
