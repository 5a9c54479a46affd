from provisioner.checks import Net, blocked, reaches, strangers

UNKNOWN = "machine:7000"  # no text names it: only a firewall that is closed by default closes it
ANYBODY = strangers("ext")


def test_closed_but_not_locked_out(net: Net) -> None:
    net.expect(
        blocked("outside", "backup"),
        blocked("outside", UNKNOWN),
        *(blocked(ANYBODY, target) for target in ("backup", "machine:any", "machine:any/udp", "machine:any/other")),
        reaches("machine", "backup"),
        reaches("machine", "backup@everywhere", families=(4, 6)),
        reaches("machine", UNKNOWN),
        *(reaches("machine", target) for target in ("machine:any", "machine:any/udp", "machine:any/other")),
        *(reaches(who, target) for who in ("outside", "admin", ANYBODY) for target in ("machine:22", "shop")),
    )
