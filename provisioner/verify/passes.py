"""What makes a plan quicker, each a function from runs to runs that can be left out; and the order in which it all is done."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, groupby

from provisioner.content.lab import Exercise, Lab
from provisioner.drivers.base import Driver
from provisioner.verify.plan import Build, Plan, Release, Run, State, Step, Task, stretches
from provisioner.verify.slots import processors

Pass = Callable[[Sequence[Run]], list[Run]]
_LASTING = re.compile(r"\b(docker|systemctl|service|reboot)\b")  # of what no driver takes back


def passes(driver: Driver, embedded: Driver, room: int) -> tuple[Pass, ...]:
    """Any of these may be left out: the same is tried, in more time. room: machines of the driver side by side."""
    return (
        lambda runs: use_containers(runs, driver, embedded),
        share_routes,
        lambda runs: rewind(runs, driver, room),
    )


def use_containers(runs: Sequence[Run], driver: Driver, embedded: Driver) -> list[Run]:
    """Of a lab about the machine's own kernel, wrong solutions of the other exercises go by the chosen driver all the same,
    which is several times quicker."""
    return [
        replace(run, state=replace(run.state, driver=driver.info.name))
        if run.state.driver == embedded.info.name and _is_wrong(run) and not run.state.exercise.entry.own_kernel
        else run
        for run in runs
    ]


def share_routes(runs: Sequence[Run]) -> list[Run]:
    """Right solutions of exercises that follow each other go on one machine, as learners go. What they must survive is most
    of what trying them costs, and comes once, at the end. On the route of the first solutions, each exercise is asked before
    it is solved as well."""
    right = [run for run in runs if _is_right(run)]
    result = [run for run in runs if not _is_right(run)]
    for stretch in stretches(list(dict.fromkeys(run.state.exercise for run in right))):
        result += _routes([run for run in right if run.state.exercise in stretch])
    return result


def _routes(stretch: Sequence[Run]) -> list[Run]:
    """stretch: of exercises that follow each other, each run with one step, exercise by exercise."""
    steps: dict[Exercise, list[Step]] = {}
    for run in stretch:
        steps.setdefault(run.state.exercise, []).extend(run.steps)
    result = []
    for number in range(max(len(of_exercise) for of_exercise in steps.values()) - 1):
        route = list(chain.from_iterable(_of_route(of_exercise, number) for of_exercise in steps.values()))
        result += trimmed(stretch[0].state.driver, route)
    return result


def _of_route(steps: Sequence[Step], number: int) -> list[Step]:
    """Of one exercise, on the route with that number: its solution of that number, else its first, which only leads on."""
    look, *solutions = steps
    own = number < len(solutions)
    step = solutions[number] if own else replace(solutions[0], case=None)
    return [look, step] if number == 0 else [step]


def trimmed(driver: str, steps: Sequence[Step]) -> list[Run]:
    """One run that begins and ends with a step that has a case: what comes before is in the machine already. None for none."""
    own = [index for index, step in enumerate(steps) if step.case]
    if not own:
        return []
    kept = tuple(steps[own[0] : own[-1] + 1])
    return [Run(State(driver, kept[0].exercise), kept)]


def split(run: Run, failed: Exercise) -> list[Run]:
    """What to do instead of a run on which an exercise was not done: the part before it, and the part from where it begins.
    None for a run of one exercise: that is its result."""
    first = next((i for i, step in enumerate(run.steps) if step.exercise != run.steps[0].exercise), None)
    if first is None:
        return []
    at = max(first, next(i for i, step in enumerate(run.steps) if step.exercise == failed))
    return [*trimmed(run.state.driver, run.steps[:at]), *trimmed(run.state.driver, run.steps[at:])]


def rewind(runs: Sequence[Run], driver: Driver, room: int) -> list[Run]:
    """Wrong solutions of one exercise share machines that go back to where they began: a boot is most of what one costs."""
    if not driver.info.rewinds:
        return list(runs)

    def shares(run: Run) -> bool:
        return _is_wrong(run) and run.state.driver == driver.info.name

    result = [run for run in runs if not shares(run)]
    together = Counter(state.lab for state in dict.fromkeys(run.state for run in runs if shares(run)))
    for state, group in groupby(filter(shares, runs), lambda run: run.state):
        steps = sorted((step for run in group for step in run.steps), key=_lasts)
        least = processors() if state.exercise.entry.timed else 1
        machines = min(max(room // together[state.lab], least), len(steps))
        result += [Run(state, tuple(steps[number::machines]), "rewind") for number in range(machines)]
    return result


def _lasts(step: Step) -> bool:
    """Whether a machine mostly cannot go back after it: those come last."""
    return any(_LASTING.search(script.read_text(encoding="utf-8")) for script in step.scripts)


def _is_wrong(run: Run) -> bool:
    return any(case.what.startswith("wrong/") for case in run.cases)


def _is_right(run: Run) -> bool:
    """A right solution by itself, or the beginning before it."""
    return not _is_wrong(run) and "." in run.cases[0].exercise


# --- the order


def scheduled(runs: Sequence[Run], driver: Driver) -> Plan:
    """Each lab's states are built one ahead of the runs that need them, and the next lab's first one as soon as this one has
    begun. Setting up a lab of another driver than the chosen one takes minutes of one processor: that begins at once, while
    quicker ones are tried. A quick one comes last: at its end nobody idles for long."""
    groups = _groups(runs, driver)
    slow = [group[0][0].state for group in groups if group[0][0].state.driver != driver.info.name]
    tasks: list[Task] = [Build(groups[0][0][0].state), *map(Build, slow)]
    for number, group in enumerate(groups):
        following = [groups[number + 1][0][0].state] if number + 1 < len(groups) else []
        for index, of_state in enumerate(group):
            ahead = [group[index + 1][0].state] if index + 1 < len(group) else []
            tasks += map(Build, [of_state[0].state, *ahead, *(following if index == 0 else [])])
            tasks += of_state
        tasks.append(Release(group[0][0].state.driver, group[0][0].state.lab))
    first = {task: index for index, task in reversed(list(enumerate(tasks))) if isinstance(task, Build)}
    return tuple(task for index, task in enumerate(tasks) if not isinstance(task, Build) or first[task] == index)


def _groups(runs: Sequence[Run], driver: Driver) -> list[list[list[Run]]]:
    """By lab and driver, and in these by state; within a state, what takes longest comes first."""

    def key(run: Run) -> tuple[int, str]:
        return run.state.lab.number, run.state.driver

    quick, slow = list[list[list[Run]]](), list[list[list[Run]]]()
    for _, group in groupby(sorted(runs, key=key), key):
        by_state = _by_state(group)
        (quick if by_state[0][0].state.driver == driver.info.name else slow).append(by_state)
    return [*quick[:-1], *slow, *quick[-1:]]


def _by_state(runs: Iterable[Run]) -> list[list[Run]]:
    in_order = sorted(runs, key=lambda run: (run.state.exercise.number, _is_wrong(run), -len(run.steps)))
    return [list(group) for _, group in groupby(in_order, lambda run: run.state)]


def labs(plan: Plan) -> list[Lab]:
    return list(dict.fromkeys(task.state.lab for task in plan if isinstance(task, Build)))
