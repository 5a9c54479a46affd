"""Threads of the prober: in which network namespace one is, and as which user. Runs as root in the machine."""

from __future__ import annotations

import os
from threading import Thread

from provisioner.guest.prober.engine import Broken

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWNET = 0x40000000


def enter(descriptor: int) -> None:
    """The calling thread only. Raises OSError."""
    _call("setns", descriptor, CLONE_NEWNET)


def unshared() -> int:
    """A new namespace, as an open file: it lasts as long as that. Raises Broken."""
    made: list[int] = []

    def make() -> None:
        _call("unshare", CLONE_NEWNET)
        made.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))

    try:
        _in_thread(make)
    except OSError as error:
        raise Broken(f"no network namespace can be made: {error.strerror}") from None
    return made[0]


def within(namespace: int, work: Callable[[], object]) -> None:
    """Does something there, in a thread of its own, so that no other one leaves its place. Raises what that raises."""

    def enter_and_work() -> None:
        enter(namespace)
        work()

    _in_thread(enter_and_work)


def act_as(user: int) -> None:
    """As whom the calling thread makes files and sockets from here on: rules may ask for a socket's owner. root keeps the rest
    of its rights."""
    import ctypes  # it takes its time

    ctypes.CDLL(None).setfsuid(user)


def _call(name: str, *arguments: int) -> None:
    if hasattr(os, name):
        getattr(os, name)(*arguments)
        return
    import ctypes  # Python 3.11; it takes its time

    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _in_thread(work: Callable[[], object]) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised by the thread that waits for it
            failed.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
