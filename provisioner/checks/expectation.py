"""Sentences that a check is made of: who reaches what, and who must not."""

from dataclasses import dataclass
from typing import Literal

Family = Literal[4, 6]


@dataclass(frozen=True)
class Expectation:
    """source: a zone, `machine`, or `container:NAME`. families: None means all that the source has."""

    source: str
    target: str
    through: bool
    families: tuple[Family, ...] | None = None

    def __str__(self) -> str:
        return f"{self.source} {'reaches' if self.through else 'must not reach'} {self.target}"


def reaches(source: str, target: str, *, families: tuple[Family, ...] | None = None) -> Expectation:
    """The target answers, and it is the right one that answers.

    target: a service of the manifest (`shop`), a port of the machine (`machine:22`), a zone that serves
    (`internet:80`), or a container's own address (`container:shop:80`).
    """
    return Expectation(source, target, True, families)


def blocked(source: str, target: str, *, families: tuple[Family, ...] | None = None) -> Expectation:
    """Nothing answers: refused, silent or unreachable alike.

    Counts only together with its controls in the same `expect`: the same source reaches something else on the
    machine over the same family, and somebody reaches the same target.
    """
    return Expectation(source, target, False, families)
