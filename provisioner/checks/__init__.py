"""The interface that the checks of labs are written against.

from provisioner.checks import Net, blocked, reaches, survives

@survives("reboot")
def test_closed_for_strangers(net: Net) -> None:
    net.expect(blocked("outside", "stats"), reaches("outside", "shop"), reaches("machine", "stats"))

For anything that packets do not show, a test raises NotYet if the exercise is not done, or CannotTell if it could not find out.
"""

from provisioner.checks.disturbances import after, survives
from provisioner.checks.net import Net
from provisioner.content.expectation import Expectation, blocked, reaches, strangers
from provisioner.core.outcome import CannotTell, NotYet

__all__ = ["CannotTell", "Expectation", "Net", "NotYet", "after", "blocked", "reaches", "strangers", "survives"]
