from provisioner.checks import Net, after, blocked, reaches, strangers, survives

ANYBODY = strangers("ext")
OTHERS = strangers("ext", beside="owner")  # the owner's next neighbours among them
OFFICE = strangers("office")
JUKEBOX = ("machine:7070", "machine:7070/udp")  # a container that no text names: only a list of what is allowed closes it
NEXT_WEEK = "machine:7999"


@survives("restart of Docker", "ufw reload")
def test_ufw_decides_about_containers(net: Net) -> None:
    # First what must go on: containers call out and each other, guests surf, and nobody is locked out.
    net.expect(
        *(reaches(who, "machine:22") for who in (ANYBODY, "owner", "guests", "desk")),
        reaches("container:website", "agency:443"),
        reaches("container:website", ANYBODY + ":80"),
        reaches("container:website", OFFICE + ":80"),
        reaches("container:jukebox", ANYBODY + ":53/udp"),
        reaches("container:website", "container:ledger:80"),
        reaches("container:kitchen", "printer:9100"),
        reaches("guests", "agency:443"),
    )
    net.expect(
        *(blocked(who, "ledger") for who in ("outside", OTHERS)),
        *(blocked(ANYBODY, target) for target in ("kitchen", *JUKEBOX)),
        *(reaches(who, "machine:22") for who in ("outside", ANYBODY)),
        # What ufw has been told to let in, and that only
        reaches("owner", "ledger"),
        *(blocked("owner", target) for target in ("kitchen", *JUKEBOX)),
        *(reaches(OFFICE, target) for target in ("ledger", "kitchen")),
        *(reaches("machine", target) for target in ("website", "ledger", "kitchen", "rooms", *JUKEBOX)),
    )


@after("start of new containers")
def test_what_is_started_next_week_is_closed(net: Net) -> None:
    net.expect(
        *(blocked(who, NEXT_WEEK, families=(4,)) for who in (ANYBODY, "owner")),
        *(reaches(who, "machine:22", families=(4,)) for who in (ANYBODY, "owner")),
        reaches("machine", NEXT_WEEK),
    )
