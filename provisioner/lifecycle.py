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
from provisioner.drivers.base import Driver, Forks, Resumes, Saves, StoresLayers
from provisioner.drivers.registry import load
from provisioner.images import Image
from provisioner.provision import layer_builder, layer_store, stages
from provisioner.provision.layer_store import Stage
from provisioner.provision.prerequisites import image_of, require_kernel, require_programs
from provisioner.recovery import connect, revived
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat


def up(home: Home, lab: Lab, seat: Seat, driver_name: str, image_name: str | None, *, agreed: bool = False) -> str:
    """Brings the seat's machine to where the lab begins, or leaves it where the learner is.

    agreed: a machine of another driver may be removed for it. Returns how: "already up", "continued" or "started".
    Raises LabError; no machine that was handed to a learner loses its disk by that.
    """
    driver = load(driver_name)
    require_kernel(lab, driver)
    record = seat.read()
    if record and record.driver != driver.name and record.phase == "ready" and not agreed:
        raise UsageError(
            f"seat {seat.name} has a machine of the driver {record.driver}, which --driver {driver.name} would remove",
            hint=f"lab up {lab.number} goes on with it; lab destroy {lab.number}, or --yes, removes it",
        )
    require_programs(driver)
    tidy(home, driver, seat)
    if record and record.driver == driver.name and (how := _go_on(driver, lab, seat, record)):
        return how
    start(home, lab, seat, driver, image_name)
    return "started"


def tidy(home: Home, driver: Driver, seat: Seat) -> None:
    """Clears away what killed commands left: half-built layers, a copy that was being disturbed."""
    layer_builder.sweep(home, driver)
    if seat.fork.folder.exists():
        layer_builder.discard(driver, seat.fork)


def _go_on(driver: Driver, lab: Lab, seat: Seat, record: Record) -> str:
    """Takes up a seat that is there, or raises LabError. Empty if there is no machine that a learner has had."""
    if record.phase != "ready":
        say("! an earlier start of this seat was cut off: starting it again")
        return ""
    state, how = driver.status(seat), "already up"
    if state.state == "absent":
        say("! the machine of this seat is gone: starting it from its beginning")
        return ""
    if state.state == "broken" or (state.state == "running" and not ssh.answers(record.address, record.port)):
        state, how = revived(driver, seat, record, state), "continued"
    if state.state == "running":
        return how
    if not isinstance(driver, Resumes):
        raise MachineError(f"the machine of seat {seat.name} does not run: {state.detail}", hint=f"lab reset {lab.number}")
    with step("Going on where it was stopped", key="resume"):
        end = driver.resume(seat, stages.machine_of(lab))
        connect(seat, record, end)
        signals.ignore_signals()
    return "continued"


def start(home: Home, lab: Lab, seat: Seat, driver: Driver, image_name: str | None, solved: Sequence[Exercise] = ()) -> None:
    """Makes the seat's machine from the prepared layer (preparing it first, if need be)."""
    require_kernel(lab, driver)
    tidy(home, driver, seat)
    machine = stages.machine_of(lab)
    image = image_of(home, lab, driver, image_name)
    stored, then = stages.stages(lab, driver, solved)
    old = seat.read()
    record = Record(lab.slug, driver.name, image.name, variation=lab.variation)
    if old:
        record.hints, record.solved, record.saves = old.hints, old.solved, old.saves
    if isinstance(driver, StoresLayers):
        launch = partial(_launch, home, lab, seat, driver, record, plan=then)
        layer_builder.use(home, driver, machine, image, stored, launch)
    else:
        _launch(home, lab, seat, driver, record, image, then)


def disruption_target(lab: Lab, seat: Seat, *, itself: bool) -> Callable[[], AbstractContextManager[Seat]] | None:
    """Where a check may restart things: a throw-away copy of the seat, else (if asked for) the machine itself."""
    record = seat.read()
    assert record is not None
    driver = load(record.driver)
    if not itself and isinstance(driver, Forks):
        forks = driver
        return lambda: forked(lab, seat, record, forks)
    if not itself:
        return None
    say("! This check restarts the machine itself, once what it asks for holds now.")
    return lambda: nullcontext(seat)


@contextmanager
def forked(lab: Lab, seat: Seat, record: Record, driver: Forks) -> Iterator[Seat]:
    """A copy of the running machine, for as long as the block lasts."""
    copy, maker = seat.fork, load(record.driver)
    layer_builder.discard(maker, copy)  # one that a killed check left
    copy.create(Record(record.lab, record.driver, record.image, record.layer))
    try:
        end = driver.fork(seat, replace(stages.machine_of(lab), disposable=True), copy)
        ssh.configure(copy, end.address, end.port)
        yield copy
    finally:
        layer_builder.discard(maker, copy)


def restore(home: Home, lab: Lab, seat: Seat, record: Record, driver: Saves, name: str) -> None:
    """Raises LabError where the save stands on a layer that is not there any more."""
    layer, build = record.saves[name]
    if layer and layer_store.of_build(home, layer, build) is None:
        raise MachineError(
            "what this state stands on is gone", evidence=f"the layer {layer}-{build}", hint=f"lab reset {lab.number}"
        )
    end = driver.restore(seat, stages.machine_of(lab), name)
    record.layer, record.made = layer, build
    connect(seat, record, end)


def _launch(home: Home, lab: Lab, seat: Seat, driver: Driver, record: Record, origin: Image | Layer, plan: list[Stage]) -> None:
    """In the place of the machine that the seat had, which is left alone until all that is slow has been prepared."""
    if isinstance(origin, Layer):
        record.layer, record.made = origin.key, layer_store.build_id(origin.folder)
    old, new = seat.read(), not seat.exists()
    if old and old.driver != driver.name:
        load(old.driver).destroy(seat)
    seat.create(record)
    try:
        with step(f"Starting the machine of lab {lab.number}", key=f"resume {lab.slug}"):
            end = driver.up(seat, stages.machine_of(lab), origin)
            connect(seat, record, end)
        for stage in plan:
            with step(stage.title) as now:
                stage.work(seat, now)
        record.phase = "ready"
        seat.write(record)
        signals.ignore_signals()
    except BaseException:
        with signals.deferred():
            driver.destroy(seat)
            if new:  # there is no such seat; its logs say why
                seat.record_file.unlink(missing_ok=True)
        raise
