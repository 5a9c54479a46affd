"""Throw-away machines for `lab verify`: so many side by side, each made from a stored layer for one piece of work."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue

from . import layers, process, ssh, workflow
from .checks.verdicts import Verdict
from .drivers import Driver, Layer
from .errors import LabError
from .home import Home, private_folder
from .lab import Exercise, Lab
from .seat import Record, Seat

PATIENCE = 900.0  # seconds for one run of checks
CHANCES = 2  # a connection that was lost on a busy host is no verdict


class Copies:
    """Machines of this host, jobs at a time, whoever else verifies here."""

    def __init__(self, home: Home, driver: Driver, jobs: int) -> None:
        self.home, self.driver, self.jobs = home, driver, jobs
        self.over = threading.Event()  # what has not begun does not begin
        self._free: SimpleQueue[Seat] = SimpleQueue()
        for number in range(jobs):
            self._free.put(Seat(home.state / "verify" / str(number)))

    def attempt(self, lab: Lab, layer: Layer, work: Callable[[Seat], None]) -> tuple[float, LabError | None]:
        """Gives the work a machine that was just resumed from the layer; once more on another one after an error.

        Returns the seconds that the last attempt took, and its error.
        """
        with slot(self.home, self.jobs):
            for chance in range(CHANCES):
                began, seat, failed = time.monotonic(), self._free.get(), None
                try:
                    self.driver.destroy(seat)
                    self.start(seat, lab, layer)
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
        seat.create(Record(lab.slug, self.driver.name, image, layer.key))
        end = self.driver.up(seat, workflow.machine_of(lab), layer)
        ssh.configure(seat, end.address, end.port)
        self.go_on()

    def go_on(self) -> None:
        if self.over.is_set():
            raise LabError("interrupted")

    def clear(self) -> None:
        while not self._free.empty():
            seat = self._free.get()
            if seat.folder.exists():
                layers.discard(self.driver, seat)


def ask(seat: Seat, exercises: Sequence[Exercise], *, disturbing: bool = True) -> list[Verdict]:
    """The verdicts on a machine, from a process of its own: pytest knows no threads. disturbing: what must be survived is
    done to this very machine, else what must survive something is reported as not checked. Raises LabError."""
    lab = exercises[0].lab
    done = process.run(
        [sys.executable, "-m", "provisioner.checks.run", str(lab.folder.parent), str(seat.folder), str(lab.number),
         "disturbing" if disturbing else "now", *(str(e.number) for e in exercises)],
        timeout=PATIENCE,
    )  # fmt: skip
    answer = json.loads(done.out.splitlines()[-1])
    if isinstance(answer, dict):
        raise LabError(answer["error"], evidence=answer["evidence"])
    return [Verdict(**v) for v in answer]


@contextmanager
def slot(home: Home, jobs: int) -> Iterator[None]:
    """One of so many places on this host, whoever else verifies: machines that starve each other tell nothing."""
    from filelock import FileLock, Timeout

    private_folder(home.cache)
    while True:
        for number in range(jobs):
            lock = FileLock(home.cache / f".trial-{number}.lock")
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


def jobs_here() -> int:
    """Two trials a processor, if memory allows: a trial waits for packets in a third of its time."""
    import psutil

    cores = os.cpu_count() or 1
    return max(1, min(2 * cores, int(psutil.virtual_memory().available / (1536 << 20))))
