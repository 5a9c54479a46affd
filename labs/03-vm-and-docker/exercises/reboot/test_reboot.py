from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY, OTHERS = strangers("ext"), strangers("ext", beside="admin")
OWN = ("backup", "machine:7000", "stats", "cache")  # of the machine itself; 7000 is the default of the firewall


@survives("reboot", "second reboot")
def test_all_of_it_holds(net: Net) -> None:
    net.expect(
        *(blocked(who, service) for who in ("outside", "admin", ANYBODY) for service in OWN),
        *(blocked(who, "panel") for who in ("outside", "payments", OTHERS)),
        blocked(ANYBODY, "machine:any/udp"),
        reaches("machine", "machine:any/udp"),
        reaches("admin", "panel"),
        *(reaches(who, "machine:22") for who in ("admin", "outside", ANYBODY)),
        *(reaches(who, "shop") for who in ("admin", "outside", "payments", ANYBODY, OTHERS)),
        *(reaches("machine", service) for service in (*OWN, "panel")),
        reaches("container:worker", "payments:80"),
    )
