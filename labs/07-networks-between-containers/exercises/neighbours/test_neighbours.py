from provisioner.checks import Expectation, Net, blocked, reaches, strangers, survives

ANYBODY = ("outside", "reception", strangers("ext"), strangers("lan"))
INTERNET = ("bank:443", strangers("ext") + ":any", strangers("ext") + ":any/udp")


def kept_apart(one: str, other: str) -> list[Expectation]:
    own = [f"container:{other}:{port}" for port in ("80", "any", "any/udp", "any/other", "ping")]
    return [
        *(blocked(f"container:{one}", target, families=(4, 6)) for target in own),  # it may have been given the second as well
        blocked(f"container:{one}", f"{other}@everywhere"),
        *(reaches("machine", target) for target in own),
    ]


def goes_on(room: str) -> list[Expectation]:
    return [
        *(reaches(who, room) for who in (*ANYBODY, "machine")),
        reaches("machine", f"container:{room}:80"),
        *(reaches(f"container:{room}", target) for target in ("booking@everywhere", *INTERNET)),
    ]


@survives("restart of Docker", "compose down and up")
def test_the_guests_do_not_hear_each_other(net: Net) -> None:
    # First what must go on: who is not there is not kept apart.
    net.expect(*goes_on("room1"), *goes_on("room2"))
    net.expect(*kept_apart("room1", "room2"), *kept_apart("room2", "room1"), *goes_on("room1"), *goes_on("room2"))
