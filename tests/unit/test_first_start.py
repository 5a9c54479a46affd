"""An accelerator that starts a guest which then does nothing: found out by the first machine that does not answer."""

import pytest

from provisioner import images
from provisioner.backends.qemu import accelerator, start
from provisioner.backends.qemu.start import Memory, NoAnswer
from provisioner.core.errors import MachineError
from provisioner.core.model import CapabilityLost, Layer
from provisioner.core.paths import Home
from provisioner.images import Image
from provisioner.seats.seat import Seat

from .test_recovery import MACHINE, layer, needs_qemu  # noqa: F401 - a fixture

pytestmark = needs_qemu


@pytest.fixture
def image(home: Home, layer: Layer) -> Image:  # noqa: F811
    """With an accelerator that is believed to work."""
    image = images.at(home, "tiny.1")
    assert image
    accelerator.remember(home, image, "kvm")
    return image


def begin(home: Home, seat: Seat, image: Image) -> None:
    start.start(home, seat, MACHINE, image, Memory(seat.memory, shared=True))


def fail(*_: object, **__: object) -> None:
    raise NoAnswer("the machine started, and its guest does not answer")


def test_the_first_machine_that_does_not_answer_is_the_accelerators_fault(
    home: Home, seat: Seat, image: Image, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "_run", fail)
    with pytest.raises(CapabilityLost):
        begin(home, seat, image)
    assert "did not answer within 90 s" in capsys.readouterr().err
    assert accelerator.choose(home, image) == "tcg"
    with pytest.raises(NoAnswer):  # there is nothing to fall back to: it is the guest's own
        begin(home, seat, image)


def test_one_that_has_worked_before_is_not_blamed(
    home: Home, seat: Seat, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(start, "_run", lambda *_, **__: None)
    begin(home, seat, image)
    monkeypatch.setattr(start, "_run", fail)
    with pytest.raises(NoAnswer):
        begin(home, seat, image)
    assert accelerator.remembered(home, image) == "kvm"


def test_other_errors_are_no_sign(home: Home, seat: Seat, image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object, **__: object) -> None:
        raise MachineError("its kernel has panicked")

    monkeypatch.setattr(start, "_run", panic)
    with pytest.raises(MachineError, match="panicked"):
        begin(home, seat, image)
    assert accelerator.remembered(home, image) == "kvm"
