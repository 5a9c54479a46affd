from provisioner.checks import Expectation, Net, after, blocked, reaches, strangers, survives

ANYBODY, CLOUD = strangers("ext"), strangers("cloud")
KEYS = ("metadata:80", "metadata:any", "metadata:any/udp")


def without_the_keys(container: str) -> list[Expectation]:
    """The containers of today have IPv6 in all networks but Docker's own; tomorrow's network has it, too."""
    families = (4,) if container in ("container:nightly", "container:tonight") else (4, 6)
    return [blocked(container, key, families=families) for key in KEYS]


def calls(container: str) -> list[Expectation]:
    families = (4,) if container in ("container:nightly", "container:tonight") else (4, 6)
    return [reaches(container, target, families=families) for target in ("payments:80", "dropbox:443", f"{ANYBODY}:any/udp")]


@survives("restart of Docker", "compose down and up")
def test_the_keys_are_for_the_machine(net: Net) -> None:
    net.expect(
        *(reaches("machine", key, families=(4, 6)) for key in KEYS),
        *(sentence for name in ("shop", "worker", "thumbs", "nightly") for sentence in without_the_keys(f"container:{name}")),
        *calls("container:shop"),
        *calls("container:nightly"),
        # Who else is in the cloud's network is no business of this
        *(reaches("container:shop", f"{CLOUD}:any{proto}", families=(4, 6)) for proto in ("", "/udp")),
        *(reaches("container:worker", target, families=(4, 6)) for target in ("payments:443", "resolver:53")),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),
        *(blocked("container:thumbs", target, families=(4, 6)) for target in ("dropbox:80", f"{ANYBODY}:any")),
        *(blocked("container:worker", target, families=(4, 6)) for target in ("dropbox:443", f"{ANYBODY}:any")),
        *(reaches("machine", target, families=(4, 6)) for target in ("dropbox:80", f"{ANYBODY}:any")),
        *(reaches(who, service) for who in ("outside", ANYBODY) for service in ("shop", "thumbs")),
    )


@after("start of new containers")
def test_nor_are_they_for_tomorrows_containers(net: Net) -> None:
    new = ("container:tomorrow", "container:tonight")
    net.expect(
        *(reaches("machine", key, families=(4, 6)) for key in KEYS),
        *(sentence for container in new for sentence in without_the_keys(container)),
        *(sentence for container in new for sentence in calls(container)),
    )
