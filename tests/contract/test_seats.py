"""Seats from `lab up` to `lab destroy`, and after commands that were killed: on fake machines, by the command line."""

import os
import signal

import pytest

from provisioner.backends.fake.guest import NONCE, Guest
from provisioner.core.paths import Home
from provisioner.provision import layer_store
from provisioner.seats.seat import Seat
from tests.contract.conftest import SOON, Cli, wait_for
from tests.contract.subject import BOOT

GONE = "ls note; true"


def state(cli: Cli) -> str:
    (row,) = cli.json("status")
    return str(row["state"])


def guest(seat: Seat) -> Guest:
    return Guest(seat.folder / "fake")


# --- what each command does


@pytest.mark.slow
def test_up_says_how(up: Cli) -> None:
    assert up.json("up", "3")["how"] == "already up"
    up.run("stop", "3")
    assert up.json("up", "3")["how"] == "continued"
    assert up.json("up", "3", "--seat", "other")["how"] == "started"


@pytest.mark.slow
def test_a_reset_keeps_what_the_learner_was_told_and_nothing_of_the_machine(up: Cli, seat: Seat) -> None:
    up.inside("touch note; echo all is well >report")
    up.run("hint", "3.3")
    up.run("check", "3.3")
    up.run("reset", "3")
    assert up.inside(GONE) == ""
    record = seat.read()
    assert record
    assert (record.hints, record.solved, record.phase) == ({"write-report": 1}, ["write-report"], "ready")


@pytest.mark.slow
def test_goto_solves_what_comes_before(up: Cli) -> None:
    up.run("goto", "3.3")
    assert up.outcomes("3", expect=1) == {1: "done", 2: "done", 3: "not yet"}


@pytest.mark.slow
def test_a_driver_without_layers_sets_up_each_machine_and_says_when_it_is_not_the_beginning(cli: Cli) -> None:
    cli.run("up", "3", "--driver", "fake:plain")
    cli.run("goto", "3.2")
    assert cli.outcomes("3", "--quick", expect=1)[2] == "not yet"
    (cli.labs / "03-fake-shop" / "setup.sh").write_text("block outside stats\n")
    assert cli.next("reset", "3") == "lab destroy 3 restores the machine; then lab up 3"
    cli.run("save", "3", "mine", expect=2)
    assert cli.next("stop", "3") == "leave it running; lab destroy 3 restores it, and removes what was done on it"


@pytest.mark.slow
def test_without_memory_in_layers_each_machine_is_solved_anew(cli: Cli, home: Home) -> None:
    cli.run("up", "3", "--driver", "fake:disk")
    before = {folder.name for folder in home.layers.glob("[!.]*/")}
    cli.run("goto", "3.3")
    assert cli.outcomes("3", "--quick", expect=1)[3] == "not yet"
    assert {folder.name for folder in home.layers.glob("[!.]*/")} == before


def test_who_cannot_suspend_is_told_what_keeps_the_disk(cli: Cli) -> None:
    cli.run("up", "3", "--driver", "fake:disk")
    assert cli.next("stop", "3") == "lab ssh 3 -- sudo poweroff, and later lab up 3: its disk is kept"


def test_next_steps_stand_below_each_other_whatever_the_seat_is_called(cli: Cli) -> None:
    rows = cli.run("up", "3", "--seat", "a-rather-long-name").splitlines()[2:]
    assert len(rows) == 4
    assert len({len(row) - len(row.split("  ")[-1].lstrip()) for row in rows}) == 1


def test_another_driver_is_agreed_to_first(up: Cli) -> None:
    assert "lab destroy 3, or --yes, removes it" in up.next("up", "3", "--driver", "fake:disk")
    up.run("up", "3", "--driver", "fake:disk", "--yes")
    assert up.json("status")[0]["driver"] == "fake:disk"


