"""No more machines of a driver at a time than there are slots, whoever verifies on this host."""

from threading import Event, Thread

from provisioner.core.paths import Home
from provisioner.drivers.registry import load
from provisioner.verify.slots import hold_slot


def test_who_comes_when_all_slots_are_taken_waits(home: Home) -> None:
    driver, entered = load("fake:plain"), Event()

    def enter() -> None:
        with hold_slot(home, driver, 2):
            entered.set()

    with hold_slot(home, driver, 2):
        with hold_slot(home, driver, 2):
            waiting = Thread(target=enter)
            waiting.start()
            assert not entered.wait(0.5)
        assert entered.wait(30)
    waiting.join()


def test_drivers_have_slots_of_their_own(home: Home) -> None:
    with hold_slot(home, load("fake"), 1), hold_slot(home, load("fake:disk"), 1):
        pass
