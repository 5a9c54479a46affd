"""The life cycle of a seat's machine: up, reset, goto, copies for checks, restore."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial

from provisioner.content.lab import Exercise, Lab
from provisioner.core import signals
from provisioner.core.errors import LabError, MachineError, UsageError
from provisioner.core.model import Layer
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.drivers.base import Driver, Forks, LayerStore, Snapshots
from provisioner.drivers.registry import attach, load
from provisioner.images import Image
from provisioner.provision import layer_builder, layer_store, stages, throwaway
from provisioner.provision.cost import announce
from provisioner.provision.layer_store import Stage
from provisioner.provision.prerequisites import image_of, require_kernel, require_programs
from provisioner.recovery import revive
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Record, Seat, seats


def up(home: Home, lab: Lab, seat: Seat, driver_name: str, image_name: str | None, *, agreed: bool = False) -> str:
    """Starts the seat's machine in the lab's initial state, or resumes the one that the learner has.

    agreed: a machine of another driver may be removed. Returns "already up", "continued" or "started".
    Raises LabError; a machine that was handed to a learner keeps its disk then.
    """
    driver = load(driver_name)
    require_kernel(lab, driver)
    record = seat.read()
    if record and record.driver != driver.info.name and record.phase == "ready" and not agreed:
        raise UsageError(
            f"seat {seat.name} has a machine of the driver {record.driver}, which --driver {driver.info.name} would remove",
            hint=f"lab up {lab.number} resumes it; lab destroy {lab.number}, or --yes, removes it",
        )
    require_programs(driver)
    tidy(home, seat)
    if record and record.driver == driver.info.name and (outcome := _resume_seat(lab, driver.attach(seat), record)):
        return outcome
    start(home, lab, seat, driver, image_name)
    return "started"


def sweep(home: Home) -> None:
    """Removes what killed commands left: half-built layers, machines of verifications and submissions."""
    layer_builder.sweep(home)
    throwaway.sweep(home)


def collect_garbage(home: Home) -> None:
    """Ends and removes what commands left that were killed: what sweep() does, copies for checks, and machines that were handed
    to nobody. A command that is at work holds a lock on what is its own."""
    sweep(home)
    for seat in seats(home):
        if not seat.is_locked:
            with seat.lock("lab gc"):
                _collect(seat)


def _collect(seat: Seat) -> None:
    try:
        if seat.fork.folder.exists():
            layer_builder.discard(seat.fork)
            say(f"✓ the copy of seat {seat.name} removed")
        record, machine = seat.read(), attach(seat)
        if record and machine and record.phase != "ready" and machine.status().state != "absent":
            machine.end()  # saves stay, and so does the record
            say(f"✓ seat {seat.name} had not been handed to anybody: its machine ended")
    except LabError as error:
        say(f"! what a command left in seat {seat.name} stays: {error.what}")


def tidy(home: Home, seat: Seat) -> None:
    """Removes what killed commands left, and this seat's copy for checks."""
    sweep(home)
    if seat.fork.folder.exists():
        layer_builder.discard(seat.fork)


def _resume_seat(lab: Lab, machine: Machine, record: Record) -> str:
    """Resumes an existing seat. Empty if it has no machine that was handed to a learner. Raises LabError."""
    if record.phase != "ready":
        say("! an earlier start of this seat was interrupted: starting again")
        return ""
    status, outcome = machine.status(), "already up"
    if status.state == "absent":
        say("! the machine of this seat is gone: starting a fresh one")
        return ""
    if status.state == "broken" or (status.state == "running" and not machine.answers()):
        status, outcome = revive(machine, status), "continued"
    if status.state == "running":
        return outcome
    with step("Resuming the machine", key="resume"):
        machine.resume(stages.spec_of(lab))
        signals.ignore_signals()
    return "continued"


def start(home: Home, lab: Lab, seat: Seat, driver: Driver, image_name: str | None, solved: Sequence[Exercise] = ()) -> None:
    """Starts the seat's machine from the prepared layer, which is prepared first if necessary."""
    require_kernel(lab, driver)
    tidy(home, seat)
    announce(home, lab, driver, image_name, solved)
    layer_builder.plan_again(lambda: _start(home, lab, seat, driver, image_name, solved))


def _start(home: Home, lab: Lab, seat: Seat, driver: Driver, image_name: str | None, solved: Sequence[Exercise]) -> None:
    image = image_of(lab, driver, image_name)
    stages_to_store, late_stages = stages.stages(lab, driver, solved)
    old_record = seat.read()
    record = Record(lab.slug, driver.info.name, image.name, variation=lab.variation)
    if old_record:
        record.hints, record.solved, record.saves = old_record.hints, old_record.solved, old_record.saves
    if isinstance(driver, LayerStore):
        launch = partial(_launch, home, lab, seat, driver, record, plan=late_stages)
        layer_builder.use(home, driver, stages.spec_of(lab), image, stages_to_store, launch)
    else:
        _launch(home, lab, seat, driver, record, image, late_stages)


def disruption_target(lab: Lab, seat: Seat, *, itself: bool) -> Callable[[], AbstractContextManager[Seat]] | None:
    """Gives the machine that a check may disturb: a disposable copy of the seat's, or (if requested) the machine itself."""
    machine = attach(seat)
    if not itself and isinstance(machine, Forks):
        original = machine
        return lambda: fork_machine(lab, seat, original)
    if not itself:
        return None
    say("! This check restarts the machine itself and makes its containers anew, after everything else holds.")
    return lambda: nullcontext(seat)


@contextmanager
def fork_machine(lab: Lab, seat: Seat, machine: Forks) -> Iterator[Seat]:
    """Copies the running machine for the duration of the block."""
    copy, record = seat.fork, seat.read()
    assert record is not None
    layer_builder.discard(copy)  # left by a killed check
    copy.create(Record(record.lab, record.driver, record.image, record.layer))
    try:
        machine.fork(replace(stages.spec_of(lab), disposable=True), copy)
        yield copy
    finally:
        layer_builder.discard(copy)


def restore(home: Home, lab: Lab, seat: Seat, machine: Snapshots, name: str) -> None:
    """Restores a saved state. Raises LabError if its layer is gone."""
    record = seat.read()
    assert record is not None
    layer, build = record.saves[name]
    if layer and layer_store.of_build(home, layer, build) is None:
        raise MachineError(
            "the layer of this saved state is gone", evidence=f"the layer {layer}-{build}", hint=f"lab reset {lab.number}"
        )
    machine.restore(stages.spec_of(lab), name)
    seat.update(layer=layer, build_id=build)


def _launch(home: Home, lab: Lab, seat: Seat, driver: Driver, record: Record, origin: Image | Layer, plan: list[Stage]) -> None:
    """Replaces the machine of the seat, which is untouched until everything slow has been prepared."""
    if isinstance(origin, Layer):
        record.layer, record.build_id = origin.key, layer_store.build_id(origin.folder)
    old_record, is_new = seat.read(), not seat.exists()
    if old_record and old_record.driver != driver.info.name:
        load(old_record.driver).attach(seat).end()
    seat.create(record)
    try:
        with step(f"Starting the machine of lab {lab.number}", key=f"resume {lab.slug}"):
            driver.start(seat, stages.spec_of(lab), origin)
        for stage in plan:
            with step(stage.title) as bar:
                stage.work(seat, bar)
        seat.update(phase="ready")
        signals.ignore_signals()
    except BaseException:
        with signals.deferred():
            driver.attach(seat).end()
            if is_new:  # the seat did not exist before; its logs stay
                seat.record_file.unlink(missing_ok=True)
        raise
