from provisioner.checks import Net, blocked, reaches, survives

UNKNOWN = "machine:7070"  # a container that no text names: only a list of what is allowed closes it


@survives("restart of Docker", "ufw reload")
def test_ufw_decides_about_containers(net: Net) -> None:
    # First what must go on: containers call out and each other, guests surf, and nobody is locked out.
    net.expect(
        reaches("outside", "machine:22"),
        reaches("desk", "machine:22"),
        reaches("container:website", "agency:443"),
        reaches("container:website", "container:ledger:80"),
        reaches("container:kitchen", "printer:9100"),
        reaches("guests", "agency:443"),
    )
    net.expect(
        blocked("outside", "ledger"),
        blocked("outside", "kitchen"),
        blocked("outside", UNKNOWN),
        reaches("outside", "machine:22"),
        # What ufw has been told to let in, and that only
        reaches("owner", "ledger"),
        blocked("owner", "kitchen"),
        blocked("owner", UNKNOWN),
        reaches("desk", "ledger"),
        reaches("desk", "kitchen"),
        reaches("machine", "ledger"),
        reaches("machine", "kitchen"),
        reaches("machine", UNKNOWN),
    )
