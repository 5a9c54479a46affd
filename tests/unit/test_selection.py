"""Shares of the project's own labs, and the summary in Markdown."""

import pytest

from provisioner.content.lab import lab_folders, load
from provisioner.core.paths import labs_folders
from provisioner.verify.markdown import results_markdown
from provisioner.verify.results import Result
from provisioner.verify.selection import take_share

EXERCISES = [e for number in lab_folders(labs_folders()) for e in load(labs_folders(), str(number)).exercises]


@pytest.mark.parametrize("parts", [1, 2, 4, 7, len(EXERCISES), 99])
@pytest.mark.slow
def test_each_exercise_is_in_one_part(parts: int) -> None:
    shares = [take_share(EXERCISES, part, parts) for part in range(1, parts + 1)]
    assert [exercise for share in shares for exercise in share] == EXERCISES


def test_parts_have_about_as_many_trials() -> None:
    sizes = [sum(len(e.wrong) for e in take_share(EXERCISES, part, 4)) for part in range(1, 5)]
    assert max(sizes) < 1.3 * min(sizes)


def test_a_summary_says_what_failed_and_is_no_markup() -> None:
    results = [
        Result("3.2", "wrong/a.sh", "not yet", "done", False, 2.0, ("3.2 done", "<b>*|x\x1b[31m")),
        Result("3.2", "solution.sh", "done", "done", True),
        Result("4", "reset", "not yet", "not yet", True),
    ]
    page = results_markdown(results, 12.3)
    assert page.startswith("### lab verify: 2 of 3 passed in 12 s\n")
    assert "| 3 | 2 | 1 |\n| 4 | 1 | 0 |" in page
    row = next(line for line in page.splitlines() if "wrong/a.sh" in line)
    assert row.startswith("| 3.2 | wrong/a.sh | done | not yet | 3.2 done<br>&lt;b&gt;\\*\\|x")
    assert "\x1b" not in row
