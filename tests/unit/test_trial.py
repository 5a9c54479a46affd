"""What `lab verify` plans, of the labs as they are."""

import pytest

from provisioner.checks.verdicts import Verdict
from provisioner.home import labs_folder
from provisioner.lab import Lab, lab_folders, load
from provisioner.trial import end_way, judge_way, trials, ways
from provisioner.verify import planned


@pytest.fixture(params=sorted(lab_folders(labs_folder())))
def lab(request: pytest.FixtureRequest) -> Lab:
    return load(labs_folder(), str(request.param))


def test_every_right_solution_lies_on_a_way(lab: Lab) -> None:
    through = ways(lab)
    assert {step.script for way in through for step in way} == {s for e in lab.exercises for s in e.solutions}
    assert all([step.exercise for step in way] == list(lab.exercises) for way in through)


def test_a_whole_lab_is_planned_with_its_ways_and_its_reset(lab: Lab) -> None:
    on_ways = sum(len(way) for way in ways(lab))
    others = sum(1 + len(e.wrong) for e in lab.exercises)
    assert planned(lab.exercises) == on_ways + others + 1
    assert planned([*lab.exercises, *lab.exercises]) == 2 * planned(lab.exercises)


def test_an_exercise_by_itself_is_planned_with_its_solutions(lab: Lab) -> None:
    first = lab.exercises[0]
    assert planned([first]) == len(list(trials(first, on_ways=False))) == 1 + len(first.solutions) + len(first.wrong)


def _verdict(number: int, outcome: str) -> Verdict:
    return Verdict(4, number, "id", "title", 1, outcome)  # type: ignore[arg-type]


def test_at_the_end_of_a_way_each_solution_has_its_verdict() -> None:
    way = ways(load(labs_folder(), "4"))[0]
    judge_way(way, [_verdict(step.exercise.number, "not yet" if step is way[2] else "done") for step in way])
    assert [step.row.good for step in way] == [step is not way[2] for step in way]


def test_a_way_that_ends_early_is_good_for_none() -> None:
    way = ways(load(labs_folder(), "4"))[0]
    end_way(way, way[1], _verdict(2, "not yet"))
    assert not any(step.row.good for step in way)
    assert [step.row.outcome for step in way[:3]] == ["not tried", "not yet", "not tried"]
