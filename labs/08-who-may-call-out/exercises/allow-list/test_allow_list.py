from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_worker_calls_the_bank_and_nobody_else(net: Net) -> None:
    net.expect(
        reaches("container:worker", "payments:443", families=(4, 6)),
        blocked("container:worker", "payments:80", families=(4, 6)),
        blocked("container:worker", "dropbox:443", families=(4, 6)),
        blocked("container:worker", "dropbox:80", families=(4, 6)),
        blocked("container:worker", "outside:443", families=(4, 6)),
        blocked("container:worker", "metadata:80", families=(4, 6)),
        blocked("container:thumbs", "dropbox:80", families=(4, 6)),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),
        reaches("outside", "thumbs"),
        reaches("machine", "container:worker:80"),  # it still has a network of its own
        reaches("container:shop", "dropbox:80", families=(4, 6)),
        reaches("container:shop", "dropbox:443", families=(4, 6)),
        reaches("machine", "payments:80", families=(4, 6)),
        reaches("machine", "outside:443", families=(4, 6)),
        reaches("machine", "metadata:80", families=(4, 6)),
    )
