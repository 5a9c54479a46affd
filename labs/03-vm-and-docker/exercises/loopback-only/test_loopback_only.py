from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_cache_is_published_to_the_machine_only(net: Net) -> None:
    net.expect(
        blocked("outside", "cache"),
        blocked("admin", "cache"),
        reaches("machine", "cache"),
        reaches("outside", "shop"),
        reaches("admin", "shop"),
    )
