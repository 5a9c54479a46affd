from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_keys_are_for_the_machine(net: Net) -> None:
    net.expect(
        reaches("machine", "metadata:80", families=(4, 6)),
        blocked("container:shop", "metadata:80", families=(4, 6)),
        blocked("container:worker", "metadata:80", families=(4, 6)),
        blocked("container:thumbs", "metadata:80", families=(4, 6)),
        blocked("container:nightly", "metadata:80"),  # Docker's own network: the one that tomorrow's container will be in
        reaches("container:shop", "payments:80", families=(4, 6)),
        reaches("container:shop", "dropbox:443", families=(4, 6)),
        reaches("container:nightly", "payments:80"),
        reaches("container:nightly", "dropbox:80"),
        reaches("container:worker", "payments:443", families=(4, 6)),
        reaches("container:worker", "resolver:53", families=(4, 6)),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),
        blocked("container:thumbs", "dropbox:80", families=(4, 6)),
        blocked("container:worker", "dropbox:443", families=(4, 6)),
        reaches("machine", "dropbox:80", families=(4, 6)),
        reaches("outside", "thumbs"),
        reaches("outside", "shop"),
    )
