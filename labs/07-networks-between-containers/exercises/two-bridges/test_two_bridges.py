from provisioner.checks import Net, blocked, reaches, survives

CONTAINERS = ("container:room1", "container:guestbook", "container:booking", "container:nightly")
WAYS = ("container:payroll:80", "payroll@gateway", "payroll@ext", "payroll@lan")


@survives("restart of Docker")
def test_the_payroll_is_for_the_reception(net: Net) -> None:
    # First those who may: a service that is gone is not protected.
    net.expect(reaches("reception", "payroll"), reaches("machine", "payroll"), reaches("container:payroll", "bank:443"))
    net.expect(
        *(blocked(container, way) for container in CONTAINERS for way in WAYS),
        *(reaches(container, "booking@ext") for container in CONTAINERS),
        *(reaches(container, "booking@gateway") for container in CONTAINERS),
        blocked("container:cellar", "container:payroll:80"),
        blocked("container:cellar", "payroll@gateway", families=(4, 6)),
        blocked("container:cellar", "payroll@ext", families=(4, 6)),
        reaches("container:cellar", "container:sommelier:80", families=(4, 6)),
        blocked("outside", "payroll"),
        reaches("outside", "booking"),
        reaches("reception", "payroll"),
        reaches("reception", "booking"),
        reaches("machine", "payroll", families=(4, 6)),
        reaches("machine", "container:payroll:80"),
        reaches("container:payroll", "bank:443"),
        reaches("container:nightly", "bank:443"),
    )
