from provisioner.checks import Net, reaches

MANY = 16  # calls at once
FEW = 11  # five at once, and one more in each two seconds, on a machine that takes its time


def test_partners_as_they_like_and_others_slowly(net: Net) -> None:
    net.expect(
        reaches("nextdoor", "archive"),
        reaches("machine", "archive"),
        reaches("outside", "site"),
        reaches("outside", "stream"),
        reaches("container:news", "agency:80", families=(4, 6)),
    )
    # A few at a time: none of these may be lost because the server is busy.
    net.expect(*(reaches(partner, "archive") for partner in ("east", "west") for _ in range(4)))
    net.expect(*(reaches(partner, "archive") for partner in ("east", "west") for _ in range(4)))
    net.expect(*(reaches("nextdoor", service) for service in ("site", "stream") for _ in range(4)))
    net.expect(*(reaches("nextdoor", service) for service in ("site", "stream") for _ in range(4)))
    seen = net.observe(*(reaches("nextdoor", "archive") for _ in range(MANY)))
    for family in (4, 6):
        answered = sum(o.good for o in seen if o.probe.family == family)
        if answered > FEW:
            raise AssertionError(f"nextdoor over IPv{family}: {answered} of {MANY} calls to the archive were answered")
