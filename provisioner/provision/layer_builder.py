"""Makes the layers that are missing, each in a machine of its own, and clears away what a cut-off making left."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import TypeVar

from provisioner.core.errors import LabError
from provisioner.core.files import remove_leftovers, remove_tree
from provisioner.core.model import CapabilityLost, Layer, LayerRefused, Spec
from provisioner.core.paths import Home, private_folder, sync_folder, sync_tree
from provisioner.core.progress import say, step
from provisioner.core.state_file import NewerVersion
from provisioner.drivers.base import Driver, LayerStore
from provisioner.drivers.registry import machines
from provisioner.images import Image
from provisioner.provision import layer_store, scratch
from provisioner.provision.converted import quicker
from provisioner.provision.layer_store import Stage, find, keys
from provisioner.seats.machine import Machine
from provisioner.seats.seat import CorruptRecord, Record, Seat, hold_lock, make_layer_seat

Outcome = TypeVar("Outcome")

_CAPABILITIES = 2  # an accelerator; storing a machine with its memory


def use(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage], work: Callable[[Layer], Outcome]) -> Outcome:
    """work(layer) with all stages done. A layer that is bad, by evidence about the layer itself, is made anew: the back end ran
    and refused it, or its files are not those that were stored. Any other failure is told, and nothing is removed."""
    for _ in stages:
        try:
            return work(prepare(home, driver, spec, image, stages))
        except CapabilityLost:
            raise
        except LabError as error:
            if not _replace_bad(home, _stack(home, driver, spec, image, stages), error):
                raise
    return work(prepare(home, driver, spec, image, stages))


def plan_again(work: Callable[[], Outcome]) -> Outcome:
    """work(), which plans and builds; once more for each thing that a back end turns out not to be capable of on this host."""
    for _ in range(_CAPABILITIES):
        with suppress(CapabilityLost):
            return work()
    return work()


def _stack(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage]) -> list[Layer]:
    """The layers that are there for these stages, the uppermost first."""
    assert isinstance(driver, LayerStore)
    layers = (find(home, key) for key in reversed(keys(driver, spec, image, stages)))
    return next((layer_store.stack(home, layer) for layer in layers if layer), [])


def _replace_bad(home: Home, stack: list[Layer], error: LabError) -> bool:
    """Whether one of the layers was bad, and is out of the way now. error: what came of starting from the uppermost."""
    replaced = False
    for layer in stack:
        refused = isinstance(error, LayerRefused) and error.layer == layer.folder.name
        if reason := error.what if refused else layer_store.damage(layer):
            replaced = True
            say(f"! the stored layer {layer.folder.name} cannot be used ({reason}): preparing it anew")
            with hold_lock(home.layers / f".{layer.key}.lock", "replacing a damaged layer"):
                layer_store.refuse(layer, reason)
                layer_store.remove(home, layer.folder)
    return replaced


def prepare(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage]) -> Layer:
    """The layer with all stages done; builds what is missing. The driver must store layers. Raises LabError."""
    assert isinstance(driver, LayerStore)
    layer_key = keys(driver, spec, image, stages)[-1]
    with hold_lock(home.layers / f".{layer_key}.lock", f"preparing {stages[-1].name}"):
        return find(home, layer_key) or _build(home, driver, spec, image, stages, layer_key)


def rebuild(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage], disk: Layer) -> Layer:
    """The same layer, made of its disk as another host has stored it: that boots, and what a boot does not bring back is done
    again. The new layer stands on disk. Raises LabError."""
    assert isinstance(driver, LayerStore)
    layer_key, stage = keys(driver, spec, image, stages)[-1], stages[-1]
    with hold_lock(home.layers / f".{layer_key}.lock", f"preparing {stage.name}"):
        make = partial(_convert, driver, spec, disk, stage)
        return find(home, layer_key) or _store_build(home, driver, image, disk, stage, layer_key, make)


def _build(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage], layer_key: str) -> Layer:
    *earlier, stage = stages
    if converted := _build_in_container(home, driver, spec, image, stages):
        try:
            return _store_build(home, driver, image, None, stage, layer_key, partial(_convert, driver, spec, converted, stage))
        except CapabilityLost:
            raise
        except LabError as error:
            _say_slower(driver, stage, error)
    origin = prepare(home, driver, spec, image, earlier) if earlier else image
    return _store_build(home, driver, image, origin, stage, layer_key, partial(_work, driver, spec, image, origin, stage))


def _store_build(
    home: Home, driver: Driver, image: Image, origin: Image | Layer | None, stage: Stage, layer_key: str,
    make: Callable[[Seat], AbstractContextManager[Machine]],
) -> Layer:  # fmt: skip
    """The layer of the machine that make() gives for as long as it is stored. origin: what it stands on."""
    assert isinstance(driver, LayerStore)
    seat = make_layer_seat(home, layer_key)
    if seat.exists():
        say(f"! an earlier preparation of {stage.name} was cut off: starting it again")
        discard(seat)
    build = secrets.token_hex(4)
    place, staging = home.layers / f"{layer_key}-{build}", home.layers / f".{layer_key}.new"
    remove_tree(staging)
    private_folder(staging)
    try:
        seat.create(Record(lab=stage.name, driver=driver.info.name, layer=layer_key, build_id=build))
        with make(seat) as machine, step(f"Storing it ({stage.name})", key=f"store {stage.name}"):
            driver.store(machine, staging)
            (staging / "image").write_text(image.id + "\n")
            layer_store.write_note(staging, {
                "stage": stage.name, "key": layer_key, "image": image.id, "build_id": build, "driver": driver.info.name,
                "parent": origin.folder.name if isinstance(origin, Layer) else None,
                "files": layer_store.sizes(staging), "sums": layer_store.checksums(staging),
            })  # fmt: skip
            sync_tree(staging)
        staging.rename(place)
        sync_folder(home.layers)
    except BaseException as error:
        _keep_logs(home, seat, error)
        raise
    finally:
        discard(seat)
        remove_tree(staging)
    for older in layer_store.folders(home, layer_key)[:-1]:  # it was damaged, or refused
        say(f"! the stored layer {stage.name} was damaged: it is replaced" + ("" if layer_store.remove(home, older) else (
            f"; {older.name} stays, because a seat stands on it")))  # fmt: skip
    return Layer(layer_key, place, driver.info.name)


@contextmanager
def _work(
    driver: Driver, spec: Spec, image: Image, origin: Image | Layer, stage: Stage, seat: Seat
) -> Iterator[Machine]:  # fmt: skip
    """The stage, done in a machine of its own, which ends with the block."""
    verb = "Resuming" if isinstance(origin, Layer) else "Booting"
    with step(f"{verb} a machine to prepare", key=f"{verb} {image.name}"):
        machine = driver.start(seat, spec, origin, building=True)
    with machine:
        with step(stage.title, key=f"stage {stage.name}") as bar:
            stage.work(seat, bar)
        yield machine


@contextmanager
def _convert(driver: Driver, spec: Spec, layer: Layer, stage: Stage, seat: Seat) -> Iterator[Machine]:
    """The stage, as another driver's machine has it."""
    with step(f"Booting a machine of it ({stage.name})", key=f"convert {stage.name}"):
        machine = driver.start(seat, spec, layer, building=True)
    with machine:
        if stage.after_boot:
            with step(f"After its boot ({stage.name})", key=f"after boot {stage.name}") as bar:
                stage.after_boot(seat, bar)
        yield machine


