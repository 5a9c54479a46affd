from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY = strangers("ext")


@survives("restart of Docker", "restart of the containers")
def test_cache_is_published_to_the_machine_only(net: Net) -> None:
    net.expect(
        *(blocked(who, "cache") for who in ("outside", "admin", ANYBODY)),
        reaches("machine", "cache"),
        *(reaches(who, "shop") for who in ("machine", "outside", "admin", ANYBODY)),
    )
