from provisioner.checks import Expectation, Net, blocked, reaches, survives


def kept_apart(one: str, other: str) -> list[Expectation]:
    return [
        blocked(f"container:{one}", f"container:{other}:80"),
        blocked(f"container:{one}", f"{other}@gateway"),
        blocked(f"container:{one}", f"{other}@ext"),
        blocked(f"container:{one}", f"{other}@lan"),
    ]


def goes_on(room: str) -> list[Expectation]:
    return [
        reaches("outside", room),
        reaches("reception", room),
        reaches("machine", room),
        reaches("machine", f"container:{room}:80"),
        reaches(f"container:{room}", "bank:443"),
        reaches(f"container:{room}", "booking@ext"),
        reaches(f"container:{room}", "booking@gateway"),
    ]


@survives("restart of Docker")
def test_the_guests_do_not_hear_each_other(net: Net) -> None:
    # First what must go on: who is not there is not kept apart.
    net.expect(*goes_on("room1"), *goes_on("room2"), reaches("outside", "booking"))
    net.expect(*kept_apart("room1", "room2"), *kept_apart("room2", "room1"), *goes_on("room1"), *goes_on("room2"))
