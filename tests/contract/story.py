"""What every driver has to do, in one story for each, in this order. What a machine can do besides is found by isinstance.

Run on fake machines by tests/contract/test_fake.py, in seconds, and on real ones by tests/real/test_4_drivers.py; both
give the fixture `subject`.
"""

import time
from collections.abc import Callable

import pytest

from provisioner import lifecycle
from provisioner.content.lab import load as load_lab
from provisioner.core.paths import labs_folders, project_labs
from provisioner.core.progress import Step
from provisioner.drivers.base import Forks, LayerStore, Snapshots
from provisioner.drivers.registry import load
from provisioner.provision import ansible, stages
from provisioner.seats import ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat
from tests.contract.subject import BOOT, Subject

READY = ("is ready", "already up")  # a quick host had it up before it was killed


def _machine(subject: Subject) -> Machine:
    return load(subject.driver).attach(Seat.locate(subject.home, 3))


def within(seconds: float, call: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not call():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_killed_up_is_begun_again(subject: Subject) -> None:
    """In the middle of what takes longest: a booting machine, or its preparation."""
    subject.kill()
    said = subject.cli.run("up", "3", "--driver", subject.driver, "--yes", timeout=subject.slow)
    assert any(words in said for words in READY)
    assert subject.inside(subject.alive).strip() == "5"


def test_what_is_up(subject: Subject) -> None:
    assert "already up" in subject.cli.run("up", "3")
    (row,) = subject.cli.json("status")
    assert (row["state"], row["driver"]) == ("running", subject.driver)
    assert min(row["memory"] >> 20, row["disk"] >> 10) >= subject.weight, "what it costs this host"
    record = Seat.locate(subject.home, 3).read()
    assert record
    assert record.port == row["ssh_port"] > 0
    assert subject.inside("whoami; sudo whoami").split() == ["learner", "root"]
    assert subject.inside(subject.alive).strip() == "5"


def test_playbooks_change_nothing_the_second_time(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an own server (which reaches packages) by the Ansible in the machine, as it is for hosts with Windows."""
    if not load(subject.driver).info.playbooks:
        return
    if subject.driver.startswith("ssh:"):
        monkeypatch.setenv("LAB_ANSIBLE", "guest")
    lab = load_lab(labs_folders(), "3")
    again = ansible.run(
        _machine(subject).seat, lab.playbook, project_labs() / "roles", stages.variables(lab), Step("again", None)
    )
    assert again == 0


def test_checks_before_and_after_the_solution(subject: Subject) -> None:
    assert subject.cli.outcomes("3", "--quick", expect=1) == subject.all("not yet")
    subject.cli.run("solve", "3")
    elsewhere = [] if isinstance(_machine(subject), Forks) else ["--disruptive"]
    for target in ["3"] if subject.disturbed == subject.exercises else [f"3.{number}" for number in subject.disturbed]:
        assert set(subject.cli.outcomes(target, *elsewhere, expect=0).values()) == {"done"}


def test_layers_have_nothing_of_a_seat(subject: Subject) -> None:
    """Neither its keys nor its nonce, nor those of the machines that they were made in."""
    names = {f.name for f in subject.home.layers.rglob("*")}
    assert not names & {"host_key", "authorized_keys", "nonce", "id_ed25519", "seat.json"}


def test_a_reset_is_the_beginning(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an own server all of it is set up again: there by the Ansible in the machine."""
    if subject.driver.startswith("ssh:"):
        monkeypatch.setenv("LAB_ANSIBLE", "guest")
    subject.inside("touch note; sudo touch /etc/note")
    subject.cli.run("reset", "3", timeout=subject.slow)
    assert subject.inside("ls note /etc/note; true") == ""
    assert subject.cli.outcomes("3", "--quick", expect=1) == subject.all("not yet")


def test_two_seats_side_by_side(subject: Subject) -> None:
    cli, look = subject.cli, f"curl -s 127.0.0.1:{subject.page}"
    if not isinstance(load(subject.driver), LayerStore) and subject.driver.startswith("ssh:"):  # one machine, and it is taken
        cli.run("up", "3", "--seat", "second", "--driver", subject.driver, expect=2)
        cli.run("destroy", "3", "--seat", "second")  # which leaves the other's machine alone
        assert subject.inside(look).split()[0] == "shop"
        return
    cli.run("up", "3", "--seat", "second", "--driver", subject.driver)
    try:
        pages = [subject.inside(look, *options) for options in ((), ("--seat", "second"))]
        assert pages[0].split()[0] == pages[1].split()[0] == "shop"
        assert pages[0] != pages[1], "each seat has a nonce of its own"
    finally:
        cli.run("destroy", "3", "--seat", "second")


def test_a_stopped_machine_goes_on_with_its_memory(subject: Subject) -> None:
    if not isinstance(_machine(subject), Snapshots):
        subject.cli.run("stop", "3", expect=2)
        return
    before = subject.inside(f"sudo ufw --force enable >/dev/null; {BOOT}")  # locked out, which must not be in the way
    subject.cli.run("stop", "3")
    assert subject.cli.json("status")[0]["state"] == "stopped"
    assert "is resumed" in subject.cli.run("up", "3")
    assert subject.inside(BOOT) == before


def test_a_machine_that_switched_itself_off_goes_on_with_its_disk(subject: Subject) -> None:
    if isinstance(_machine(subject), Snapshots) or load(subject.driver).info.layers == "none":
        return  # it has its memory; or nobody here could switch it on again
    subject.inside("echo first >note; sudo systemd-run --quiet --on-active=1 systemctl poweroff")
    assert within(60, lambda: subject.cli.json("status")[0]["state"] == "stopped")
    assert "is resumed" in subject.cli.run("up", "3")
    assert subject.inside("cat note").strip() == "first"


def test_a_saved_state_comes_back(subject: Subject) -> None:
    if not isinstance(_machine(subject), Snapshots):
        subject.cli.run("save", "3", "mine", expect=2)
        return
    subject.inside("echo first >/dev/shm/note")
    subject.cli.run("save", "3", "mine")
    subject.inside("echo second >/dev/shm/note")
    subject.cli.run("restore", "3", "mine")
    assert subject.inside("cat /dev/shm/note").strip() == "first"


def test_a_copy_is_another_machine(subject: Subject) -> None:
    """With what the original had in its memory, and an identity of its own; the original goes on, undisturbed."""
    machine = _machine(subject)
    if not isinstance(machine, Forks):
        return
    subject.inside("echo before >/dev/shm/note")
    with lifecycle.fork_machine(load_lab(labs_folders(), "3"), machine.seat, machine) as copy:
        assert ssh.run(copy, "cat", "/dev/shm/note").out.strip() == "before"
        assert ssh.run(copy, "cat", "/etc/lab/nonce").out.strip() == copy.nonce != machine.seat.nonce
        ssh.run(copy, "sh", "-c", "echo after >/dev/shm/note")
        assert subject.inside("cat /dev/shm/note").strip() == "before"
    assert not copy.folder.exists()


def test_destroy_leaves_nothing_and_twice_is_no_error(subject: Subject) -> None:
    subject.cli.run("destroy", "3", timeout=subject.slow)
    assert subject.cli.json("status") == []
    assert not Seat.locate(subject.home, 3).folder.exists()
    subject.cli.run("destroy", "3")
    subject.leaves_nothing()


__all__ = [name for name in globals() if name.startswith("test_")]  # in this order
