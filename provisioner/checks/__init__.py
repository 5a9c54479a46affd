"""What the checks of labs are written with.

from provisioner.checks import Net, blocked, reaches, survives

@survives("reboot")
def test_closed_for_strangers(net: Net) -> None:
    net.expect(blocked("outside", "stats"), reaches("outside", "shop"), reaches("machine", "stats"))

What packets cannot tell, a test says itself: NotYet for an exercise that is not done, CannotTell where it could not look.
"""

from provisioner.checks.disturbances import after, survives
from provisioner.checks.net import Net
from provisioner.content.expectation import Expectation, blocked, reaches, strangers
from provisioner.core.outcome import CannotTell, NotYet

__all__ = ["CannotTell", "Expectation", "Net", "NotYet", "after", "blocked", "reaches", "strangers", "survives"]
