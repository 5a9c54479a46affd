"""Throw-away machines for `lab verify`: so many side by side, each made from a stored layer for one piece of work."""

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from typing import Any

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.outcome import Verdict
from provisioner.core.paths import Home, private_folder
from provisioner.drivers.base import Driver
from provisioner.drivers.registry import attach, load
from provisioner.provision import stages, throwaway
from provisioner.seats.seat import Record, Seat

PATIENCE = 900.0  # seconds for one run of checks
CHANCES = 2  # a connection that was lost on a busy host is no verdict


class MachinePool:
    """Machines of this host, so many of a driver's at a time, whoever else verifies here. jobs: by the name of a driver."""

    def __init__(self, home: Home, jobs: Mapping[str, int]) -> None:
        self.home, self.jobs = home, jobs
        self.over = threading.Event()  # what has not begun does not begin
        self._at_work, self._changed = Counter[str](), threading.Condition()  # attempts, by kind
        self._waiting: list[tuple[str, object]] = []
        self._free: SimpleQueue[Seat] = SimpleQueue()
        self._places = ExitStack()
        throwaway.sweep(home)
        for _ in range(max(jobs.values())):
            self._free.put(self._places.enter_context(throwaway.place(home, "verify")))

    def attempt(
        self, exercises: Sequence[Exercise], layer: Layer, work: Callable[[Seat], None]
    ) -> tuple[float, LabError | None]:
        """Gives the work a machine that was just resumed from the layer; once more on another one after an error. exercises:
        of one lab, that will be asked.

        Returns the seconds that the last attempt took, and its error.
        """
        driver = load(layer.driver)
        with self._turn(driver.info.name, timed=any(e.entry.timed for e in exercises)), self.slot(driver):
            for chance in range(CHANCES):
                began, seat, failed = time.monotonic(), self._free.get(), None
                try:
                    self._end(seat)
                    self.start(seat, exercises[0].lab, layer)
                    work(seat)
                except LabError as error:
                    failed = error
                finally:
                    self._free.put(seat)
                if not failed or self.over.is_set() or chance + 1 == CHANCES:
                    break
        return time.monotonic() - began, failed

    def start(self, seat: Seat, lab: Lab, layer: Layer) -> None:
        self.go_on()
        image = (layer.folder / "image").read_text().strip()
        seat.create(Record(lab.slug, layer.driver, image, layer.key))
        load(layer.driver).start(seat, replace(stages.spec_of(lab), disposable=True), layer)
        self.go_on()

    def slot(self, driver: Driver) -> AbstractContextManager[None]:
        return slot(self.home, driver, self.jobs[driver.info.name])

    @contextmanager
    def _turn(self, driver: str, *, timed: bool) -> Iterator[None]:
        """One driver's attempts at a time, and those by themselves, a processor each, that compare times: what learners
        measure, the check measures again. Twenty containers that begin in quicker machines meanwhile, or machines beside
        it that have ended since, make four of what was one. Of a kind, who came first is first: it takes longest."""
        kind = f"{driver} timed" if timed else driver
        most, me = processors() if timed else self.jobs[driver], (kind, object())

        def free() -> bool:
            first = next(one for one in self._waiting if one[0] == kind)
            return first is me and self._at_work[kind] == self._at_work.total() and self._at_work[kind] < most

        with self._changed:
            self._waiting.append(me)
            try:
                while not self._changed.wait_for(free, timeout=0.5):
                    self.go_on()
                self._at_work[kind] += 1
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._at_work[kind] -= 1
                self._changed.notify_all()

    def go_on(self) -> None:
        if self.over.is_set():
            raise LabError("interrupted")

    def clear(self) -> None:
        while not self._free.empty():
            throwaway.clear(self._free.get())
        self._places.close()

    def _end(self, seat: Seat) -> None:
        """Of the lab before it, perhaps, by another driver."""
        if machine := attach(seat):
            machine.end()


def ask(seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]:
    """The verdicts on a machine, from a process of its own: pytest knows no threads. disturbing: what must be survived is
    done to this very machine once all is done, else what must survive something is reported as not checked.

    Raises LabError.
    """
    from provisioner.checks.run import answer

    lab, context = exercises[0].lab, _processes()
    here, there = context.Pipe(duplex=False)
    arguments = (there, lab.folder.parent, seat.folder, lab.number, [e.number for e in exercises], disturbing)
    child = context.Process(target=answer, args=arguments, daemon=True)
    child.start()
    there.close()
    try:
        said = here.recv() if here.poll(PATIENCE) else {"error": f"the checks took longer than {PATIENCE:.0f} s"}
    except EOFError:
        said = {"error": "the checks ended without a verdict"}
    finally:
        child.kill()
        child.join()
        here.close()
    if isinstance(said, dict):
        raise LabError(said["error"], evidence=said.get("evidence", ""))
    verdicts: list[Verdict] = said
    return verdicts


@cache
def _processes() -> Any:  # noqa: ANN401 - one of multiprocessing's contexts, which its stubs give no common class
    """Where it can be, all come from one that has imported what checks need: most of a second of work for each."""
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(kind)
    context.set_forkserver_preload(["provisioner.checks.preload"])
    return context


@contextmanager
def slot(home: Home, driver: Driver, jobs: int) -> Iterator[None]:
    """One of so many places for a driver's machines, whoever else verifies: such as starve each other tell nothing."""
    from filelock import FileLock, Timeout

    private_folder(home.cache)
    while True:
        for number in range(jobs):
            lock = FileLock(home.cache / f".trial-{driver.info.name.replace(':', '-')}-{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                yield
            finally:
                lock.release()
            return
        time.sleep(0.3)


def jobs_here(driver: Driver) -> int:
    """Two trials a processor, if memory allows: a trial waits for packets in a third of its time. In a system container,
    where all else is quick and most trials need no boot, it does in two thirds."""
    import psutil

    each, mib = (4, 256) if driver.info.kernel == "host" else (2, 2048)
    return max(1, min(each * processors(), psutil.virtual_memory().available // (mib << 20)))


def processors() -> int:
    return os.cpu_count() or 1
