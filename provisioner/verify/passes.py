"""Optimizes plans: passes, each an optional function from runs to runs, and the schedule."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, groupby

from provisioner.content.lab import Exercise, Lab
from provisioner.drivers.base import Driver
from provisioner.verify.plan import Build, Plan, Release, Run, State, Step, Task, group_stretches

Pass = Callable[[Sequence[Run]], list[Run]]


def select_passes(driver: Driver, embedded: Driver) -> tuple[Pass, ...]:
    """The passes, each of which is optional: without it the same cases take longer."""
    return (
        lambda runs: use_containers(runs, driver, embedded),
        share_routes,
    )


def use_containers(runs: Sequence[Run], driver: Driver, embedded: Driver) -> list[Run]:
    """In a lab that needs its own kernel, wrong solutions of exercises that do not need it use the chosen driver, which is
    several times quicker."""
    return [
        replace(run, state=replace(run.state, driver=driver.info.name))
        if run.state.driver == embedded.info.name and _is_wrong(run) and not run.state.exercise.entry.own_kernel
        else run
        for run in runs
    ]


def share_routes(runs: Sequence[Run]) -> list[Run]:
    """Applies right solutions of successive exercises on one machine, as learners do. The disturbances, which take most of the
    time, come once, at the end. The route of the first solutions also checks each exercise before it is solved."""
    right = [run for run in runs if _is_right(run)]
    result = [run for run in runs if not _is_right(run)]
    for stretch in group_stretches(list(dict.fromkeys(run.state.exercise for run in right))):
        result += _make_routes([run for run in right if run.state.exercise in stretch])
    return result


def _make_routes(stretch: Sequence[Run]) -> list[Run]:
    """stretch: runs of successive exercises, each with one step, by exercise."""
    steps: dict[Exercise, list[Step]] = {}
    for run in stretch:
        steps.setdefault(run.state.exercise, []).extend(run.steps)
    result = []
    for number in range(max(len(exercise_steps) for exercise_steps in steps.values()) - 1):
        route = list(chain.from_iterable(_select_steps(exercise_steps, number) for exercise_steps in steps.values()))
        result += trim(stretch[0].state.driver, route)
    return result


def _select_steps(steps: Sequence[Step], number: int) -> list[Step]:
    """The steps of one exercise on a route: its solution of that number, else its first, without a case."""
    look, *solutions = steps
    is_own = number < len(solutions)
    step = solutions[number] if is_own else replace(solutions[0], case=None)
    return [look, step] if number == 0 else [step]


def trim(driver: str, steps: Sequence[Step]) -> list[Run]:
    """One run from the first step with a case to the last: earlier steps are part of its state. Empty if there is none."""
    case_indexes = [index for index, step in enumerate(steps) if step.case]
    if not case_indexes:
        return []
    kept_steps = tuple(steps[case_indexes[0] : case_indexes[-1] + 1])
    return [Run(State(driver, kept_steps[0].exercise), kept_steps)]


def split(run: Run, failed_exercise: Exercise) -> list[Run]:
    """Splits a run on which an exercise failed: the part before the exercise, and the part from there. Empty for a run of one
    exercise, whose result stands."""
    second_index = next((i for i, step in enumerate(run.steps) if step.exercise != run.steps[0].exercise), None)
    if second_index is None:
        return []
    split_index = max(second_index, next(i for i, step in enumerate(run.steps) if step.exercise == failed_exercise))
    return [*trim(run.state.driver, run.steps[:split_index]), *trim(run.state.driver, run.steps[split_index:])]


def _is_wrong(run: Run) -> bool:
    return any(case.what.startswith("wrong/") for case in run.cases)


def _is_right(run: Run) -> bool:
    """A single right solution, or the check before it."""
    return not _is_wrong(run) and "." in run.cases[0].exercise


# --- the order


def schedule(runs: Sequence[Run], driver: Driver) -> Plan:
    """Orders builds, runs and releases. Each state is built one step ahead of its runs, and the first state of the next lab as
    soon as this lab begins. Labs of another driver than the chosen one take minutes to set up, on one processor: their builds
    start at once, while quicker labs run. A quick lab comes last, so that no processor is idle for long at the end."""
    groups = _group_runs(runs, driver)
    slow = [group[0][0].state for group in groups if group[0][0].state.driver != driver.info.name]
    tasks: list[Task] = [Build(groups[0][0][0].state), *map(Build, slow)]
    for number, group in enumerate(groups):
        next_groups = [groups[number + 1][0][0].state] if number + 1 < len(groups) else []
        for index, state_runs in enumerate(group):
            next_states = [group[index + 1][0].state] if index + 1 < len(group) else []
            tasks += map(Build, [state_runs[0].state, *next_states, *(next_groups if index == 0 else [])])
            tasks += state_runs
        tasks.append(Release(group[0][0].state.driver, group[0][0].state.lab))
    first_indexes = {task: index for index, task in reversed(list(enumerate(tasks))) if isinstance(task, Build)}
    return tuple(task for index, task in enumerate(tasks) if not isinstance(task, Build) or first_indexes[task] == index)


def _group_runs(runs: Sequence[Run], driver: Driver) -> list[list[list[Run]]]:
    """Groups runs by lab and driver, then by state; within a state the longest run comes first."""

    def key(run: Run) -> tuple[int, str]:
        return run.state.lab.number, run.state.driver

    quick, slow = list[list[list[Run]]](), list[list[list[Run]]]()
    for _, group in groupby(sorted(runs, key=key), key):
        state_groups = _group_by_state(group)
        (quick if state_groups[0][0].state.driver == driver.info.name else slow).append(state_groups)
    return [*quick[:-1], *slow, *quick[-1:]]


def _group_by_state(runs: Iterable[Run]) -> list[list[Run]]:
    sorted_runs = sorted(runs, key=lambda run: (run.state.exercise.number, _is_wrong(run), -len(run.steps)))
    return [list(group) for _, group in groupby(sorted_runs, lambda run: run.state)]


def labs(plan: Plan) -> list[Lab]:
    return list(dict.fromkeys(task.state.lab for task in plan if isinstance(task, Build)))
