"""Builds the states of a plan, and provides disposable machines for its runs."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.outcome import Verdict
from provisioner.core.paths import Home
from provisioner.drivers.base import LayerStore
from provisioner.drivers.registry import attach, load
from provisioner.provision import layer_builder, layer_store, prerequisites, stages, throwaway
from provisioner.seats.seat import Record, Seat
from provisioner.verify.ask import ask
from provisioner.verify.perform import Tell, perform
from provisioner.verify.plan import Run, State
from provisioner.verify.slots import hold_slot

CHANCES = 2  # attempts: a connection lost on a busy host is no verdict


class LabWorkshop:
    """image: a name, instead of the first available image of each lab. side_by_side: the number of machines, by driver. A
    context manager, which ends its machines and removes the layers that only it used."""

    def __init__(self, home: Home, image: str | None, side_by_side: dict[str, int], seed: str = "") -> None:
        self._home, self._image, self._side_by_side = home, image, side_by_side
        self._seed = seed
        self._own_layers: dict[State, Layer] = {}  # layers that only this verification needs
        self._interruption = Event()
        self._stack, self._free_seats = ExitStack(), SimpleQueue[Seat]()
        throwaway.sweep(home)
        for _ in range(max(side_by_side.values())):
            self._free_seats.put(self._stack.enter_context(throwaway.place(home, "verify")))

    def __enter__(self) -> "LabWorkshop":
        return self

    def __exit__(self, *error: object) -> None:
        while not self._free_seats.empty():
            throwaway.clear(self._free_seats.get())
        self._stack.close()
        self._remove(list(self._own_layers))

    # --- for the executor

    def build(self, state: State) -> Layer:
        driver = load(state.driver)
        self._require_time()
        with hold_slot(self._home, driver, self._side_by_side[state.driver]):
            layer, was_stored = layer_builder.plan_again(lambda: self._build(state))
        if state.solved and load(state.driver).info.layers == "memory" and not was_stored:
            self._own_layers[state] = layer
        return layer

    def _build(self, state: State) -> tuple[Layer, bool]:
        """The layer, and whether it was there already."""
        driver = load(state.driver)
        assert isinstance(driver, LayerStore)
        image, spec = prerequisites.image_of(state.lab, driver, self._image), stages.spec_of(state.lab)
        plan, _ = stages.stages(state.lab, driver, state.solved)
        was_stored = layer_store.find(self._home, layer_store.keys(driver, spec, image, plan)[-1]) is not None
        return layer_builder.use(self._home, driver, spec, image, plan, lambda layer: layer), was_stored

    def perform(self, run: Run, layer: Layer, tell: Tell) -> list[Run]:
        driver = load(run.state.driver)
        with hold_slot(self._home, driver, self._side_by_side[run.state.driver]):
            return perform(run, self, layer, self._list_setup_scripts(run.state), tell)

    def release(self, driver: str, states: Sequence[State]) -> None:
        self._remove(states)

    def cut_off(self) -> None:
        """Ends the checks and connections of runs; __exit__ removes the machines."""
        import psutil

        self._interruption.set()
        machines = ("qemu", "unshare")  # machines, with their processes
        with suppress(psutil.Error):
            for child in psutil.Process().children():
                if not child.name().startswith(machines):
                    for process in (*child.children(recursive=True), child):
                        process.terminate()

    def _remove(self, states: Sequence[State]) -> None:
        """Removes layers of finished runs: half a gigabyte each."""
        for state in states:
            if layer := self._own_layers.pop(state, None):
                shutil.rmtree(layer.folder, ignore_errors=True)

    def _list_setup_scripts(self, state: State) -> list[Path]:
        """The scripts that solve the earlier exercises. None if the layer has that; and none that changes the host's kernel."""
        info = load(state.driver).info
        if info.layers == "memory":
            return []
        return [e.solutions[0] for e in state.solved if not (info.kernel == "host" and e.entry.own_kernel)]

    # --- for what is done on a machine

    def attempt(self, layer: Layer, lab: Lab, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        error = None
        for _ in range(CHANCES):
            start, seat, error = time.monotonic(), self._free_seats.get(), None
            try:
                if machine := attach(seat):  # of the run before, possibly of another driver
                    machine.end()
                self.restart(seat, lab, layer)
                work(seat)
            except LabError as failure:
                error = failure
            finally:
                self._free_seats.put(seat)
            if not error or self._interruption.is_set():
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

    def ask(self, seat: Seat, exercises: Sequence[Exercise], *, disruptive: bool = True) -> list[Verdict]:
        self._require_time()
        return ask(seat, exercises, disruptive=disruptive, seed=self._seed)

    def _require_time(self) -> None:
        if self._interruption.is_set():
            raise LabError("interrupted")
