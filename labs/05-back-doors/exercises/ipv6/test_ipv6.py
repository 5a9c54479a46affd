from provisioner.checks import Net, blocked, reaches


def test_the_archive_is_for_the_machine(net: Net) -> None:
    # First the neighbour: on a machine that has lost its IPv6 no question could be asked over it.
    net.expect(reaches("outside", "tickets"), reaches("director", "tickets"), reaches("guards", "tickets"))
    net.expect(
        blocked("outside", "archive"),
        blocked("director", "archive"),
        blocked("guards", "archive"),
        reaches("machine", "archive", families=(4, 6)),
        reaches("machine", "tickets", families=(4, 6)),
        reaches("outside", "tickets"),
        reaches("director", "tickets"),
        reaches("guards", "tickets"),
    )
