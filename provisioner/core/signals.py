"""Ctrl-C, SIGTERM and SIGHUP at moments that must not be cut in two: a process just started, a clean-up, a handing over."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# SIGHUP is what a closed terminal window sends; Windows has none.
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
SIGNALS = (signal.SIGINT, *ENDING)
_IGNORED = tuple(sign for sign in ENDING if signal.getsignal(sign) is signal.SIG_IGN)  # as nohup wants it


def _is_main_thread() -> bool:
    """Signals come to the main thread, and only it may say what is done with them."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def deferred() -> Iterator[list[int]]:
    """What comes during the block comes after it. Yields the numbers of what has come so far."""
    numbers: list[int] = []
    if not _is_main_thread():
        yield numbers
        return
    old_handlers = {sign: signal.signal(sign, lambda number, _: numbers.append(number)) for sign in SIGNALS}
    try:
        yield numbers
    finally:
        for sign, handler in old_handlers.items():
            signal.signal(sign, handler)
        for number in numbers:
            signal.raise_signal(number)


@contextmanager
def restored() -> Iterator[None]:
    """Whatever the block makes of signals, afterwards they are what they were."""
    old_handlers = {sign: signal.getsignal(sign) for sign in SIGNALS}
    try:
        yield
    finally:
        if _is_main_thread():
            for sign, handler in old_handlers.items():
                signal.signal(sign, handler)


def ignore_signals() -> None:
    """From here on nothing is interrupted: what was asked for is there, and only has to be said.

    To be the last act of the block that clears up. Python's own end would otherwise be cut off as well: by then it has put
    the system's handlers back, and the command would seem to have failed.
    """
    if _is_main_thread():
        for sign in SIGNALS:
            signal.signal(sign, signal.SIG_IGN)


def restore_signal_handlers() -> None:
    """For a command that goes on with something slow after all."""
    if _is_main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        take_ending()


def take_ending() -> None:
    """SIGTERM and SIGHUP end the program as an exception does, so that clean-up runs."""
    for sign in ENDING:
        if sign not in _IGNORED:
            signal.signal(sign, _end)


class Ended(SystemExit, KeyboardInterrupt):
    """Of both kinds: pytest takes a SystemExit in a test for one that failed, and goes on with the next."""


def _end(number: int, _: object) -> None:
    raise Ended(128 + number)
