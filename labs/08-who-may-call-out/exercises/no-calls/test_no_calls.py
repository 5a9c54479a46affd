from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_thumbs_answers_and_never_calls(net: Net) -> None:
    # First its customers: a network without any way out has none in, and from there no packet could even be sent.
    net.expect(reaches("outside", "thumbs"), reaches("payments", "thumbs"), reaches("outside", "shop"))
    net.expect(
        blocked("container:thumbs", "dropbox:80", families=(4, 6)),
        blocked("container:thumbs", "dropbox:53", families=(4, 6)),
        blocked("container:thumbs", "payments:443", families=(4, 6)),
        blocked("container:thumbs", "resolver:53", families=(4, 6)),
        blocked("container:thumbs", "outside:443", families=(4, 6)),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),  # it has its addresses
        reaches("outside", "thumbs"),
        reaches("payments", "thumbs"),
        reaches("outside", "shop"),
        reaches("container:worker", "payments:443", families=(4, 6)),
        reaches("container:shop", "dropbox:80", families=(4, 6)),
        reaches("machine", "dropbox:53", families=(4, 6)),
        reaches("machine", "dropbox:80", families=(4, 6)),
        reaches("machine", "payments:443", families=(4, 6)),
        reaches("machine", "resolver:53", families=(4, 6)),
        reaches("machine", "outside:443", families=(4, 6)),
    )
