"""What the checks of labs are written with.

from provisioner.checks import Net, blocked, reaches, survives

@survives("reboot")
def test_closed_for_strangers(net: Net) -> None:
    net.expect(blocked("outside", "stats"), reaches("outside", "shop"), reaches("machine", "stats"))
"""

from provisioner.checks.disturbances import survives
from provisioner.checks.net import Net
from provisioner.content.expectation import blocked, reaches

__all__ = ["Net", "blocked", "reaches", "survives"]
