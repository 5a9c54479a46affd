"""Ctrl-C in the middle of what must not be cut in two."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from provisioner import interruption


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {sign: signal.getsignal(sign) for sign in interruption.SIGNALS}
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


def test_an_interruption_comes_after_the_block() -> None:
    done = []

    def work() -> None:
        with interruption.deferred():
            signal.raise_signal(signal.SIGINT)
            done.append("the whole block")
        done.append("and nothing after it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the whole block"]


def test_no_interruption_changes_nothing() -> None:
    with interruption.deferred():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_not_interrupted_anyway() -> None:
    seen: list[str] = []

    def work() -> None:
        with interruption.deferred():
            seen.append("in")
        interruption.too_late()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == ["in"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_too_late_until_it_is_possible_again() -> None:
    interruption.too_late()
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    interruption.possible_again()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)


def test_too_late_reaches_to_the_very_end_of_the_program() -> None:
    code = """if True:
        import os
        from provisioner import interruption
        class Late:
            def __del__(self, kill=os.kill, me=os.getpid()):
                kill(me, 2)
        late = Late()
        interruption.too_late()
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_who_takes_signals_for_himself_gives_them_back() -> None:
    def other(*_: object) -> None:
        raise AssertionError

    before = [signal.getsignal(sign) for sign in interruption.SIGNALS]
    with interruption.restored():
        for sign in interruption.SIGNALS:
            signal.signal(sign, other)
    assert [signal.getsignal(sign) for sign in interruption.SIGNALS] == before
