"""How many seats fit a host, and what is said where they do not."""

from pathlib import Path

import pytest

from provisioner.backends.lxc import limits
from provisioner.classes.capacity import Capacity
from provisioner.core.paths import Home


def test_the_kernels_limit_for_system_containers(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "limit").write_text("128\n")
    monkeypatch.setattr(limits, "INSTANCES", tmp_path / "limit")
    assert limits.room(home) == 18
    assert limits.find_fix("Exiting PID 1...") == limits.FIX
    assert limits.find_fix("overlayfs: no such file") == ""
    (tmp_path / "limit").write_text("8192\n")
    assert limits.find_fix("Exiting PID 1...") == ""  # it is something else
    (tmp_path / "limit").unlink()
    assert limits.room(home) > 100


@pytest.mark.parametrize(
    ("capacity", "seats", "advice"),
    [
        (Capacity(20, 100, None, 16, 2), 20, "fewer at a time"),
        (Capacity(20, 10, 18, 16, 2), 10, "fewer at a time"),
        (Capacity(200, 100, 18, 16, 2), 18, "sysctl"),
    ],
)
def test_what_is_scarce_decides(capacity: Capacity, seats: int, advice: str) -> None:
    assert capacity.seats == seats
    assert advice in capacity.advise()
    assert "feel slow" in capacity.describe(17)
    assert "feel slow" not in capacity.describe(16)
