"""Formats results as Markdown, for the page that a CI service shows of a job."""

from collections.abc import Sequence

from provisioner.core import text
from provisioner.verify.results import COULD_NOT, Result, sort_results

_WIDEST = 300  # characters of a reason


def results_markdown(results: Sequence[Result], seconds: float) -> str:
    """A table of labs, and what did not come out as it must."""
    failures = [result for result in sort_results(results) if not result.good]
    lines = [f"### lab verify: {len(results) - len(failures)} of {len(results)} passed in {seconds:.0f} s", ""]
    lines += ["| lab | trials | failed |", "|---|---|---|"]
    labs = dict.fromkeys(result.exercise.partition(".")[0] for result in sort_results(results))
    for lab in labs:
        rows = [result for result in results if result.exercise.partition(".")[0] == lab]
        lines.append(f"| {lab} | {len(rows)} | {sum(not row.good for row in rows)} |")
    if failures:
        lines += ["", "| exercise | trial | outcome | wanted | why |", "|---|---|---|---|---|"]
    for row in failures:
        reason = "<br>".join(_escape(line) for line in row.lines[:3])
        wanted = "" if row.outcome == COULD_NOT else row.wanted
        lines.append(f"| {row.exercise} | {_escape(row.what)} | {row.outcome} | {wanted} | {reason} |")
    return "\n".join(lines) + "\n"


def _escape(words: str) -> str:
    """What a machine said can be anything: it is shown, and is no Markdown and no HTML."""
    markup = {ord(special): f"\\{special}" for special in "\\`*_[]|"} | {ord("<"): "&lt;", ord(">"): "&gt;"}
    return text.line(words)[:_WIDEST].translate(markup)
