"""Recovers seats after killed commands, full disks and corrupt records, without loss of a disk."""

from contextlib import suppress

from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import Status
from provisioner.core.progress import say, step
from provisioner.drivers.base import Snapshots
from provisioner.drivers.registry import attach, machines
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

ANSWER_PATIENCE = 90.0  # seconds for the first answer of a recovered machine, which may be booting


def revive(machine: Machine, status: Status) -> Status:
    """Recovers a machine that does not answer. Returns its status: running or stopped. Raises LabError if it still does not
    answer."""
    seat = machine.seat
    say(f"! the machine of this seat does not answer{f' ({status.detail})' if status.detail else ''}")
    with step("Recovering the machine", key="revive"):
        status = machine.revive()
        if status.state != "running":
            return Status("stopped", status.detail)
        if machine.answers(ANSWER_PATIENCE):
            return status
    raise MachineError(
        f"the machine of seat {seat.name} is running, but does not answer by SSH",
        evidence=status.detail,
        hint=f"wait and try again; or lab reset {seat.name.partition('-')[0]}, which removes its disk",
    )


def resume_paused(seat: Seat) -> None:
    """Resumes a machine that a killed command has left paused. Raises LabError."""
    if not seat.pause_file.exists() or seat.is_locked:
        return
    with seat.lock("letting the machine go on"):
        if seat.pause_file.exists() and (machine := attach(seat)):
            say("· an earlier command was interrupted and left the machine paused: resuming it")
            machine.revive()


def set_aside(seat: Seat) -> None:
    """Sets aside a seat whose record is corrupt. Its machine is suspended or switched off, and its disk kept."""
    for machine in machines(seat):
        with suppress(LabError):
            if machine.status().state == "running" and isinstance(machine, Snapshots):
                machine.suspend()
            else:  # revive() switches off a machine that cannot be suspended
                machine.revive()
    say(f"! the record of seat {seat.name} is corrupt: the seat is set aside, its disk is in {seat.set_aside()}")
