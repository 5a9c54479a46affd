"""What `lab verify` plans, of the labs as they are: the plain plan, what makes it quicker, and the order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from random import Random

import pytest

from provisioner.content.lab import Exercise, Lab, lab_folders, load
from provisioner.core.paths import labs_folders
from provisioner.drivers.registry import load as load_driver
from provisioner.verify.passes import schedule, select_passes, share_routes, split, trim, use_containers
from provisioner.verify.plan import (
    Build,
    Case,
    Plan,
    Release,
    Run,
    State,
    Step,
    as_data,
    as_lines,
    list_cases,
    make_order,
    make_plain_runs,
    shuffle,
)
from provisioner.verify.verification import make_plan

LXC, QEMU = load_driver("lxc"), load_driver("qemu")


@pytest.fixture(params=sorted(lab_folders(labs_folders())))
def lab(request: pytest.FixtureRequest) -> Lab:
    return load(labs_folders(), str(request.param))


def labs(*numbers: int) -> list[Exercise]:
    return [e for number in numbers for e in load(labs_folders(), str(number)).exercises]


def runs_of(plan: Plan) -> list[Run]:
    return [task for task in plan if isinstance(task, Run)]


def names(runs: Sequence[Run]) -> list[tuple[str, str]]:
    return sorted((case.exercise, case.what) for run in runs for case in run.cases)


def test_the_plain_plan_tries_each_case_on_a_machine_of_its_own(lab: Lab) -> None:
    runs = make_plain_runs(lab.exercises, QEMU, QEMU, Random(1))
    assert [len(run.steps) for run in runs] == [1] * len(runs)
    assert len(runs) == sum(1 + len(e.solutions) + len(e.wrong) for e in lab.exercises) + 2  # reset, and another order


@pytest.mark.parametrize("driver", [LXC, QEMU])
def test_what_makes_it_quicker_tries_the_same(lab: Lab, driver: object) -> None:
    assert driver in (LXC, QEMU)
    chosen = LXC if driver is LXC else QEMU
    runs = make_plain_runs(lab.exercises, chosen, QEMU, Random(1))
    everything = names(runs)
    for quicken in select_passes(chosen, QEMU):
        runs = quicken(runs)
        assert names(runs) == everything
    assert len(set(everything)) == len(everything)


def test_any_pass_may_be_left_out() -> None:
    exercises = labs(1, 3)
    for left_out in range(2):
        runs = make_plain_runs(exercises, LXC, QEMU, Random(1))
        everything = names(runs)
        for number, quicken in enumerate(select_passes(LXC, QEMU)):
            runs = runs if number == left_out else quicken(runs)
        assert sorted((c.exercise, c.what) for c in list_cases(schedule(runs, LXC))) == everything


def test_routes_go_through_a_lab_as_learners_go(lab: Lab) -> None:
    routes = [
        r
        for r in share_routes(make_plain_runs(lab.exercises, QEMU, QEMU, Random(1)))
        if r.cases[-1].wanted == "done" and len(r.steps) > 1
    ]
    looks = [step for step in routes[0].steps if not step.scripts]
    assert [step.exercise for step in looks] == list(lab.exercises)
    assert [len(step.checked_exercises) for step in looks] == [len(lab.exercises), *[1] * (len(lab.exercises) - 1)]
    for route in routes:
        numbers = list(dict.fromkeys(step.exercise.number for step in route.steps))
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert route.steps[0].case
        assert route.steps[-1].case
        assert route.state.exercise == route.steps[0].exercise
        assert route.steps[-1].checked_exercises == lab.exercises[: numbers[-1]]


def test_exercises_that_do_not_follow_each_other_share_no_route() -> None:
    lab = load(labs_folders(), "3")
    runs = share_routes(make_plain_runs([lab.exercises[1], lab.exercises[4]], QEMU, QEMU, Random(1)))
    assert all(len({step.exercise for step in run.steps}) == 1 for run in runs)
    assert {run.state.exercise.number for run in runs} == {2, 5}


def route(pattern: str) -> Run:
    """x: a solution that is to be tried; o: one that only leads to a later one."""
    exercises = load(labs_folders(), "3").exercises
    steps = tuple(
        Step(
            e,
            e.lab.exercises[: e.number],
            Case(f"3.{e.number}", "solution.sh", "done") if kind == "x" else None,
            (e.solutions[0],),
        )
        for e, kind in zip(exercises, pattern, strict=False)
    )
    return Run(State("qemu", exercises[0]), steps)


def numbers(runs: Sequence[Run]) -> list[list[int]]:
    return [[step.exercise.number for step in run.steps] for run in runs]


@pytest.mark.parametrize(
    ("pattern", "failed", "parts"),
    [
        ("xxxxxx", 4, [[1, 2, 3], [4, 5, 6]]),
        ("xxxxxx", 1, [[1], [2, 3, 4, 5, 6]]),
        ("xx", 2, [[1], [2]]),
        ("xoox", 3, [[1], [4]]),
        ("xoox", 2, [[1], [4]]),
        ("xooxx", 5, [[1, 2, 3, 4], [5]]),
        ("x", 1, []),
    ],
)
def test_a_route_that_failed_is_split_there(pattern: str, failed: int, parts: list[list[int]]) -> None:
    run = route(pattern)
    found = split(run, run.steps[failed - 1].exercise)
    assert numbers(found) == parts
    assert [part.state.exercise.number for part in found] == [part[0] for part in parts]
    assert names(found) == (names([run]) if parts else [])


@pytest.mark.parametrize("pattern", ["xxxxxx", "xoxoox", "xxx"])
def test_splitting_ends_and_loses_no_solution(pattern: str) -> None:
    """However often it fails: each solution is at last by itself."""
    (whole,) = trim("qemu", route(pattern).steps)
    alone, remaining = list[Run](), [whole]
    while remaining:
        run = remaining.pop()
        parts = split(run, run.steps[-1].exercise)
        remaining += parts
        alone += [] if parts else [run]
    assert names(alone) == names([whole])
    assert all(len(run.steps) == 1 for run in alone)


def test_wrong_solutions_of_a_lab_about_the_kernel_go_by_the_quicker_driver() -> None:
    runs = use_containers(make_plain_runs(labs(1), LXC, QEMU, Random(1)), LXC, QEMU)
    by_driver = {(run.state.driver, run.cases[0].what.startswith("wrong/")) for run in runs}
    assert by_driver == {("qemu", False), ("qemu", True), ("lxc", True)}
    assert {r.state.exercise.number for r in runs if r.state.driver == "qemu" and r.cases[0].what.startswith("wrong/")} == {
        2,
        4,
    }


def test_states_are_built_once_before_what_needs_them_and_released_after_it() -> None:
    plan = make_plan(labs(1, 2, 3), LXC, seed=1)
    built = [task.state for task in plan if isinstance(task, Build)]
    assert len(set(built)) == len(built)
    for index, task in enumerate(plan):
        if isinstance(task, Run):
            assert Build(task.state) in plan[:index]
            assert Release(task.state.driver, task.state.lab) in plan[index:]


def test_the_next_state_is_built_before_the_runs_of_this_one() -> None:
    plan = make_plan(labs(3), QEMU, seed=1)
    first = next(index for index, task in enumerate(plan) if isinstance(task, Run))
    assert [task.state.exercise.number for task in plan[:first] if isinstance(task, Build)] == [1, 2]


@pytest.mark.parametrize("repeat", [1, 2])
def test_labs_of_the_embedded_driver_are_set_up_from_the_beginning_and_a_quick_one_comes_last(repeat: int) -> None:
    plan = make_plan(labs(1, 2, 3, 4), LXC, seed=1, repeat=repeat)
    at = list(dict.fromkeys((run.state.lab.number, run.state.driver) for run in runs_of(plan)))
    assert sorted(at) == [(1, "lxc"), (1, "qemu"), (2, "lxc"), (2, "qemu"), (3, "lxc"), (4, "lxc")]
    assert (at[0], at[-1]) == ((1, "lxc"), (4, "lxc"))
    early = [task.state for task in plan[:3] if isinstance(task, Build)]
    assert [(state.lab.number, state.driver) for state in early] == [(1, "lxc"), (1, "qemu"), (2, "qemu")]
    assert len(list_cases(plan)) == repeat * len(list_cases(make_plan(labs(1, 2, 3, 4), LXC, seed=1)))


def test_a_seed_draws_the_same_again() -> None:
    assert make_plan(labs(3, 4), LXC, seed=5) == make_plan(labs(3, 4), LXC, seed=5)
    assert len({make_plan(labs(3), LXC, seed=seed) for seed in range(8)}) > 1


@pytest.mark.parametrize("printed", [as_lines, as_data])
def test_what_is_printed_has_what_was_drawn(printed: Callable[[Plan], list[object]]) -> None:
    plans = {make_plan(labs(3), LXC, seed=seed) for seed in range(8)}
    assert len({str(printed(plan)) for plan in plans}) == len(plans)
    for plan in plans:
        (note,) = (case.note for case in list_cases(plan) if case.what == "another order")
        assert note in str(printed(plan))


def test_another_order_has_each_exercise_after_those_it_builds_on(lab: Lab) -> None:
    for seed in range(20):
        step = make_order(lab, Random(seed))
        assert step
        assert step.case
        drawn = [int(word) for word in step.case.note.split()[3:]]
        assert sorted(drawn) == [e.number for e in lab.exercises] != drawn
        assert list(step.scripts) == [lab.exercises[number - 1].solutions[0] for number in drawn]
        for e in lab.exercises:
            earlier = {lab.exercises[number - 1].entry.id for number in drawn[: drawn.index(e.number)]}
            assert earlier.issuperset(e.entry.after)


def test_a_chain_has_one_order(lab: Lab) -> None:
    chained = [lab.exercises[0]]
    for e in lab.exercises[1:]:
        chained.append(replace(e, entry=replace(e.entry, after=(chained[-1].entry.id,))))
    assert shuffle(chained, Random(1)) == chained
    assert all(first.entry.id in second.entry.after for first, second in pairwise(chained))


def test_a_run_that_compares_times_says_so() -> None:
    timed = {
        run.state.exercise.number
        for run in make_plain_runs(labs(2), QEMU, QEMU, Random(1))
        if run.timed and run.cases[0].what != "reset"
    }
    wanted = {e.number for e in labs(2) if e.entry.timed}
    assert wanted
    assert wanted <= timed
    assert not any(run.timed for run in make_plain_runs(labs(3), QEMU, QEMU, Random(1)))


def test_scripts_are_there(lab: Lab) -> None:
    scripts = chain.from_iterable(
        step.scripts for run in make_plain_runs(lab.exercises, QEMU, QEMU, Random(1)) for step in run.steps
    )
    assert all(Path(script).is_file() for script in scripts)
