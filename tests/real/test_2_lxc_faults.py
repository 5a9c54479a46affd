"""What goes wrong on other people's hosts, done to a system container: its learner's file is there afterwards."""

import os
import shutil
from collections.abc import Iterator

import psutil
import pytest

from .conftest import Cli, within

SEAT = ("--seat", "faults")


@pytest.fixture(scope="module")
def mine(cli: Cli) -> Iterator[Cli]:
    if os.geteuid() or not shutil.which("lxc-start") or not shutil.which("slirp4netns"):
        pytest.skip("system containers need root, LXC and slirp4netns")
    cli.run("up", "3", *SEAT, "--driver", "lxc")
    yield cli
    cli.run("destroy", "3", *SEAT)


def write(cli: Cli, text: str) -> None:
    cli.run("ssh", "3", *SEAT, "--", f"echo {text} >mine; sync")


def read(cli: Cli) -> str:
    return cli.run("ssh", "3", *SEAT, "--", "cat mine").strip()


def of_machine(cli: Cli, name: str) -> list[psutil.Process]:
    return [p for p in cli.processes() if p.name().startswith(name) and any("3-faults" in w for w in p.cmdline())]


def test_a_machine_whose_network_on_the_host_has_ended(mine: Cli) -> None:
    """It runs, and nobody gets in: `up` sees that, and boots it from its disk."""
    write(mine, "before the door closed")
    for slirp in of_machine(mine, "slirp"):
        slirp.kill()
        slirp.wait(10)
    mine.run("up", "3", *SEAT)
    assert read(mine) == "before the door closed"


def test_a_machine_that_was_killed(mine: Cli) -> None:
    write(mine, "before kill -9")
    for outer in of_machine(mine, "unshare"):
        outer.kill()
    assert within(20, lambda: not of_machine(mine, "unshare"))
    mine.run("up", "3", *SEAT)
    assert read(mine) == "before kill -9"


def test_a_home_that_was_moved(mine: Cli) -> None:
    """What a machine stands on is found by its name, wherever the home is."""
    write(mine, "before the move")
    mine.run("ssh", "3", *SEAT, "--", "sudo sh -c 'sleep 1; poweroff' >/dev/null 2>&1 &")
    assert within(60, lambda: not of_machine(mine, "unshare"))
    there = Cli(mine.home.with_name(f"{mine.home.name}-moved"))
    mine.home.rename(there.home)
    try:
        there.run("up", "3", *SEAT)
        assert read(there) == "before the move"
        there.run("reset", "3", *SEAT)
        there.run("ssh", "3", *SEAT, "--", "test ! -e mine")
        there.run("destroy", "3", *SEAT)
    finally:
        there.home.rename(mine.home)
    mine.run("up", "3", *SEAT, "--driver", "lxc")


def test_what_it_syncs_is_on_the_hosts_disk(mine: Cli) -> None:
    """As its kernel has it mounted: a layer that is made, and a trial's machine, need not outlive a power cut."""
    options = mine.run("ssh", "3", *SEAT, "--", "findmnt -no OPTIONS /").strip().split(",")
    assert "volatile" not in options


def test_another_driver_is_not_taken_without_a_word(mine: Cli) -> None:
    write(mine, "with the first driver")
    mine.run("up", "3", *SEAT, "--driver", "qemu", expect=2)
    assert read(mine) == "with the first driver"


def test_a_corrupt_record_sets_the_seat_aside(mine: Cli) -> None:
    write(mine, "in the seat that is set aside")
    seats = mine.home / "seats"
    whole = (seats / "3-faults" / "seat.json").read_text()
    (seats / "3-faults" / "seat.json").write_text(whole[: len(whole) // 2])
    mine.run("up", "3", *SEAT, "--driver", "lxc")
    mine.run("ssh", "3", *SEAT, "--", "[ ! -e mine ]")
    assert len(of_machine(mine, "unshare")) == 1
    (aside,) = seats.glob(".3-faults.*.aside")
    mine.run("cache", "--prune", "--all")  # keeps what its disk stands on
    mine.run("destroy", "3", *SEAT)
    aside.rename(seats / "3-faults")
    (seats / "3-faults" / "seat.json").write_text(whole)
    mine.run("up", "3", *SEAT)
    assert read(mine) == "in the seat that is set aside"
