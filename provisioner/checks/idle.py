"""How long a machine has had nothing to do: by then it has started all that it will start."""

import time

from provisioner.checks.probe_client import Prober

PAUSE = 0.7  # seconds between two looks
# Its own clock of work, not the host's: where the host is busy, its work takes longer, and this does too.
IDLE = 0.8  # a share of the time
ENOUGH = 4.3  # seconds


class Rest:
    """Shared by all that is asked in one moment: a machine comes to rest once. enough: seconds without work after which
    no more is expected to start; patience: seconds until it is not waited for any longer."""

    def __init__(self, enough: float = ENOUGH, patience: float = 90.0) -> None:
        self._enough, self._patience = enough, patience
        self._had, self._deadline = 0.0, float("inf")

    @property
    def over(self) -> bool:
        return self._patience <= 0 or self._had >= self._enough or time.monotonic() > self._deadline

    def take(self, prober: Prober) -> None:
        """Waits a moment, and counts the time since the last look, in which probes were on their way as well."""
        if self._deadline == float("inf"):
            self._deadline = time.monotonic() + self._patience
            prober.idle(0)  # what was before this counts for nothing
        share, seconds = prober.idle(PAUSE)
        self._had = self._had + seconds if share > IDLE else 0.0
