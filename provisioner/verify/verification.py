"""The author's test of labs: every exercise fails first, every wrong solution is rejected, right ones pass."""

from collections.abc import Callable, Sequence
from itertools import chain
from random import Random

from provisioner.content.lab import Exercise
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.drivers.base import Driver, LayerStore
from provisioner.drivers.registry import EMBEDDED, load
from provisioner.verify.executor import Executor
from provisioner.verify.passes import passes, scheduled
from provisioner.verify.plan import Plan, Scripts, narrowed, plain
from provisioner.verify.results import Result, in_order
from provisioner.verify.slots import processors, slots_here
from provisioner.verify.workshop import LabWorkshop


def plan_of(
    exercises: Sequence[Exercise], driver: Driver, *, room: int, seed: int = 0, repeat: int = 1, quicker: bool = True,
    scripts: Scripts | None = None,
) -> Plan:  # fmt: skip
    """All that is tried of these exercises. seed: of what is drawn; quicker: with the passes; scripts: instead, wrong solutions
    that nobody wrote. Raises UsageError."""
    if not isinstance(driver, LayerStore):
        raise UsageError(f"the driver {driver.info.name} keeps no layers, which `lab verify` needs", hint="--driver qemu")
    draw, embedded = Random(seed), load(EMBEDDED)  # noqa: S311 - an order of exercises is no secret
    chosen = list(dict.fromkeys(exercises))
    runs = []
    for _ in range(repeat):
        of_round = plain(chosen, driver, embedded, draw) if scripts is None else narrowed(chosen, driver, embedded, scripts)
        for quicken in passes(driver, embedded, room) if quicker else ():
            of_round = quicken(of_round)
        runs.append(of_round)
    return scheduled(list(chain.from_iterable(runs)), driver)


def side_by_side(driver: Driver, jobs: int | None) -> dict[str, int]:
    """Machines, by driver: of the chosen one, and of the embedded one. None: what this host has room for."""
    return {d.info.name: jobs or slots_here(d) for d in (driver, load(EMBEDDED))}


def execute(
    home: Home,
    plan: Plan,
    room: dict[str, int],
    tell: Callable[[Result], None],
    image: str | None = None,
    seed: int = 0,
) -> list[Result]:
    """Each case's result, labs in their order. tell: is called with each as it comes, from any thread. seed: of what checks
    draw."""
    with LabWorkshop(home, image, room, str(seed)) as workshop:
        return in_order(Executor(workshop, room, processors(), tell).execute(plan))
