"""Builds the states of a plan, and gives its runs machines: throw-away ones, so many side by side."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.outcome import Verdict
from provisioner.core.paths import Home
from provisioner.drivers.base import LayerStore, Rewinds
from provisioner.drivers.registry import attach, load
from provisioner.provision import layer_builder, layer_store, prerequisites, stages, throwaway
from provisioner.seats.seat import Record, Seat
from provisioner.verify.ask import ask
from provisioner.verify.perform import Tell, perform
from provisioner.verify.plan import Run, State
from provisioner.verify.slots import slot

CHANCES = 2  # a connection that was lost on a busy host is no verdict


class LabWorkshop:
    """image: the name of another one than each lab's first that is available. side_by_side: machines, by driver. A context
    manager: it ends its machines, and removes what it alone has built."""

    def __init__(self, home: Home, image: str | None, side_by_side: dict[str, int], seed: str = "") -> None:
        self._home, self._image, self._side_by_side = home, image, side_by_side
        self._seed = seed
        self._built: dict[State, Layer] = {}  # that only this verification needs
        self._over = Event()
        self._places, self._free = ExitStack(), SimpleQueue[Seat]()
        throwaway.sweep(home)
        for _ in range(max(side_by_side.values())):
            self._free.put(self._places.enter_context(throwaway.place(home, "verify")))

    def __enter__(self) -> "LabWorkshop":
        return self

    def __exit__(self, *error: object) -> None:
        while not self._free.empty():
            throwaway.clear(self._free.get())
        self._places.close()
        self._remove(list(self._built))

    # --- for the executor

    def build(self, state: State) -> Layer:
        driver = load(state.driver)
        assert isinstance(driver, LayerStore)
        self._require_time()
        with slot(self._home, driver, self._side_by_side[state.driver]):
            image, spec = prerequisites.image_of(state.lab, driver, self._image), stages.spec_of(state.lab)
            plan, _ = stages.stages(state.lab, driver, state.solved)
            known = layer_store.find(self._home, layer_store.keys(driver, spec, image, plan)[-1])
            layer = layer_builder.use(self._home, driver, spec, image, plan, lambda layer: layer)
        if state.solved and driver.info.layers == "memory" and not known:
            self._built[state] = layer
        return layer

    def perform(self, run: Run, layer: Layer, tell: Tell) -> list[Run]:
        driver = load(run.state.driver)
        with slot(self._home, driver, self._side_by_side[run.state.driver]):
            return perform(run, self, layer, self._before(run.state), tell)

    def release(self, driver: str, states: Sequence[State]) -> None:
        self._remove(states)

    def cut_off(self) -> None:
        """Checks and connections of runs end; machines are put away one by one."""
        import psutil

        self._over.set()
        machines = ("qemu", "unshare")  # and what is in them
        with suppress(psutil.Error):
            for child in psutil.Process().children():
                if not child.name().startswith(machines):
                    for process in (*child.children(recursive=True), child):
                        process.terminate()

    def _remove(self, states: Sequence[State]) -> None:
        """Layers that only finished runs needed: half a gigabyte each."""
        for state in states:
            if layer := self._built.pop(state, None):
                shutil.rmtree(layer.folder, ignore_errors=True)

    def _before(self, state: State) -> list[Path]:
        """What is applied first, so that an exercise begins: nothing, where that is in the layer; and nothing to the host's
        kernel."""
        info = load(state.driver).info
        if info.layers == "memory":
            return []
        return [e.solutions[0] for e in state.solved if not (info.kernel == "host" and e.entry.own_kernel)]

    # --- for what is done on a machine

    def attempt(self, layer: Layer, lab: Lab, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        error = None
        for _ in range(CHANCES):
            start, seat, error = time.monotonic(), self._free.get(), None
            try:
                if machine := attach(seat):  # of the run before this one, perhaps by another driver
                    machine.end()
                self.restart(seat, lab, layer)
                work(seat)
            except LabError as failure:
                error = failure
            finally:
                self._free.put(seat)
            if not error or self._over.is_set():
                break
        return time.monotonic() - start, error

    def restart(self, seat: Seat, lab: Lab, layer: Layer) -> None:
        self._require_time()
        image = (layer.folder / "image").read_text().strip()
        seat.create(Record(lab.slug, layer.driver, image, layer.key))
        load(layer.driver).start(seat, replace(stages.spec_of(lab), disposable=True), layer)
        self._require_time()

    def apply(self, seat: Seat, script: Path) -> None:
        self._require_time()
        stages.apply(seat, script)

    def ask(self, seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]:
        self._require_time()
        return ask(seat, exercises, disturbing=disturbing, seed=self._seed)

    def mark(self, seat: Seat) -> Callable[[], bool] | None:
        machine = attach(seat)
        if not isinstance(machine, Rewinds):
            return None
        machine.run("true")  # whose processes are there from now on
        with suppress(LabError):
            return partial(machine.rewind, machine.mark())
        return None

    def _require_time(self) -> None:
        if self._over.is_set():
            raise LabError("interrupted")
