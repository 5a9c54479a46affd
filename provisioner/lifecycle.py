"""What the commands do, each as a short list of steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial

from provisioner.content.lab import Exercise, Lab
from provisioner.core import signals
from provisioner.core.errors import MachineError, UsageError
from provisioner.core.model import Layer
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.drivers.base import Driver, Forks, LayerStore, Snapshots
from provisioner.drivers.registry import attach, load
from provisioner.images import Image
from provisioner.provision import layer_builder, layer_store, stages, throwaway
from provisioner.provision.layer_store import Stage
from provisioner.provision.prerequisites import image_of, require_kernel, require_programs
from provisioner.recovery import revive
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Record, Seat


def up(home: Home, lab: Lab, seat: Seat, driver_name: str, image_name: str | None, *, agreed: bool = False) -> str:
    """Brings the seat's machine to where the lab begins, or leaves it where the learner is.

    agreed: a machine of another driver may be removed for it. Returns how: "already up", "continued" or "started".
    Raises LabError; no machine that was handed to a learner loses its disk by that.
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
    if record and record.driver == driver.info.name and (outcome := _go_on(lab, driver.attach(seat), record)):
        return outcome
    start(home, lab, seat, driver, image_name)
    return "started"


def sweep(home: Home) -> None:
    """Clears away what killed commands left: half-built layers, machines of verifications and submissions."""
    layer_builder.sweep(home)
    throwaway.sweep(home)


def tidy(home: Home, seat: Seat) -> None:
    """And of this seat: a copy that was being disturbed."""
    sweep(home)
    if seat.fork.folder.exists():
        layer_builder.discard(seat.fork)


def _go_on(lab: Lab, machine: Machine, record: Record) -> str:
    """Takes up a seat that is there, or raises LabError. Empty if there is no machine that a learner has had."""
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
    """Makes the seat's machine from the prepared layer (preparing it first, if need be)."""
    require_kernel(lab, driver)
    tidy(home, seat)
    image = image_of(lab, driver, image_name)
    stored, late_stages = stages.stages(lab, driver, solved)
    old = seat.read()
    record = Record(lab.slug, driver.info.name, image.name, variation=lab.variation)
    if old:
        record.hints, record.solved, record.saves = old.hints, old.solved, old.saves
    if isinstance(driver, LayerStore):
        launch = partial(_launch, home, lab, seat, driver, record, plan=late_stages)
        layer_builder.use(home, driver, stages.spec_of(lab), image, stored, launch)
    else:
        _launch(home, lab, seat, driver, record, image, late_stages)


def disruption_target(lab: Lab, seat: Seat, *, itself: bool) -> Callable[[], AbstractContextManager[Seat]] | None:
    """Where a check may restart things: a throw-away copy of the seat, else (if asked for) the machine itself."""
    machine = attach(seat)
    if not itself and isinstance(machine, Forks):
        original = machine
        return lambda: forked(lab, seat, original)
    if not itself:
        return None
    say("! This check restarts the machine itself, after everything else holds.")
    return lambda: nullcontext(seat)


@contextmanager
def forked(lab: Lab, seat: Seat, machine: Forks) -> Iterator[Seat]:
    """A copy of the running machine, for as long as the block lasts."""
    copy, record = seat.fork, seat.read()
    assert record is not None
    layer_builder.discard(copy)  # one that a killed check left
    copy.create(Record(record.lab, record.driver, record.image, record.layer))
    try:
        machine.fork(replace(stages.spec_of(lab), disposable=True), copy)
        yield copy
    finally:
        layer_builder.discard(copy)


def restore(home: Home, lab: Lab, seat: Seat, machine: Snapshots, name: str) -> None:
    """Raises LabError where the save stands on a layer that is not there any more."""
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
    """In the place of the machine that the seat had, which is left alone until all that is slow has been prepared."""
    if isinstance(origin, Layer):
        record.layer, record.build_id = origin.key, layer_store.build_id(origin.folder)
    old, new = seat.read(), not seat.exists()
    if old and old.driver != driver.info.name:
        load(old.driver).attach(seat).end()
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
            if new:  # there is no such seat; its logs say why
                seat.record_file.unlink(missing_ok=True)
        raise
