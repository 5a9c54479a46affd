"""Commands that show, suspend and remove seats."""

import click

from provisioner.cli.options import as_json, find_seat, find_target, lab_number, require_running, seat_name
from provisioner.cli.output import echo, show_json
from provisioner.core.errors import LabError, UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.seats.seat import Record, Seat, seats, set_aside


@click.command(epilog="\b\nExamples:\n  lab status\n  lab status --json")
@as_json
def status(as_json: bool) -> None:
    """Show all seats with their memory, disk and ports."""
    home = Home.find()
    rows = [_describe(seat) for seat in seats(home)]
    rows += [{"seat": f.name.split(".")[1], "state": "set aside", "detail": f"`rm -r {f}` removes it"} for f in set_aside(home)]
    if as_json:
        show_json(rows)
        return
    if not rows:
        echo("Nothing is up. `lab list` shows the labs, `lab up 3` starts one.")
    for row in rows:
        echo(_format_row(row))


def _describe(seat: Seat) -> dict[str, object]:
    """Describes a seat. An error becomes its state, so that the others are shown."""
    from provisioner import recovery
    from provisioner.drivers.registry import attach

    try:
        recovery.resume_paused(seat)
        record, machine = seat.read(), attach(seat)
        if record is None or machine is None:
            return {"seat": seat.name, "state": "broken", "detail": "it has no record"}
        machine_status = machine.status()
    except LabError as error:
        return {"seat": seat.name, "state": "broken", "detail": error.what}
    state = "starting" if record.phase != "ready" else machine_status.state
    return {
        "seat": seat.name, "lab": record.lab, "state": state, "detail": machine_status.detail, "driver": record.driver,
        "image": record.image, "memory": machine_status.memory, "disk": machine_status.disk, "ssh_port": record.port,
        "forwards": record.forwards,
    }  # fmt: skip


def _format_row(row: dict[str, object]) -> str:
    if "lab" not in row:
        return f"{row['seat']:<10} {row['state']}: {row['detail']}"
    byte_counts = {name: int(str(row[name])) for name in ("memory", "disk")}  # 0: unknown to the driver
    sizes = [
        f"{size / (1 << 20):6.0f} MiB {name}" if size else f"{'':10} {'':{len(name)}}" for name, size in byte_counts.items()
    ]
    size = (", " if all(byte_counts.values()) else "  ").join(sizes)
    forwards = row["forwards"]
    assert isinstance(forwards, dict)
    ports = " ".join(
        f"{guest_port}→127.0.0.1:{host_port}" for guest_port, host_port in sorted(forwards.items(), key=lambda p: int(p[0]))
    )
    text = f"{row['seat']:<10} {row['state']:<9}{size}   {row['driver']}, {row['image']}   {ports}"
    return f"{text}\n{'':<10} {row['detail']}" if row["detail"] else text


@click.command(epilog="\b\nExample:\n  lab stop 3    `lab up 3` resumes it")
@lab_number
@seat_name
def stop(target: str, seat_name: str) -> None:
    """Suspend the machine to disk.

    A suspended machine uses disk space, but no processor and no memory.
    """
    from provisioner.drivers.base import Snapshots
    from provisioner.drivers.registry import attach

    lab, _ = find_target(target, runs=False)
    seat = require_running(lab, seat_name)
    with seat.lock(f"lab stop {target}"):
        record, machine = seat.read(), attach(seat)
        assert record is not None
        assert machine is not None
        if not isinstance(machine, Snapshots):
            raise UsageError(
                f"the driver {record.driver} cannot suspend a machine", hint=_suggest_alternative(lab.number, record)
            )
        if machine.status().state != "running":
            say(f"Lab {lab.number} is not running.")
            return
        with step("Suspending the machine", key="suspend"):
            machine.suspend()


def _suggest_alternative(number: int, record: Record) -> str:
    """What to do instead. A remote server must not be switched off: it could not be switched on again from here."""
    from provisioner.drivers.registry import load

    if load(record.driver).info.layers == "none":
        return f"leave it running; lab destroy {number} restores it, and removes what was done on it"
    return f"lab ssh {number} -- sudo poweroff, and later lab up {number}: its disk is kept"


@click.command(epilog="\b\nExamples:\n  lab destroy 3\n  lab destroy --all")
@click.argument("target", metavar="LAB", required=False)
@seat_name
@click.option("--all", "select_all", is_flag=True, help="Remove all seats of all labs.")
def destroy(target: str | None, seat_name: str, select_all: bool) -> None:
    """Remove a seat: its machine, its disk and its keys.

    Images and layers stay in the cache for the next `lab up`; see `lab cache`.
    """
    from provisioner import lifecycle

    if bool(target) == select_all:
        raise UsageError("which lab?", hint="lab destroy 3, or lab destroy --all")
    if select_all:
        lifecycle.sweep(Home.find())
    selection = seats(Home.find()) if target is None else [find_seat(find_target(target, runs=False)[0], seat_name)]
    problems = [problem for seat in selection if (problem := _destroy(seat))]
    if problems:
        raise LabError("not all could be removed", evidence="\n".join(problems), hint="lab status shows what remains")


def _destroy(seat: Seat) -> str:
    """Removes a seat, even if its record is corrupt. Returns the problem, else empty."""
    from provisioner import lifecycle
    from provisioner.provision import layer_builder

    with seat.lock(f"lab destroy {seat.name}"):
        if not seat.folder.exists():
            say(f"Seat {seat.name} does not exist: nothing to remove.")
            return ""
        try:
            lifecycle.tidy(Home.find(), seat)
            layer_builder.discard(seat)
        except LabError as error:
            return f"seat {seat.name}: {error.what}"
    say(f"✓ seat {seat.name} removed")
    return ""
