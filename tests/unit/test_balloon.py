"""Giving memory back: what is asked of the balloon, and that a guest which lends nothing is not waited for."""

import pytest

from provisioner.backends.qemu import balloon
from provisioner.seats.seat import Seat

WHOLE = 1 << 30


class Balloon:
    """Stands for QEMU and a guest that lends a step at a time, down to what it needs itself."""

    def __init__(self, needed: int, step: int = 64 << 20) -> None:
        self.needed, self.step = needed, step
        self.size = self.wanted = WHOLE
        self.least = WHOLE

    def ask(self, command: str, **arguments: int) -> dict[str, int]:
        if command == "balloon":
            self.wanted = arguments["value"]
            return {}
        assert command == "query-balloon"
        distance = self.wanted - self.size
        self.size = max(self.needed, self.size + max(-self.step, min(self.step, distance)))
        self.least = min(self.least, self.size)
        return {"actual": self.size}


@pytest.mark.parametrize(
    ("needed", "least"),
    [
        (200 << 20, WHOLE - (600 << 20) + (48 << 20)),  # as much as is free, but for a little
        (700 << 20, 700 << 20),  # the guest stops before
        (WHOLE, WHOLE),  # it has no driver for it
    ],
)
@pytest.mark.slow
def test_all_of_it_comes_back(seat: Seat, monkeypatch: pytest.MonkeyPatch, needed: int, least: int) -> None:
    monkeypatch.setattr(balloon, "guest_command", lambda *_: f"{600 << 10}\n")
    monkeypatch.setattr(balloon, "_PATIENCE", 0.2)
    there = Balloon(needed)
    balloon.empty(seat, there)  # type: ignore[arg-type]
    assert (there.least, there.size) == (least, WHOLE)
