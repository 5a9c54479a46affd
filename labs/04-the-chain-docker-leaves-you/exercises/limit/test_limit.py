import time
from typing import Literal

from provisioner.checks import CannotTell, Net, NotYet, reaches, strangers, survives

NETWORK = ("198.51.100.96/28", "2001:db8:51::a:0/112")
PARTNERS = strangers("ext", inside=NETWORK)  # its first address and its last
OTHERS = strangers("ext", beside=NETWORK)  # the nearest neighbours on both sides
ROUNDS, EACH, APART = 4, 4, 2.0  # calls of each address, and seconds from one round to the next
BURST, PER_SECOND, SLACK = 5, 0.5, 1
ELSEWHERE = (("nextdoor", "site"), ("east", "archive"))  # what takes nothing of the others' allowance
LONG = 14  # seconds in which one caller alone, who calls twice a second, is followed
QUIET = 10.0  # seconds in which an allowance of five, used up, fills again
TRIES = 3


@survives("compose down and up")
def test_partners_as_they_like_and_others_slowly(net: Net) -> None:
    net.expect(
        *(reaches("outside", service) for service in ("site", "stream")),
        *(reaches(partner, "archive") for partner in ("east", "west")),
        reaches("container:news", "agency:80", families=(4, 6)),
    )
    for _ in range(2):  # a few at a time: none of these may be lost because the server is busy
        net.expect(*(reaches(PARTNERS, where) for where in ("archive", "archive@house") for _ in range(2)))
        net.expect(*(reaches("east", "archive") for _ in range(4)))
        net.expect(*(reaches("machine", "archive", families=(4, 6)) for _ in range(4)))
        net.expect(*(reaches("nextdoor", service) for service in ("site", "stream") for _ in range(4)))
    too_slow = _others_are_slowed_down(net)
    time.sleep(QUIET)
    for family in (4, 6):
        _who_has_been_quiet_is_answered(net, family)
    _who_goes_on_is_answered_now_and_then(net)
    if too_slow:
        raise CannotTell(too_slow)


def _others_are_slowed_down(net: Net) -> str:
    """Why that cannot be told, if it cannot: on a busy machine calls take so long that all are within the limit."""
    calls = (reaches(OTHERS, "archive"), reaches(OTHERS, "archive@house"), reaches("nextdoor", "archive"))
    began, answered, called = time.monotonic(), dict[str, int](), 0
    for number in range(ROUNDS):
        time.sleep(max(0.0, began + number * APART - time.monotonic()))
        for o in net.observe(*calls * (EACH // 2)):
            who = f"{o.probe.sender or o.probe.source} over IPv{o.probe.family}"
            answered[who] = answered.get(who, 0) + o.good
        called += EACH
    took = time.monotonic() - began
    most = BURST + SLACK + took * PER_SECOND
    if fast := [f"{answered[who]} of {who}" for who in answered if answered[who] > most]:
        raise NotYet([f"of {called} calls to the archive within {took:.0f} s were answered: {', '.join(fast)}"])
    return f"{called} calls took {took:.0f} s: too long to tell whether others are slowed down" if most >= called else ""


def _who_has_been_quiet_is_answered(net: Net, family: Literal[4, 6]) -> None:
    """A few calls at once, after a pause: an allowance that all share may have been used up by others before. Calls to other
    services take nothing of it."""
    for number in range(TRIES):
        time.sleep(QUIET if number else 0)
        net.observe(*(reaches(who, what, families=(family,)) for who, what in ELSEWHERE for _ in range(2 * EACH)))
        seen = net.observe(*(reaches("nextdoor", "archive", families=(family,)) for _ in range(EACH)))
        if all(o.good for o in seen):
            return
    bad = [str(o) for o in seen if not o.good]
    raise NotYet([f"after {QUIET:.0f} s without a call, {len(bad)} of {EACH} calls to the archive came to nothing", *bad])


def _who_goes_on_is_answered_now_and_then(net: Net) -> None:
    """One address alone, so that it is no matter whether all share an allowance: not more than that, and not never again."""
    began, answered, late = time.monotonic(), {4: 0, 6: 0}, 0
    for number in range(LONG):
        time.sleep(max(0.0, began + number - time.monotonic()))
        is_late = time.monotonic() - began >= QUIET
        for o in net.observe(*[reaches("nextdoor", "archive")] * 2):
            answered[o.probe.family] += o.good
            late += o.good and is_late
    took = time.monotonic() - began
    most = BURST + SLACK + took * PER_SECOND
    if fast := [f"{number} over IPv{family}" for family, number in answered.items() if number > most]:
        raise NotYet(
            [f"of {2 * LONG} calls of one address to the archive within {took:.0f} s were answered: {', '.join(fast)}"]
        )
    if not late:
        raise NotYet([f"who goes on calling, twice a second, was answered at first, and {QUIET:.0f} s later not at all"])
