"""Measures how long a machine has been idle, to decide that all of its services have started."""

import time

from provisioner.checks.probe_client import Prober

PAUSE = 0.7  # seconds between two measurements
# Measured in the machine, not on the host: on a busy host the machine's work takes longer, and so does this wait.
IDLE_SHARE = 0.8  # a share of the time
IDLE_SECONDS = 4.3  # seconds


class IdleWait:
    """Shared by all probes of one moment: a machine becomes idle once. threshold: idle seconds after which nothing more is
    expected to start; patience: seconds after which the wait ends in any case."""

    def __init__(self, threshold: float = IDLE_SECONDS, patience: float = 90.0) -> None:
        self._threshold, self._patience = threshold, patience
        self._idle_seconds, self._deadline = 0.0, float("inf")

    @property
    def is_over(self) -> bool:
        return self._patience <= 0 or self._idle_seconds >= self._threshold or time.monotonic() > self._deadline

    def observe(self, prober: Prober) -> None:
        """Waits briefly, and adds the idle time since the last measurement (probes may have been under way in it)."""
        if self._deadline == float("inf"):
            self._deadline = time.monotonic() + self._patience
            prober.idle(0)  # discards the time before
        share, seconds = prober.idle(PAUSE)
        self._idle_seconds = self._idle_seconds + seconds if share > IDLE_SHARE else 0.0
