"""What came of a class: how far everybody is, where the class was stuck, and why. The same numbers as a page, CSV and JSON."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

from provisioner.classes.course import Course
from provisioner.classes.standing import Standing, Standings
from provisioner.core import text
from provisioner.progress.event import Event
from provisioner.progress.summary import ExerciseProgress, blank_values

_MOST_REASONS = 5
_SIGNS = {"done": "✓", "shown": "◦", "tried": "✗", "": "·"}
_STYLE = Path(__file__).with_name("static") / "report.css"


@dataclass(frozen=True)
class ExerciseSummary:
    """Of a whole class. solutions: how many were shown one. seconds: the median of who did it alone.

    reasons: why checks failed, and how many of them.
    """

    name: str
    title: str
    done: int
    solutions: int
    attempts: int
    hints: int
    seconds: float | None
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Report:
    course: Course
    labs: tuple[Standings, ...]

    def exercises(self) -> list[ExerciseSummary]:
        return [
            _summarize(column, standings.events())
            for standings in self.labs
            for column in zip(*(standing.rows for standing in standings.rows()), strict=True)
        ]

    def as_dict(self) -> dict[str, Any]:
        """With all events, for programs of others."""
        return {
            "class": self.course.name, "labs": list(self.course.file.labs),
            "learners": [{**row.as_dict(), "roster": dict(row.learner.columns)} for lab in self.labs for row in lab.rows()],
            "exercises": [{**vars(row), "reasons": [{"reason": r, "checks": n} for r, n in row.reasons]}
                          for row in self.exercises()],
            "events": [event.as_dict() for lab in self.labs for event in lab.events()],
        }  # fmt: skip

    def as_csv(self) -> str:
        """A line a learner: what the roster says, as it says it, then the points."""
        exercises = [(row.name, row.points) for lab in self.labs for row in lab.rows()[0].rows]
        columns = [name for name, _ in self.course.learners[0].columns]
        output = io.StringIO()
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(["name", *columns, *(f"{name} ({points} points)" for name, points in exercises), "total"])
        for rows in zip(*(lab.rows() for lab in self.labs), strict=True):
            learner = rows[0].learner
            points = [row.points if row.state == "done" else 0 for standing in rows for row in standing.rows]
            writer.writerow([*map(text.cell, (learner.name, *(value for _, value in learner.columns))), *points, sum(points)])
        return output.getvalue()

    def as_html(self) -> str:
        """One page, with nothing beside it."""
        date = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        tables = "\n".join(_lab_table(standings) for standings in self.labs)
        return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Class {escape(self.course.name)}</title>
<style>{_STYLE.read_text(encoding="utf-8")}</style></head>
<body><main>
<h1>Class {escape(self.course.name)}</h1>
<p>{len(self.course.learners)} learners, {date}. ✓ done by oneself, ◦ after the solution was shown, ✗ tried, · not begun;
behind it the checks that failed, and the hints.</p>
{tables}
<h2>Where the class was stuck</h2>
{_stuck_table(self.exercises())}
</main></body>
</html>
"""


def make(course: Course) -> Report:
    """Of all labs of a class. Raises LabError where the events cannot be read."""
    labs = [Standings(course, number) for number in course.file.labs]
    for standings in labs:
        standings.update()
    return Report(course, tuple(labs))


def _summarize(rows: Sequence[ExerciseProgress], events: Sequence[Event]) -> ExerciseSummary:
    times = [row.seconds for row in rows if row.state == "done"]
    counts: Counter[str] = Counter()
    for event in events:
        is_try = event.kind == "check" and event.outcome == "not yet" and not event.details.get("watch")
        if is_try and event.exercise == rows[0].id:
            reasons = [str(reason).strip() for reason in event.details.get("reasons", ())]
            counts.update(blank_values(reason)[:200] for reason in reasons[:1])
    return ExerciseSummary(
        rows[0].name, rows[0].title, len(times), sum(row.state == "shown" for row in rows), sum(row.attempts for row in rows),
        sum(row.hints for row in rows), median(times) if times else None, tuple(counts.most_common(_MOST_REASONS)),
    )  # fmt: skip


def _lab_table(standings: Standings) -> str:
    rows = standings.rows()
    head = "".join(f'<th scope="col" title="{escape(row.title)}">{row.name}</th>' for row in rows[0].rows)
    body = "\n".join(_learner_row(row) for row in rows)
    return f"""<h2>Lab {standings.lab.number}: {escape(text.line(standings.lab.manifest.title))}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Lab {standings.lab.number}"><table>
<thead><tr><th scope="col">learner</th>{head}<th scope="col">points</th><th scope="col">time</th></tr></thead>
<tbody>
{body}
</tbody></table></div>"""


def _learner_row(standing: Standing) -> str:
    cells = "".join(f"<td>{_cell(row)}</td>" for row in standing.rows)
    minutes = round(sum(row.seconds for row in standing.rows) / 60)
    return (
        f'<tr><th scope="row">{escape(text.line(standing.learner.name))}</th>{cells}'
        f'<td class="number">{standing.points}</td><td class="number">{minutes} min</td></tr>'
    )


def _cell(row: ExerciseProgress) -> str:
    hints = f", {row.hints} hint{'s' * (row.hints != 1)}" if row.hints else ""
    return f"{_SIGNS[row.state]} {row.attempts or ''}{hints}".strip()


def _stuck_table(rows: Sequence[ExerciseSummary]) -> str:
    body = "\n".join(
        f'<tr><th scope="row">{row.name} {escape(text.line(row.title))}</th><td class="number">{row.done}</td>'
        f'<td class="number">{row.solutions}</td><td class="number">{row.attempts}</td><td class="number">{row.hints}</td>'
        f'<td class="number">{"" if row.seconds is None else f"{row.seconds / 60:.0f} min"}</td>'
        f"<td>{'<br>'.join(f'{count} × {escape(text.line(reason))}' for reason, count in row.reasons)}</td></tr>"
        for row in rows
    )
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="Exercises"><table>
<thead><tr><th scope="col">exercise</th><th scope="col">done</th><th scope="col">shown</th><th scope="col">failed checks</th>
<th scope="col">hints</th><th scope="col">median time</th><th scope="col">what was tried most</th></tr></thead>
<tbody>
{body}
</tbody></table></div>"""
