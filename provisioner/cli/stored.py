"""Commands about stored data and measurements: save, restore, cache, bench."""

import shutil
from contextlib import suppress
from pathlib import Path

import click

from provisioner.cli.options import as_json, find_target, lab_number, plan_only, require_name, require_running, seat_name
from provisioner.cli.output import echo, show_json
from provisioner.core import umask
from provisioner.core.errors import LabError, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say, step


@click.command(epilog="\b\nExamples:\n  lab save 3 before-rules\n  lab restore 3 before-rules")
@lab_number
@click.argument("name")
@seat_name
def save(target: str, name: str, seat_name: str) -> None:
    """Save the machine's memory and disk under a name.

    The machine is paused for a moment and continues.
    """
    from provisioner.drivers.base import Snapshots
    from provisioner.drivers.registry import attach

    lab, _ = find_target(target, seat_name, runs=False)
    seat = require_running(lab, seat_name)
    require_name(name, "a save")
    with seat.lock(f"lab save {target}"):
        record, machine = seat.read(), attach(seat)
        assert record is not None
        assert machine is not None
        if not isinstance(machine, Snapshots):
            raise UsageError(f"the driver {record.driver} cannot save the state of a machine")
        if machine.status().state != "running":
            raise LabError(f"lab {lab.number} is not running", hint=f"lab up {lab.number}")
        with step(f"Saving lab {lab.number} as {name}", key="save"):
            machine.save(name)
        seat.update(saves={**record.saves, name: (record.layer, record.build_id)})
    echo(f"`lab restore {target} {name}` returns to this state.")


@click.command(epilog="\b\nExamples:\n  lab restore 3                 lists the saved states\n  lab restore 3 before-rules")
@lab_number
@click.argument("name", required=False)
@seat_name
@as_json
def restore(target: str, name: str | None, seat_name: str, as_json: bool) -> None:
    """Return to a saved state, or list the saved states.

    All changes since the save are lost.
    """
    from provisioner import lifecycle
    from provisioner.drivers.base import Snapshots
    from provisioner.drivers.registry import attach
    from provisioner.progress.event import make_event
    from provisioner.progress.store import record as note

    lab, _ = find_target(target, seat_name, runs=False)
    seat = require_running(lab, seat_name)
    with seat.lock(f"lab restore {target}"):
        record, machine = seat.read(), attach(seat)
        assert record is not None
        save_names = sorted(record.saves)
        if name is None:
            show_json(save_names) if as_json else echo(
                "\n".join(save_names) or f"No saved states. Save one: lab save {target} NAME"
            )
            return
        if not isinstance(machine, Snapshots) or name not in save_names:
            raise UsageError(f"no state is saved as {name!r}", hint=f"saved: {', '.join(save_names) or 'none'}")
        with step(f"Restoring {name}", key="restore"):
            lifecycle.restore(Home.find(), lab, seat, machine, name)
    note(make_event("restore", lab, seat, name=name))
    if as_json:
        show_json({"lab": lab.number, "seat": seat.name, "restored": name})


@click.command(epilog="\b\nExample:\n  lab gc    after a job of a CI runner, whatever became of it")
def gc() -> None:
    """End and remove what killed commands have left.

    Machines of verifications, copies for checks, half-made layers, machines that were handed to nobody. Nothing that is in use,
    no machine of a learner, no saved state.
    """
    from provisioner import lifecycle

    lifecycle.collect_garbage(Home.find())


@click.command(epilog="\b\nExamples:\n  lab cache\n  lab cache key\n  lab cache --prune\n  lab cache --prune --all")
@click.argument("action", type=click.Choice(["key"]), required=False, metavar="[key]")
@click.option("--prune", is_flag=True, help="Remove what no lab and no seat uses.")
@click.option("--all", "select_all", is_flag=True, help="With --prune: remove everything that no seat uses.")
@as_json
def cache(action: str | None, prune: bool, select_all: bool, as_json: bool) -> None:
    """Show the cached images and layers, or remove unused ones.

    `lab cache key` prints a word that changes when what the labs are prepared from does: the key under which a CI service
    keeps the cache.
    """
    from provisioner.provision.cache import Cache, make_key

    if action:
        if prune or select_all:
            raise UsageError("`lab cache key` removes nothing", hint="lab cache --prune")
        echo(make_key())
        return
    if select_all and not prune:
        raise UsageError("--all goes with --prune", hint="lab cache --prune --all")
    contents = Cache(Home.find())
    if prune:
        for item in contents.unused(select_all=select_all):
            contents.remove(item)
            say(f"✓ {item.kind} {item.what} removed, {item.disk >> 20} MiB")
        shutil.rmtree(contents.home.varied, ignore_errors=True)  # written again on demand
    rows = contents.items()
    if as_json:
        show_json([row.as_dict() for row in rows])
        return
    for row in rows:
        echo(f"{row.kind:<6} {row.what:<22} {row.disk >> 20:6d} MiB   {row.why}")
    echo(f"\n{sum(r.disk for r in rows) >> 20} MiB in {contents.home.cache}")


@click.command(epilog="\b\nExamples:\n  lab bench 3\n  lab bench 3 --rounds 9 --seats 20 --page docs/benchmark.md")
@lab_number
@click.option("--rounds", type=click.IntRange(1, 99), metavar="N", default=5, show_default=True,
              help="Repeat each measurement N times.")  # fmt: skip
@click.option("--seats", "seat_count", type=click.IntRange(1, 64), metavar="N", default=2, show_default=True,
              help="Run N seats at the same time.")  # fmt: skip
@click.option("--cold", is_flag=True, help="Also measure with an empty cache, and Vagrant (15 min).")
@plan_only
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Also write Markdown.")
@as_json
def bench(target: str, rounds: int, seat_count: int, cold: bool, show_plan: bool, page: Path | None, as_json: bool) -> None:
    """Measure start, reset, check and further seats on this host."""
    from dataclasses import asdict

    from provisioner.bench import Bench, report

    lab, _ = find_target(target)
    if show_plan:
        tasks = Bench(Home.find(), lab, rounds, seat_count, cold=cold).plan()
        show_json(tasks) if as_json else echo("\n".join(tasks))
        return
    with Bench(Home.find(), lab, rounds, seat_count, cold=cold) as benchmark, suppress(KeyboardInterrupt):
        benchmark.run()
    rows = report.table(benchmark.figures)
    if page:
        umask.write(page, report.page(lab, rows, benchmark.left_out))
    if as_json:
        show_json({key: {**asdict(figure), "median": figure.median} for key, figure in benchmark.figures.items()})
        return
    width = max((len(what) for what, _, _ in rows), default=0)
    for what, value, ratio in rows:
        echo(f"{what:<{width}}  {value}\n{'':<{width}}  {ratio}" if ratio else f"{what:<{width}}  {value}")
    for reason in benchmark.left_out:
        echo(f"\n{reason}")
