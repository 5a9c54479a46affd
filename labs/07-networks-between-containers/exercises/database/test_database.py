from provisioner.checks import Net, blocked, reaches, survives


@survives("restart of Docker")
def test_the_register_is_for_the_booking(net: Net) -> None:
    # First what must go on: the booking calls its bank, has its customers, and knows its neighbours.
    net.expect(
        reaches("outside", "booking"),
        reaches("reception", "booking"),
        reaches("container:booking", "bank:443"),
        reaches("container:booking", "container:guestbook:80"),
        reaches("container:guestbook", "container:booking:80"),
        reaches("container:guestbook", "bank:443"),
    )
    net.expect(
        reaches("container:booking", "container:register:80"),
        reaches("machine", "container:register:80"),
        blocked("container:guestbook", "container:register:80"),
        blocked("container:room1", "container:register:80"),
        blocked("container:payroll", "container:register:80"),
        blocked("container:nightly", "container:register:80"),
        blocked("outside", "container:register:80"),
        blocked("reception", "container:register:80"),
        reaches("container:guestbook", "container:booking:80"),
        reaches("container:room1", "booking@ext"),
        reaches("container:payroll", "bank:443"),
        reaches("container:nightly", "bank:443"),
        reaches("outside", "booking"),
        reaches("reception", "booking"),
    )
