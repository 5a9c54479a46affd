"""What a killed command left is removed by the driver that made it, whichever driver the next command is for."""

import pytest

from provisioner.core.paths import Home
from provisioner.seats.seat import Seat
from tests.contract.conftest import Cli


@pytest.mark.slow
def test_a_fork_is_removed_by_its_own_driver(cli: Cli, home: Home) -> None:
    """The next `up` is for another driver, whose machines it does not know: the copy's processes must end all the same."""
    cli.run("up", "3", "--driver", "fake")
    cli.run("solve", "3.1")
    cli.kill_at("end", "check", "3.1")
    fork = Seat.locate(home, 3).fork
    assert _of(cli, fork)
    cli.run("up", "3", "--driver", "fake:plain", "--yes")
    assert not fork.folder.exists()
    assert not _of(cli, fork)
    assert cli.json("status")[0]["driver"] == "fake:plain"


def _of(cli: Cli, seat: Seat) -> list[int]:
    """The processes of a seat's machine."""
    return [m.pid for m in cli.machines() if any(str(seat.folder) in word for word in m.cmdline())]