def _build_in_container(home: Home, driver: Driver, spec: Spec, image: Image, stages: list[Stage]) -> Layer | None:
    """The stages, done by another driver, where that is quicker and a boot brings back what they leave."""
    if not all(stage.survives_reboot for stage in stages) or (maker := quicker(home, driver, image)) is None:
        return None
    say(f"· {stages[-1].name} is prepared by {maker.info.name}, which is quicker here; {driver.info.name} boots what comes out")
    try:
        return prepare(home, maker, spec, image, stages)
    except LabError as error:
        _say_slower(maker, stages[-1], error)
        return None


def _say_slower(driver: Driver, stage: Stage, error: LabError) -> None:
    say(f"! {driver.info.name}: {error.what}; preparing {stage.name} in the machine itself, which takes longer")


def sweep(home: Home) -> None:
    """Clears away what a killed preparation left: its machine, its folders. What is being prepared now is locked. What cannot
    be cleared away keeps nobody from working."""
    from filelock import FileLock, Timeout

    for folder in (home.layers, home.seats):
        remove_leftovers(folder)
    for folder in home.layers.glob("b-*"):
        with suppress(Timeout), ExitStack() as lock_stack:
            try:
                record = Seat(folder).read()
            except CorruptRecord:
                record = None
            except NewerVersion:
                continue
            # Who prepares holds the lock of the layer's key before there is a note that names it.
            locks = [f".{record.layer}.lock"] if record else [f.name for f in home.layers.glob(f".{folder.name[2:]}*.lock")]
            for lock in locks:
                lock_stack.enter_context(FileLock(home.layers / lock, timeout=0))
            try:
                discard(Seat(folder))
                if record:
                    remove_tree(home.layers / f".{record.layer}.new")
            except LabError as error:
                say(f"! what an earlier preparation left in {folder} stays: {error.what}")


def _keep_logs(home: Home, seat: Seat, error: BaseException) -> None:
    """The seat of a failed preparation goes, its logs stay, and the error says where."""
    if not seat.logs.is_dir():
        return
    target = home.layers / "failed"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(seat.logs, target)
    if isinstance(error, LabError):
        error.hint = error.hint.replace(str(seat.logs), str(target))


def discard(seat: Seat) -> None:
    """Ends a machine that nobody works in any more, by the driver that made it, and removes its seat. Raises LabError."""
    remaining_machines = machines(seat)
    scratch.clear(seat)
    for machine in remaining_machines:
        machine.end()
    seat.remove()
