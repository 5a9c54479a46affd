"""What the contract is tried on: a driver, a lab that its machines can have, and the lab command in a home of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provisioner.core.paths import Home

BOOT = "cat /proc/sys/kernel/random/boot_id"


class Command(Protocol):
    """`lab` with a home of its own (tests/real/conftest.py, tests/contract/conftest.py)."""

    def run(self, *words: str, expect: int = 0, timeout: float = 1500) -> str:
        """What it wrote to stdout. Fails with all that it said if the exit code is another."""
        ...

    def json(self, *words: str, expect: int = 0) -> Any: ...  # noqa: ANN401 - JSON

    def outcomes(self, *words: str, expect: int) -> dict[int, str]:
        """The verdicts of `lab check`, by exercise."""
        ...


@dataclass(frozen=True)
class Subject:
    """driver: its name. exercises: the numbers of lab 3's. disturbed: those of them that are checked with all that they must
    survive. alive: a command that answers 5 where the lab is set up. page: the port of its shop. weight: MiB of memory or
    disk that a machine costs at least. kill: kills `lab up 3` in the middle. leaves_nothing: asserts that the back end has
    nothing of it once it is destroyed."""

    driver: str
    cli: Command
    home: Home
    exercises: frozenset[int]
    disturbed: frozenset[int]
    alive: str
    page: int
    weight: int
    kill: Callable[[], None]
    leaves_nothing: Callable[[], None]
    slow: float  # seconds, for what takes longest

    def inside(self, line: str, *options: str) -> str:
        """What a command says that the learner types in the machine."""
        return self.cli.run("ssh", "3", *options, "--", line)

    def all(self, outcome: str) -> Mapping[int, str]:
        return dict.fromkeys(self.exercises, outcome)
