"""Semaphore slots for machines of `lab verify`, shared by all verifications on this host, so that it is not overloaded."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from provisioner.core.paths import Home, private_folder
from provisioner.drivers.base import Driver


@contextmanager
def hold_slot(home: Home, driver: Driver, count: int) -> Iterator[None]:
    """Holds one of the slots of a driver during the block."""
    private_folder(home.cache)
    while True:
        for number in range(count):
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


def count_slots(driver: Driver) -> int:
    """Two machines per processor, if memory allows: a case waits for packets for a third of its time. Four system containers:
    there it is two thirds, because the rest is quick and most cases need no boot."""
    import psutil

    per_processor, mib = (4, 256) if driver.info.kernel == "host" else (2, 2048)
    return max(1, min(per_processor * count_processors(), psutil.virtual_memory().available // (mib << 20)))


def count_processors() -> int:
    return os.cpu_count() or 1
