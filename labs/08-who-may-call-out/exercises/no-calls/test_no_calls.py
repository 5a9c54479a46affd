from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY, CLOUD = strangers("ext"), strangers("cloud")
KNOWN = ("dropbox:80", "dropbox:53", "payments:443", "resolver:53", "outside:443", "metadata:80", "dropbox:ping")
UNKNOWN = (f"{ANYBODY}:any", f"{ANYBODY}:any/udp", f"{CLOUD}:any", f"{CLOUD}:any/udp", f"{ANYBODY}:8081", f"{ANYBODY}:ping")
# Over IPv6 only: over IPv4 the machine's address stands for everybody's, and without ports the kernel confuses them.
OTHER = f"{ANYBODY}:any/other"


@survives("restart of Docker", "compose down and up")
def test_thumbs_answers_and_never_calls(net: Net) -> None:
    # First its customers: a network without any way out has none in, and from there no packet could even be sent.
    customers = [reaches(who, service) for who in ("outside", "payments", ANYBODY) for service in ("thumbs", "shop")]
    net.expect(*customers)
    net.expect(
        *customers,
        *(blocked("container:thumbs", target, families=(4, 6)) for target in (*KNOWN, *UNKNOWN)),
        blocked("container:thumbs", OTHER, families=(6,)),
        reaches("machine", OTHER, families=(6,)),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),  # it has its addresses
        *(reaches("machine", target, families=(4, 6)) for target in (*KNOWN, *UNKNOWN)),
        *(reaches("container:shop", target, families=(4, 6)) for target in ("dropbox:80", *UNKNOWN[:2])),
        reaches("container:worker", "payments:443", families=(4, 6)),
        reaches("container:nightly", f"{ANYBODY}:any"),
    )
