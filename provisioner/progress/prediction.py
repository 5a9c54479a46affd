"""What a learner thought before looking: which packets get through now, and which will after the change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from provisioner.content.expectation import Family
from provisioner.progress.event import BEGINNINGS, Event

Stage = Literal["now", "after"]
_FAMILIES: Mapping[object, Family] = {4: 4, 6: 6}


@dataclass(frozen=True)
class Way:
    """Who asks what, over which family of addresses."""

    source: str
    target: str
    family: Family

    def __str__(self) -> str:
        return f"{self.source} → {self.target} over IPv{self.family}"


@dataclass(frozen=True)
class Prediction:
    """Of one exercise. guesses: whether it gets through. stage: now, or after the change that the exercise is about."""

    stage: Stage
    guesses: Mapping[Way, bool]

    def details(self) -> dict[str, Any]:
        """For an event."""
        return {"stage": self.stage, "guesses": [[w.source, w.target, w.family, guess] for w, guess in self.guesses.items()]}


def latest(events: Iterable[Event], exercise: str) -> Prediction | None:
    """The last one of an exercise on the machine of today. events: of one lab and seat, in their order."""
    prediction = None
    for event in events:
        if event.details.get("review"):
            continue
        if event.kind in BEGINNINGS or (event.kind == "up" and event.outcome == "started"):
            prediction = None
        elif event.kind == "predict" and event.exercise == exercise and "guesses" in event.details:
            prediction = _read(event.details)
    return prediction


def has_been_offered(events: Iterable[Event], exercise: str) -> bool:
    """Whether it was offered or made, or the exercise is done: then a look forward is one back."""
    return any(e.exercise == exercise and (e.kind == "predict" or (e.kind == "check" and e.outcome == "done")) for e in events)


def _read(details: Mapping[str, Any]) -> Prediction | None:
    """None for what another version has written otherwise."""
    try:
        guesses = {Way(str(s), str(t), _FAMILIES[f]): bool(guess) for s, t, f, guess in details["guesses"]}
    except (KeyError, TypeError, ValueError):
        return None
    return Prediction("after" if details.get("stage") == "after" else "now", guesses)


def parse_guesses(text: str, ways: Sequence[Way]) -> dict[Way, bool]:
    """`y,n,n,y`, in the order of the ways. Raises ValueError."""
    words = {"y": True, "yes": True, "n": False, "no": False}
    answers = [word.strip().lower() for word in text.split(",")]
    if len(answers) != len(ways):
        raise ValueError(f"{len(ways)} answers are needed, and there are {len(answers)}")
    if unknown := [answer for answer in answers if answer not in words]:
        raise ValueError(f"{unknown[0]!r} is neither y nor n")
    return dict(zip(ways, (words[answer] for answer in answers), strict=True))
