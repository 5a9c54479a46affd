"""A machine that lets a service have few threads answers all probes of a batch all the same."""

from threading import Thread

import pytest

from provisioner.guest.prober import probe

ALLOWED = 3


def test_what_gets_no_thread_is_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0

    class Scarce(Thread):
        def start(self) -> None:
            nonlocal started
            started += 1
            if started > ALLOWED:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(probe, "Thread", Scarce)
    assert probe.run_parallel(lambda number: number * 2, range(8)) == [number * 2 for number in range(8)]
