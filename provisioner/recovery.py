"""Brings back what a killed command, a full disk, a busy host or a corrupt record has left: no disk is lost by it."""

from contextlib import suppress

from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Endpoint, Status
from provisioner.core.progress import say, step
from provisioner.drivers.base import Driver, Resumes, Revives, Suspends
from provisioner.drivers.registry import load, names
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

LATE = 90.0  # seconds for the first answer of a machine that was brought back: it may be booting


def connect(seat: Seat, record: Record, end: Endpoint) -> None:
    record.address, record.port = end.address, end.port
    record.forwards = {str(there): here for there, here in end.forwards.items()}
    seat.write(record)
    ssh.configure(seat, end.address, end.port)


def revived(driver: Driver, seat: Seat, record: Record, state: Status) -> Status:
    """Raises LabError where the machine answers as little as before."""
    say(f"! the machine of this seat does not answer{f' ({state.detail})' if state.detail else ''}")
    if isinstance(driver, Revives):
        with step("Bringing it back", key="revive"):
            end = driver.revive(seat)
            if end is None:
                return driver.status(seat)
            connect(seat, record, end)
        if ssh.answers(record.address, record.port, patience=LATE):
            return Status("running")
    elif isinstance(driver, Resumes) and state.state == "broken":
        return Status("stopped", state.detail)
    raise MachineError(
        f"the machine of seat {seat.name} runs, and does not answer by SSH",
        evidence=state.detail,
        hint=f"wait, and try again; lab reset {seat.name.partition('-')[0]} gives it up",
    )


def let_go_on(seat: Seat) -> None:
    """A machine that a killed command has left standing still goes on. Raises LabError where it cannot."""
    if not seat.standing.exists() or seat.at_work:
        return
    with seat.lock("letting the machine go on"):
        record = seat.read()
        driver = load(record.driver) if record else None
        if record and seat.standing.exists() and isinstance(driver, Revives):
            say("· an earlier command was cut off while the machine stood still for it: it goes on")
            if end := driver.revive(seat):
                connect(seat, record, end)


def set_aside(seat: Seat) -> None:
    """A seat whose record is corrupt makes room for a new one. Its machine is suspended or switched off, and its disk kept."""
    for driver in makers(seat):
        with suppress(LabError):
            if driver.status(seat).state == "running" and isinstance(driver, Suspends):
                driver.suspend(seat)
            elif isinstance(driver, Revives):  # one that cannot be suspended is switched off by that
                driver.revive(seat)
    say(f"! the record of seat {seat.name} is corrupt: the seat is set aside, its disk is in {seat.set_aside()}")


def makers(seat: Seat) -> list[Driver]:
    """The drivers that have a machine in a seat's folder, asked of their back ends: for a seat whose record tells nothing."""
    found = []
    for name in names():
        with suppress(LabError):
            if ":" not in name and (driver := load(name)).status(seat).state != "absent":
                found.append(driver)
    return found
