"""Ways through a lab: right solutions of exercises that follow each other, on one machine, as learners go.

What a right solution must survive (a restart of Docker, a reboot) is most of what trying it costs. On a way each solution
is asked when it is applied, and what all of them must survive comes once, at the end. Solutions of different exercises
need not go together (one without ufw, and then one that tells ufw something): a way that fails is split where it failed,
and its parts are tried, down to one solution by itself, on a machine where the reference solutions came before it.

On the way of the first solutions, each exercise is asked before it is solved as well: that it is not done yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioner.content.lab import Exercise
from provisioner.core.outcome import Verdict
from provisioner.verify.case import Case, Row, beginning


@dataclass(frozen=True)
class Step:
    """row: what comes out for this solution; None where it only leads to a later one. before: what is tried before the
    solution is applied, if the way is the one on which it is."""

    exercise: Exercise
    script: Path
    row: Row | None
    before: Case | None = None

    @property
    def rows(self) -> list[Row]:
        return [row for row in (self.before and self.before.row, self.row) if row]


Route = tuple[Step, ...]


def routes(exercises: Sequence[Exercise]) -> list[Route]:
    """Of exercises of one lab that follow each other; each solution has its row on one of the ways."""
    found = []
    for number in range(max(len(e.solutions) for e in exercises)):
        steps = []
        for e in exercises:
            own = number < len(e.solutions)
            script = e.solutions[number if own else 0]
            row = Row(f"{e.lab.number}.{e.number}", script.name, "done") if own else None
            steps.append(Step(e, script, row, None if number else beginning(e)))
        found.append(_trimmed(steps))
    return found


def split(way: Route, failed: int) -> list[Route]:
    """What to try of a way instead, after the step with that index (from 0) was not done."""
    at = max(failed, 1)
    return [part for part in (_trimmed(way[:at]), _trimmed(way[at:])) if part]


def without(way: Route, exercise: Exercise) -> list[Route]:
    """What remains of a way where an exercise has no beginning."""
    return [part for part in split(way, 1) if part[0].exercise != exercise] if way[0].exercise == exercise else [way]


def bad(way: Route, verdicts: Sequence[Verdict]) -> int | None:
    """The index of the first step whose exercise is not done at the end; of the first one for an exercise before it."""
    numbers = [step.exercise.number for step in way]
    wrong = [v.number for v in verdicts if v.outcome != "done"]
    return min((numbers.index(n) if n in numbers else 0 for n in wrong), default=None)


def _trimmed(steps: Sequence[Step]) -> Route:
    """It begins and ends with a solution that is to be tried: what comes before is in the machine already."""
    own = [index for index, step in enumerate(steps) if step.row]
    return tuple(steps[own[0] : own[-1] + 1]) if own else ()
