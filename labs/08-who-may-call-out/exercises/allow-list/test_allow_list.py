from provisioner.checks import Net, blocked, reaches, strangers, survives

ANYBODY, NEIGHBOURS, CLOUD = strangers("ext"), strangers("ext", beside="payments"), strangers("cloud")
KNOWN = ("payments:80", "dropbox:443", "dropbox:80", "outside:443", "metadata:80")
UNKNOWN = (
    "payments:any", "payments:any/udp", "payments:443/udp", "payments:ping",
    f"{NEIGHBOURS}:443", f"{ANYBODY}:any", f"{ANYBODY}:any/udp", f"{CLOUD}:any", f"{CLOUD}:any/udp",
)  # fmt: skip
# Over IPv6 only: over IPv4 the machine's address stands for everybody's, and without ports the kernel confuses them.
OTHER = ("payments:any/other", f"{ANYBODY}:any/other")


@survives("restart of Docker", "compose down and up")
def test_the_worker_calls_the_bank_and_nobody_else(net: Net) -> None:
    net.expect(
        reaches("container:worker", "payments:443", families=(4, 6)),
        *(blocked("container:worker", target, families=(4, 6)) for target in (*KNOWN, *UNKNOWN)),
        *(reaches("machine", target, families=(4, 6)) for target in (*KNOWN, *UNKNOWN)),
        *(blocked("container:worker", target, families=(6,)) for target in OTHER),
        *(reaches("machine", target, families=(6,)) for target in OTHER),
        reaches("machine", "container:worker:80"),  # it still has a network of its own
        *(blocked("container:thumbs", target, families=(4, 6)) for target in ("dropbox:80", f"{ANYBODY}:any")),
        reaches("container:thumbs", "container:thumbs:80", families=(4, 6)),
        *(reaches(who, "thumbs") for who in ("outside", ANYBODY)),
        *(reaches("container:shop", target, families=(4, 6)) for target in ("dropbox:80", "dropbox:443", f"{ANYBODY}:any/udp")),
    )
