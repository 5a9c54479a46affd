"""Twenty loops of `up`, `reset` and `destroy` on one cache, whose commands are killed at random moments: no layer breaks, every
verdict is right, and nothing is left over."""

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.backends.lxc import limits

from .conftest import Cli, own_home
from .test_12_campaign import fault, left_on_host

LOOPS = int(os.environ.get("LAB_TEST_LOOPS", "20"))
SECONDS = 600.0
KILLED = 0.4  # of the commands
LONGEST = 15.0  # seconds until the signal
_NOT_YET, _DONE = {1: "not yet"}, {1: "done"}

pytestmark = pytest.mark.skipif(
    os.environ.get("LAB_TEST_ALL") != "1" or os.geteuid() != 0 or not shutil.which("lxc-start"),
    reason="asked for by LAB_TEST_ALL=1, as root, with LXC: it takes a quarter of an hour",
)


@pytest.fixture
def own() -> Iterator[Cli]:
    usual = limits.INSTANCES.read_text()
    limits.INSTANCES.write_text(str(max(int(usual), 2 * limits.ENOUGH)))
    with own_home() as cli:
        yield cli
    limits.INSTANCES.write_text(usual)


class Loop:
    """One learner's seat, over and over."""

    def __init__(self, cli: Cli, number: int, deadline: float) -> None:
        self._cli, self._deadline, self._seat = cli, deadline, ("--seat", f"s{number}")
        self._draw, self.counts = random.Random(number), Counter[str]()

    def run(self) -> Counter[str]:
        while time.monotonic() < self._deadline:
            self._do("up", "--driver", "lxc")
            self._expect(_NOT_YET)
            self._cli.run("solve", "3.1", *self._seat)
            self._expect(_DONE)
            self._do("reset")
            self._expect(_NOT_YET)
            self._do("destroy")
            self.counts["loops"] += 1
        self._cli.run("destroy", "3", *self._seat)
        return self.counts

    def _do(self, command: str, *options: str) -> None:
        """The command, which may be killed first, and then is repeated."""
        words = (command, "3", *self._seat, *options)
        if self._draw.random() < KILLED:
            said = fault(self._cli, self._draw, words, LONGEST)
            self.counts["killed" if "code 0" not in said else "too late"] += 1
        self._cli.run(*words)

    def _expect(self, wanted: dict[int, str]) -> None:
        assert self._cli.outcomes("3.1", "--quick", *self._seat, expect=0 if wanted == _DONE else 1) == wanted
        self.counts["verdicts"] += 1


def test_loops_share_a_cache(own: Cli) -> None:
    own.run("up", "3", "--driver", "lxc", "--yes")
    own.run("destroy", "3")
    layers = {folder.name for folder in (own.home / "cache" / "layers").iterdir()}
    before, deadline = left_on_host(own.home), time.monotonic() + SECONDS
    with ThreadPoolExecutor(LOOPS) as pool:
        results = list(pool.map(lambda number: Loop(own, number, deadline).run(), range(LOOPS)))
    print(sum(results, Counter[str]()))
    assert all(counts["loops"] for counts in results)
    assert own.json("status") == []
    assert own.processes() == []
    assert {folder.name for folder in (own.home / "cache" / "layers").iterdir()} == layers, "none was made anew"
    assert not left_on_host(own.home) - before
    assert "is ready" in own.run("up", "3", "--driver", "lxc")