@pytest.mark.parametrize(
    "words", [("stop", "3"), ("save", "3", "mine"), ("restore", "3"), ("reset", "3"), ("check", "3"), ("ssh", "3")]
)
def test_what_needs_a_machine_says_how_to_get_one(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli.next(*words) == "lab up 3"


def test_a_save_of_a_machine_that_is_stopped_and_one_that_is_not_there(up: Cli) -> None:
    assert up.next("restore", "3", "mine") == "saved: none"
    up.run("save", "3", "mine")
    assert up.json("restore", "3") == ["mine"]
    up.run("stop", "3")
    assert up.next("save", "3", "other") == "lab up 3"
    assert "is not running" in up.said("stop", "3")[1]


def test_all_machines_of_a_seat_answer_with_its_own_nonce(up: Cli, home: Home, seat: Seat) -> None:
    up.run("up", "3", "--seat", "other")
    assert guest(seat).read(NONCE).strip() == seat.nonce != Seat.locate(home, 3, "other").nonce
    up.run("reset", "3")
    assert guest(seat).read(NONCE).strip() == seat.nonce


# --- machines that ended, or hang, by themselves


def test_a_machine_whose_process_died_boots_what_its_disk_has(up: Cli) -> None:
    up.inside("echo first >note; echo lost >/dev/shm/note")
    boot = up.inside(BOOT)
    up.machines()[0].kill()
    wait_for(lambda: state(up) == "stopped")
    assert up.json("up", "3")["how"] == "continued"
    assert up.inside("cat note; cat /dev/shm/note; true") == "first\n"
    assert up.inside(BOOT) != boot


def test_a_machine_that_was_stopped_by_a_signal_goes_on(up: Cli) -> None:
    boot = up.inside(BOOT)
    process = next(p for p in up.machines() if "backends.fake.server" in " ".join(p.cmdline()))
    process.suspend()
    assert state(up) == "broken"
    assert up.json("up", "3")["how"] == "continued"
    assert up.inside(BOOT) == boot


def test_a_machine_that_is_gone_is_begun_anew(up: Cli, seat: Seat) -> None:
    up.inside("touch note")
    guest(seat).disk.rename(seat.folder / "elsewhere")
    up.machines()[0].kill()
    out, err = up.said("up", "3")
    assert "is gone: starting a fresh one" in err
    assert "is ready" in out
    assert up.inside(GONE) == ""


@pytest.mark.slow
def test_a_corrupt_record_is_set_aside_with_its_disk(up: Cli, seat: Seat) -> None:
    up.inside("echo mine >note")
    seat.record_file.write_text("{half")
    assert "sets the seat aside" in up.next("check", "3")
    assert "set aside" in up.said("up", "3")[1]
    aside, own = sorted(up.json("status"), key=lambda row: len(row))
    assert (aside["state"], own["state"]) == ("set aside", "running")
    folder = next(seat.folder.parent.glob(".3.*.aside"))
    assert Guest(folder / "fake").read("/home/learner/note") == "mine\n"
    assert up.inside(GONE) == ""


# --- commands that were killed


def test_a_first_up_that_was_killed_is_no_seat_to_go_on_with(cli: Cli) -> None:
    cli.kill_at("start", "up", "3")
    assert state(cli) == "starting"
    assert cli.next("ssh", "3") == "lab up 3"
    assert "an earlier start of this seat was interrupted" in cli.said("up", "3")[1]
    assert cli.json("up", "3")["how"] == "already up"


@pytest.mark.parametrize("moment", ["suspend", "save"])
def test_a_machine_that_stands_still_for_a_killed_command_goes_on(up: Cli, seat: Seat, moment: str) -> None:
    words = {"suspend": ("stop", "3"), "save": ("save", "3", "mine")}[moment]
    boot = up.inside(f"echo first >/dev/shm/note; {BOOT}")
    up.kill_at(moment, *words)
    assert seat.pause_file.exists()
    out, err = up.said("status")
    assert "running" in out
    assert "resuming it" in err
    assert not seat.pause_file.exists()
    assert up.inside(f"cat /dev/shm/note; {BOOT}") == f"first\n{boot}"
    assert up.next("restore", "3", "mine") == "saved: none"


def test_a_machine_that_stands_still_for_a_command_at_work_is_left_alone(up: Cli, seat: Seat) -> None:
    file = up.told("save", "hold")
    with up.start("save", "3", "mine") as child:
        wait_for(file.with_suffix(".reached").exists)
        assert "broken" in up.said("status", patience=SOON)[0]
        assert seat.pause_file.exists()
        file.unlink()
        assert child.wait(SOON) == 0
    assert not seat.pause_file.exists()


def test_any_command_lets_it_go_on(up: Cli, seat: Seat) -> None:
    up.kill_at("save", "save", "3", "mine")
    assert up.outcomes("3.3", expect=1) == {3: "not yet"}
    assert not seat.pause_file.exists()


@pytest.mark.slow
def test_a_check_that_was_killed_leaves_its_copy_to_the_next_up(up: Cli, seat: Seat) -> None:
    up.inside("sudo block outside stats")
    up.kill_at("start", "up", "3", "--seat", "other")  # another seat's cut-off start is not touched by this
    up.kill_at("fork", "check", "3.1")
    assert seat.fork.folder.exists()
    up.run("up", "3")
    assert not seat.fork.folder.exists()
    assert up.outcomes("3.1", expect=0) == {1: "done"}


def test_a_destroy_that_was_killed_is_ended_by_the_next_one(up: Cli) -> None:
    up.kill_at("end", "destroy", "3")
    up.run("destroy", "3")
    assert up.json("status") == []


def test_a_reset_that_was_killed_before_the_old_machine_ended(up: Cli) -> None:
    up.inside("touch note")
    up.kill_at("end", "reset", "3")
    assert up.next("reset", "3") == "lab up 3"
    up.run("up", "3")
    assert up.inside(GONE) == ""


def test_a_reset_that_was_killed_is_begun_again(up: Cli) -> None:
    up.inside("touch note")
    up.kill_at("start", "reset", "3")
    assert up.json("up", "3")["how"] == "started"
    assert up.inside(GONE) == ""


@pytest.mark.slow
def test_a_restore_that_was_killed_loses_neither_the_machine_nor_the_save(up: Cli) -> None:
    up.inside("echo first >note")
    up.run("save", "3", "mine")
    up.inside("echo second >note")
    up.kill_at("restore", "restore", "3", "mine")
    assert up.inside("cat note") == "second\n"
    up.run("restore", "3", "mine")
    assert up.inside("cat note") == "first\n"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_first_up_leaves_nothing(cli: Cli, seat: Seat, sign: int) -> None:
    file = cli.told("start", "hold")
    with cli.start("up", "3") as child:
        wait_for(file.with_suffix(".reached").exists)
        os.kill(child.pid, sign)
        file.with_suffix(".reached").unlink()
        child.communicate(timeout=SOON)
    assert child.returncode == 128 + sign
    assert cli.json("status") == []
    assert not guest(seat).folder.exists()


def test_a_machine_that_does_not_start_leaves_no_seat_and_the_old_one_where_it_was(cli: Cli, seat: Seat) -> None:
    cli.told("start", "fail")
    cli.run("up", "3", expect=2)
    assert cli.json("status") == []
    assert not seat.record_file.exists()


# --- layers, as seats see them


def test_a_saved_state_is_not_gone_on_with_upon_a_layer_that_was_made_anew(up: Cli, home: Home, seat: Seat) -> None:
    up.run("save", "3", "mine")
    record = seat.read()
    assert record
    assert tuple(record.saves["mine"]) == (record.layer, record.build_id)
    folder = layer_store.of_build(home, record.layer, record.build_id)
    assert folder
    folder.rename(home.layers / f"{record.layer}-0000")  # as another build of it would be
    note = layer_store.read_note(home.layers / f"{record.layer}-0000")
    assert note
    layer_store.write_note(home.layers / f"{record.layer}-0000", {**note, "build_id": "0000"})
    assert up.next("restore", "3", "mine") == "lab reset 3"
    up.run("reset", "3")
    after = seat.read()
    assert after
    assert (after.layer, after.build_id) == (record.layer, "0000")
    assert up.next("restore", "3", "mine") == "lab reset 3"


@pytest.mark.slow
def test_a_layer_that_is_refused_is_made_anew_once(up: Cli, home: Home, seat: Seat) -> None:
    record = seat.read()
    assert record
    folder = layer_store.of_build(home, record.layer, record.build_id)
    assert folder
    (folder / "disk" / "etc" / "image").unlink()
    err = up.said("up", "3", "--seat", "other")[1]
    assert "cannot be used" in err
    other = Seat.locate(home, 3, "other").read()
    assert other
    assert (other.layer, other.build_id != record.build_id) == (record.layer, True)
    assert folder.exists(), "a seat stands on it"


@pytest.mark.slow
def test_what_is_built_on_a_layer_below_a_seat_stays_with_it(up: Cli, home: Home, seat: Seat) -> None:
    up.run("up", "3", "--seat", "other")
    up.run("goto", "3.2", "--seat", "other")
    up.run("destroy", "3", "--seat", "other")
    record = seat.read()
    assert record
    folder = layer_store.of_build(home, record.layer, record.build_id)
    assert folder
    there = {layer.name: layer_store.read_note(layer) for layer in home.layers.glob("[!.]*/")}
    assert [name for name, note in there.items() if note and note["parent"] == folder.name]
    assert not layer_store.remove(home, folder)
    assert {layer.name for layer in home.layers.glob("[!.]*/")} == there.keys()
    up.run("destroy", "3")
    assert layer_store.remove(home, folder)
    assert there.keys() - {layer.name for layer in home.layers.glob("[!.]*/")} > {folder.name}


def test_a_preparation_that_was_killed_is_swept_and_begun_again(cli: Cli, home: Home) -> None:
    (cli.labs / "03-fake-shop" / "setup.sh").write_text("echo other >/etc/setup\n")
    cli.kill_at("store", "up", "3")
    assert list(home.layers.glob("b-*"))
    assert cli.machines()
    cli.run("up", "3", "--driver", "fake:plain")
    assert not list(home.layers.glob("b-*"))
    assert not list(home.layers.glob(".*.new"))
    assert len([p for p in cli.machines() if "fake.server" in " ".join(p.cmdline())]) == 1


@pytest.mark.slow
def test_a_preparation_that_is_under_way_is_left_alone(cli: Cli, home: Home) -> None:
    (cli.labs / "03-fake-shop" / "setup.sh").write_text("echo other >/etc/setup\n")
    file = cli.told("store", "hold")
    with cli.start("up", "3") as child:
        wait_for(file.with_suffix(".reached").exists)
        cli.run("up", "3", "--seat", "other", "--driver", "fake:plain")
        assert list(home.layers.glob("b-*"))
        file.unlink()
        assert child.wait(SOON) == 0
    assert cli.inside("cat /etc/setup") == "other\n"
