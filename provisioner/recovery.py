"""Brings back what a killed command, a full disk, a busy host or a corrupt record has left: no disk is lost by it."""

from contextlib import suppress

from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Status
from provisioner.core.progress import say, step
from provisioner.drivers.base import Snapshots
from provisioner.drivers.registry import attach, machines
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

LATE = 90.0  # seconds for the first answer of a machine that was brought back: it may be booting


def revive(machine: Machine, status: Status) -> Status:
    """How it stands then: running, or stopped. Raises LabError where the machine answers as little as before."""
    seat = machine.seat
    say(f"! the machine of this seat does not answer{f' ({status.detail})' if status.detail else ''}")
    with step("Recovering the machine", key="revive"):
        status = machine.revive()
        if status.state != "running":
            return Status("stopped", status.detail)
        if machine.answers(LATE):
            return status
    raise MachineError(
        f"the machine of seat {seat.name} is running, but does not answer by SSH",
        evidence=status.detail,
        hint=f"wait and try again; or lab reset {seat.name.partition('-')[0]}, which removes its disk",
    )


def let_go_on(seat: Seat) -> None:
    """A machine that a killed command has left standing still goes on. Raises LabError where it cannot."""
    if not seat.standing.exists() or seat.at_work:
        return
    with seat.lock("letting the machine go on"):
        if seat.standing.exists() and (machine := attach(seat)):
            say("· an earlier command was interrupted and left the machine paused: resuming it")
            machine.revive()


def set_aside(seat: Seat) -> None:
    """A seat whose record is corrupt makes room for a new one. Its machine is suspended or switched off, and its disk kept."""
    for machine in machines(seat):
        with suppress(LabError):
            if machine.status().state == "running" and isinstance(machine, Snapshots):
                machine.suspend()
            else:  # one that cannot be suspended is switched off by that
                machine.revive()
    say(f"! the record of seat {seat.name} is corrupt: the seat is set aside, its disk is in {seat.set_aside()}")
