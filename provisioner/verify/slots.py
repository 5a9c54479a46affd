"""Semaphore slots of this host for machines of `lab verify`, whoever verifies: such as starve each other tell nothing."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from provisioner.core.paths import Home, private_folder
from provisioner.drivers.base import Driver


@contextmanager
def slot(home: Home, driver: Driver, count: int) -> Iterator[None]:
    """One of so many slots of a driver, for as long as the block lasts."""
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


def slots_here(driver: Driver) -> int:
    """Two machines a processor, if memory allows: a case waits for packets in a third of its time. In a system container,
    where all else is quick and most cases need no boot, it does in two thirds."""
    import psutil

    each, mib = (4, 256) if driver.info.kernel == "host" else (2, 2048)
    return max(1, min(each * processors(), psutil.virtual_memory().available // (mib << 20)))


def processors() -> int:
    return os.cpu_count() or 1
