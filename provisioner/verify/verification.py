"""`lab verify`: exercises must fail first, wrong solutions be rejected, and right ones accepted."""

from collections.abc import Callable, Sequence
from itertools import chain
from random import Random

from provisioner.content.lab import Exercise
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver, LayerStore
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.verify.executor import Executor
from provisioner.verify.passes import schedule, select_passes
from provisioner.verify.plan import Plan, Scripts, make_narrowed_runs, make_plain_runs
from provisioner.verify.results import Result, sort_results
from provisioner.verify.slots import count_processors, count_slots
from provisioner.verify.workshop import LabWorkshop


def make_plan(
    exercises: Sequence[Exercise], driver: Driver, *, seed: int = 0, repeat: int = 1, use_passes: bool = True,
    scripts: Scripts | None = None,
) -> Plan:  # fmt: skip
    """The plan for these exercises. seed: of random choices; use_passes: optimize the plan; scripts: narrowed solutions, which
    take the place of all else. Raises UsageError."""
    if not isinstance(driver, LayerStore):
        raise UsageError(f"the driver {driver.info.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
    draw, embedded = Random(seed), load(EMBEDDED)  # noqa: S311 - an order of exercises is no secret
    unique_exercises = list(dict.fromkeys(exercises))
    runs = []
    for _ in range(repeat):
        if scripts is None:
            round_runs = make_plain_runs(unique_exercises, driver, embedded, draw)
        else:
            round_runs = make_narrowed_runs(unique_exercises, driver, embedded, scripts)
        for change in select_passes(driver, embedded) if use_passes else ():
            round_runs = change(round_runs)
        runs.append(round_runs)
    return schedule(list(chain.from_iterable(runs)), driver)


def choose_parallelism(driver: Driver, jobs: int | None) -> dict[str, int]:
    """The number of parallel machines, by driver: the chosen and the embedded one. jobs None: what this host has room for."""
    return {d.info.name: jobs or count_slots(d) for d in (driver, load(EMBEDDED))}


def execute(
    home: Home,
    plan: Plan,
    room: dict[str, int],
    tell: Callable[[Result], None],
    image: str | None = None,
    seed: int = 0,
) -> list[Result]:
    """Executes the plan; returns the results, sorted. tell: is called with each result, from any thread. seed: for draws."""
    with LabWorkshop(home, image, room, str(seed)) as workshop:
        return sort_results(Executor(workshop, room, count_processors(), tell).execute(plan))
