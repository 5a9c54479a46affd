"""Machines that end with their command: what a killed one has left is cleared away by the next, and what is in use is not."""

import subprocess

import pytest

from provisioner.core.paths import Home
from provisioner.provision import throwaway
from provisioner.seats.seat import Record, Seat

from .command import Cli


@pytest.fixture
def left(home: Home) -> Seat:
    """As after kill -9: a system container's files, and nobody who holds the lock."""
    seat = Seat(home.state / "verify" / "7")
    seat.create(Record("03-vm-and-docker", "lxc"))
    (seat.folder / "lxc" / "upper").mkdir(parents=True)
    return seat


def test_what_is_left_goes(home: Home, left: Seat) -> None:
    throwaway.sweep(home)
    assert not left.folder.exists()


def test_what_is_in_use_stays(home: Home) -> None:
    with throwaway.place(home, "submissions") as seat:
        seat.create(Record("03-vm-and-docker", "lxc"))
        throwaway.sweep(home)
        assert seat.exists()
        with throwaway.place(home, "submissions") as other:
            assert other.folder != seat.folder
    throwaway.sweep(home)
    assert not seat.folder.exists()


def test_destroying_all_needs_no_seat(lab: Cli, left: Seat) -> None:
    done = lab("destroy", "--all")
    assert done.code == 0, done.err
    assert not left.folder.exists()


def test_one_that_cannot_be_cleared_away_keeps_nobody_from_working(
    home: Home, left: Seat, capsys: pytest.CaptureFixture[str]
) -> None:
    (mounted := left.folder / "mounted").mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], capture_output=True, check=False).returncode:
        pytest.skip("a mount, which nobody can remove, needs root")
    try:
        other = Seat(home.state / "submissions" / "0")
        other.create(Record("03-vm-and-docker", "lxc"))
        throwaway.sweep(home)
        assert not other.folder.exists()
        assert f"what an earlier command left in {left.folder} stays" in capsys.readouterr().err
    finally:
        (stays,) = (home.state / "verify").glob(".7.*.old")  # out of the way of the next one
        subprocess.run(["umount", stays / "mounted"], check=True)
    throwaway.sweep(home)
    assert not stays.exists()
