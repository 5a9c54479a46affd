"""What `lab verify` plans, of the labs as they are, and the ways on which right solutions are tried."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from random import Random

import pytest

from provisioner.content.lab import Exercise, Lab, lab_folders, load
from provisioner.core.outcome import Verdict
from provisioner.core.paths import labs_folder
from provisioner.verify.case import Case, Row, order, planned, shuffled, wrong
from provisioner.verify.route import Route, Step, bad, routes, split


@pytest.fixture(params=sorted(lab_folders(labs_folder())))
def lab(request: pytest.FixtureRequest) -> Lab:
    return load(labs_folder(), str(request.param))


def _tried(through: Sequence[Route]) -> list[tuple[Exercise, str]]:
    return [(step.exercise, step.script.name) for way in through for step in way if step.row]


def test_every_right_solution_is_tried_on_one_way(lab: Lab) -> None:
    through = routes(lab.exercises)
    assert sorted(map(str, _tried(through))) == sorted(str((e, s.name)) for e in lab.exercises for s in e.solutions)
    assert [step.exercise for step in through[0]] == list(lab.exercises)
    for way in through:
        numbers = [step.exercise.number for step in way]
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert way[0].row
        assert way[-1].row


def test_another_order_has_each_exercise_after_those_it_builds_on(lab: Lab) -> None:
    for seed in range(20):
        trial = order(lab, Random(seed))
        assert trial
        numbers = [int(word) for word in trial.told[0].split()[3:]]
        assert sorted(numbers) == [e.number for e in lab.exercises] != numbers
        assert list(trial.scripts) == [lab.exercises[number - 1].solutions[0] for number in numbers]
        for e in lab.exercises:
            before = {lab.exercises[number - 1].entry.id for number in numbers[: numbers.index(e.number)]}
            assert before.issuperset(e.entry.after)


def test_a_chain_has_one_order(lab: Lab) -> None:
    chained = [lab.exercises[0]]
    for e in lab.exercises[1:]:
        chained.append(replace(e, entry=replace(e.entry, after=(chained[-1].entry.id,))))
    assert shuffled(chained, Random(1)) == chained


def test_a_whole_lab_is_planned_with_what_is_tried_of_it(lab: Lab) -> None:
    whole = sum(1 + len(e.solutions) + len(e.wrong) for e in lab.exercises) + 2  # and done in another order
    assert planned(lab.exercises) == whole
    assert planned([*lab.exercises, *lab.exercises]) == 2 * whole


def test_an_exercise_by_itself_is_planned_with_its_solutions_by_themselves(lab: Lab) -> None:
    first = lab.exercises[0]
    assert planned([first]) == len(list(wrong(first))) + 1 + len(first.solutions) == 1 + len(first.wrong) + len(first.solutions)
    assert [len(way) for way in routes([first])] == [1] * len(first.solutions)


def test_each_exercise_is_asked_once_before_it_is_solved(lab: Lab) -> None:
    before = [step.before for way in routes(lab.exercises) for step in way if step.before]
    assert [trial.row.exercise for trial in before] == [f"{lab.number}.{e.number}" for e in lab.exercises]
    assert [len(trial.exercises) for trial in before] == [len(lab.exercises), *[1] * (len(lab.exercises) - 1)]
    assert {(trial.row.wanted, *trial.scripts) for trial in before} == {("not yet",)}


def _way(pattern: str) -> Route:
    """x: a solution that is to be tried; o: one that only leads to a later one."""
    exercises = load(labs_folder(), "3").exercises
    return tuple(
        Step(e, e.solutions[0], Row(f"3.{e.number}", "solution.sh", "done") if kind == "x" else None)
        for e, kind in zip(exercises, pattern, strict=False)
    )


@pytest.mark.parametrize(
    ("pattern", "failed", "parts"),
    [
        ("xxxxxx", 3, [[1, 2, 3], [4, 5, 6]]),
        ("xxxxxx", 0, [[1], [2, 3, 4, 5, 6]]),
        ("xx", 1, [[1], [2]]),
        ("xoox", 2, [[1], [4]]),
        ("xoox", 1, [[1], [4]]),
        ("xooxx", 4, [[1, 2, 3, 4], [5]]),
    ],
)
def test_a_way_that_failed_is_split_there(pattern: str, failed: int, parts: list[list[int]]) -> None:
    way = _way(pattern)
    found = split(way, failed)
    assert [[step.exercise.number for step in part] for part in found] == parts
    assert list(chain(*map(_tried, [found]))) == _tried([way])


@pytest.mark.parametrize("pattern", ["xxxxxx", "xoxoox", "xxx"])
def test_splitting_ends_and_loses_no_solution(pattern: str) -> None:
    """However often it fails: each solution is at last by itself."""
    alone, left = list[Route](), [_way(pattern)]
    while left:
        way = left.pop()
        if len(way) == 1:
            alone.append(way)
        else:
            left += split(way, len(way) - 1)
    assert sorted(map(str, _tried(alone))) == sorted(map(str, _tried([_way(pattern)])))


@pytest.mark.parametrize(
    ("outcomes", "first"),
    [
        (["done"] * 4, None),
        (["done", "done", "not yet", "cannot tell"], 1),
        (["done", "done", "done", "cannot tell"], 2),
        (["not yet", "done", "done", "done"], 0),  # an exercise before the way
    ],
)
def test_where_a_way_failed_at_its_end(outcomes: list[str], first: int | None) -> None:
    verdicts = [Verdict(3, n, "id", "title", 1, outcome) for n, outcome in enumerate(outcomes, start=1)]  # type: ignore[arg-type]
    assert bad(_way("xxxx")[1:], verdicts) == first


@pytest.mark.parametrize(("disturbing", "outcome"), [(False, "done"), (True, "3.2 not checked")])
def test_what_was_not_to_be_disturbed_is_done(disturbing: bool, outcome: str) -> None:
    verdicts = [Verdict(3, 1, "a", "A", 1, "done"), Verdict(3, 2, "b", "B", 1, "not checked")]
    trial = Case(Row("3", "another order", "done"), (), load(labs_folder(), "3").exercises[:2], disturbing=disturbing)
    trial.judge(verdicts)
    assert (trial.row.good, trial.row.outcome) == (not disturbing, outcome)
