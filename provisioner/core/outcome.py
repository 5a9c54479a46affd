"""The three ways in which a check can end, and what one exercise's check came to."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["done", "not yet", "cannot tell", "not checked"]


class NotYet(AssertionError):
    """The exercise is not done: lines say what was observed from where, and why."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class CannotTell(Exception):
    """A control failed or the machine could not be asked: neither done nor not done."""


@dataclass(frozen=True)
class Verdict:
    """One exercise's. seconds: what its tests took."""

    lab: int
    number: int
    id: str
    title: str
    points: int
    outcome: Outcome = "not checked"
    lines: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.lab}.{self.number}"
