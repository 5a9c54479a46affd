"""What the commands do, each as a short list of steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial

from . import building, images, interruption, layers, preparation, ssh
from .drivers import Driver, Finding, Forks, Layer, OwnImages, Resumes, Saves, SharesKernel, StoresLayers, load
from .errors import HostError, MachineError, UsageError
from .home import Home
from .images import Image
from .lab import Exercise, Lab
from .layers import Stage
from .progress import say, step
from .recovery import connect, revived
from .seat import Record, Seat


def missing(driver: Driver) -> list[Finding]:
    return [f for f in driver.preflight() if not f.found]


def up(home: Home, lab: Lab, seat: Seat, driver_name: str, image_name: str | None, *, agreed: bool = False) -> str:
    """Brings the seat's machine to where the lab begins, or leaves it where the learner is.

    agreed: a machine of another driver may be removed for it. Returns how: "already up", "continued" or "started".
    Raises LabError; no machine that was handed to a learner loses its disk by that.
    """
    driver = load(driver_name)
    demand_kernel(lab, driver)
    record = seat.read()
    if record and record.driver != driver.name and record.phase == "ready" and not agreed:
        raise UsageError(
            f"seat {seat.name} has a machine of the driver {record.driver}, which --driver {driver.name} would remove",
            hint=f"lab up {lab.number} goes on with it; lab destroy {lab.number}, or --yes, removes it",
        )
    if lacking := missing(driver):
        raise HostError(
            f"the driver {driver.name} lacks: {', '.join(f.what for f in lacking)}",
            hint="lab doctor names the command that installs it",
        )
    tidy(home, driver, seat)
    if record and record.driver == driver.name and (how := _go_on(driver, lab, seat, record)):
        return how
    start(home, lab, seat, driver, image_name)
    return "started"


def tidy(home: Home, driver: Driver, seat: Seat) -> None:
    """Clears away what killed commands left: half-built layers, a copy that was being disturbed."""
    building.sweep(home, driver)
    if seat.fork.folder.exists():
        building.discard(driver, seat.fork)


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
        end = driver.resume(seat, preparation.machine_of(lab))
        connect(seat, record, end)
        interruption.too_late()
    return "continued"


def start(
    home: Home, lab: Lab, seat: Seat, driver: Driver, image_name: str | None, solved: Sequence[Exercise] = ()
) -> None:
    """Makes the seat's machine from the prepared layer (preparing it first, if need be)."""
    demand_kernel(lab, driver)
    tidy(home, driver, seat)
    machine = preparation.machine_of(lab)
    image = image_of(home, lab, driver, image_name)
    stored, then = preparation.stages(lab, driver, solved)
    old = seat.read()
    record = Record(lab.slug, driver.name, image.name, variation=lab.variation)
    if old:
        record.hints, record.solved, record.saves = old.hints, old.solved, old.saves
    if isinstance(driver, StoresLayers):
        launch = partial(_launch, home, lab, seat, driver, record, plan=then)
        building.use(home, driver, machine, image, stored, launch)
    else:
        _launch(home, lab, seat, driver, record, image, then)


def image_of(home: Home, lab: Lab, driver: Driver, name: str | None = None) -> Image:
    """What its machine boots from: the image of that name, else the first of the lab's that can be had."""
    wanted = [name] if name else lab.manifest.images
    return driver.image(wanted) if isinstance(driver, OwnImages) else images.ensure(home, wanted)


def kernel_is_there(lab: Lab, driver: Driver) -> bool:
    """Whether a driver's machines have what the lab is about."""
    return not (lab.own_kernel and isinstance(driver, SharesKernel))


def demand_kernel(lab: Lab, driver: Driver) -> None:
    if not kernel_is_there(lab, driver):
        raise UsageError(
            f"lab {lab.number} is about the machine's own kernel, and with {driver.name} it has the host's",
            hint="--driver qemu",
        )


def disturbable(lab: Lab, seat: Seat, *, itself: bool) -> Callable[[], AbstractContextManager[Seat]] | None:
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
    building.discard(maker, copy)  # one that a killed check left
    copy.create(Record(record.lab, record.driver, record.image, record.layer))
    try:
        end = driver.fork(seat, replace(preparation.machine_of(lab), disposable=True), copy)
        ssh.configure(copy, end.address, end.port)
        yield copy
    finally:
        building.discard(maker, copy)


def restore(home: Home, lab: Lab, seat: Seat, record: Record, driver: Saves, name: str) -> None:
    """Raises LabError where the save stands on a layer that is not there any more."""
    layer, build = record.saves[name]
    if layer and layers.of_build(home, layer, build) is None:
        raise MachineError(
            "what this state stands on is gone", evidence=f"the layer {layer}-{build}", hint=f"lab reset {lab.number}"
        )
    end = driver.restore(seat, preparation.machine_of(lab), name)
    record.layer, record.made = layer, build
    connect(seat, record, end)


def _launch(
    home: Home, lab: Lab, seat: Seat, driver: Driver, record: Record, origin: Image | Layer, plan: list[Stage]
) -> None:
    """In the place of the machine that the seat had, which is left alone until all that is slow has been prepared."""
    if isinstance(origin, Layer):
        record.layer, record.made = origin.key, layers.build_id(origin.folder)
    old, new = seat.read(), not seat.exists()
    if old and old.driver != driver.name:
        load(old.driver).destroy(seat)
    seat.create(record)
    try:
        with step(f"Starting the machine of lab {lab.number}", key=f"resume {lab.slug}"):
            end = driver.up(seat, preparation.machine_of(lab), origin)
            connect(seat, record, end)
        for stage in plan:
            with step(stage.title) as now:
                stage.work(seat, now)
        record.phase = "ready"
        seat.write(record)
        interruption.too_late()
    except BaseException:
        with interruption.deferred():
            driver.destroy(seat)
            if new:  # there is no such seat; its logs say why
                seat.record_file.unlink(missing_ok=True)
        raise
