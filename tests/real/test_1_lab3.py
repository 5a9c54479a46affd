"""Lab 3 from nothing: the story of a learner, in order. The first test pays for the cold start."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from provisioner.content.lab import load
from provisioner.core.paths import Home, labs_folders, project_labs
from provisioner.core.progress import Step
from provisioner.provision import ansible, stages
from provisioner.seats.seat import Seat

from .conftest import Cli, only, within

pytestmark = pytest.mark.first_half
ALL = {1, 2, 3, 4, 5, 6}
AS_IT_IS = "cat /proc/sys/kernel/random/boot_id; docker ps -q --no-trunc; pidof dockerd"


def test_up_from_nothing(cli: Cli) -> None:
    assert "is ready" in cli.run("up", "3", "--yes")


def test_second_up_is_quick_and_says_so(cli: Cli) -> None:
    began = time.monotonic()
    assert "already up" in cli.run("up", "3")
    print(f"{time.monotonic() - began:.2f} s")


def test_what_is_up_and_what_it_costs(cli: Cli) -> None:
    (row,) = cli.json("status")
    assert (row["state"], row["driver"]) == ("running", "qemu")
    assert min(row["memory"] >> 20, row["disk"] >> 10) > 50
    assert cli.run("ssh", "3", "--", "whoami; sudo whoami").split() == ["learner", "root"]


def test_nothing_is_done_in_the_beginning(cli: Cli) -> None:
    assert cli.outcomes("3", expect=1) == dict.fromkeys(ALL, "not yet")


def test_a_probe_is_explained(cli: Cli) -> None:
    said = cli.run("probe", "3", "--from", "outside", "-4", "stats")
    assert "rewrote its destination" in said
    assert "never came to INPUT" in said
    assert "docker-proxy" in cli.run("probe", "3", "--from", "outside", "-6", "stats")
    assert "stopped it" in cli.run("probe", "3", "--from", "container:worker", "payments:80", expect=1)


def test_nothing_listens_beyond_loopback(cli: Cli) -> None:
    qemu = next(p for p in cli.processes() if p.name().startswith("qemu"))
    listening = [c.laddr.ip for c in qemu.net_connections(kind="inet") if c.status == "LISTEN"]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_its_emulator_is_not_root(cli: Cli) -> None:
    """Also where lab is run by root, which most of continuous integration is."""
    qemu = next(p for p in cli.processes() if p.name().startswith("qemu"))
    assert 0 not in (qemu.uids().real, qemu.uids().effective, qemu.uids().saved)
    assert "CapEff:\t0000000000000000" in Path(f"/proc/{qemu.pid}/status").read_text()


def test_the_machine_cannot_reach_the_hosts_loopback(cli: Cli) -> None:
    """QEMU's user network would map 10.0.2.2 to it; the control is a listener that the host itself reaches."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        said = cli.run("ssh", "3", "--", f"nc -z -w 5 10.0.2.2 {port} && echo reached || echo closed")
    assert said.strip() == "closed"


def test_secrets_are_private(cli: Cli) -> None:
    seat = cli.home / "seats" / "3"
    assert seat.stat().st_mode & 0o077 == 0
    for name in ("id_ed25519", "host_key", "nonce", "ssh_config", "seat.json"):
        assert (seat / name).stat().st_mode & 0o077 == 0, name


def test_playbooks_change_nothing_the_second_time(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(cli.home))
    lab, seat = load(labs_folders(), "3"), Seat.locate(Home.find(), 3)
    roles = project_labs() / "roles"
    assert ansible.run(seat, lab.playbook, roles, stages.variables(lab), Step("again", None)) == 0


def test_solved_is_done(cli: Cli) -> None:
    """With restarts and a reboot, of copies: the machine itself is as it was."""
    cli.run("solve", "3")
    assert cli.outcomes("3.3", "--quick", expect=1) == {3: "not checked"}
    machine = cli.run("ssh", "3", "--", AS_IT_IS)
    assert "Why it works" not in cli.run("guide", "3.2")
    report = cli.home / "report.xml"
    said = cli.run("check", "3", "--junit", str(report))
    assert "6 of 6 done" in said
    assert report.read_text().count("<testcase") == len(ALL)
    assert 'failures="0"' in report.read_text()
    assert "Why it works" in cli.run("guide", "3.2")
    assert cli.run("ssh", "3", "--", AS_IT_IS) == machine


def test_kill_9_of_a_check_leaves_a_copy_to_the_next_command(cli: Cli) -> None:
    child = cli.start("check", "3.3")
    fork = cli.home / "seats" / "3" / "fork"
    assert within(120, lambda: (fork / "qmp").exists())
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)
    assert fork.exists()
    cli.run("up", "3")
    assert not fork.exists()
    assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == 1


def test_stop_and_up_goes_on(cli: Cli) -> None:
    cli.run("ssh", "3", "--", "echo kept > /tmp/note; touch /dev/shm/in-memory")
    cli.run("stop", "3")
    assert cli.json("status")[0]["state"] == "stopped"
    assert not cli.processes()
    assert "is resumed" in cli.run("up", "3")
    assert cli.run("ssh", "3", "--", "cat /tmp/note; ls /dev/shm/in-memory") == "kept\n/dev/shm/in-memory\n"


def test_hints_are_remembered(cli: Cli) -> None:
    first = cli.run("hint", "3.2")
    assert first.startswith("  • ")
    assert cli.run("hint", "3.2").startswith(first)
    assert cli.run("hint", "3.2", "--again").count("  • ") == 2


def test_reset_is_the_beginning(cli: Cli) -> None:
    cli.run("reset", "3")
    assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    assert cli.run("hint", "3.2", "--again").count("  • ") == 2  # what was shown stays shown


# One exercise, as a sample: `lab verify --all` takes an hour where machines are emulated.
def test_verify(cli: Cli, tmp_path: Path) -> None:
    """Of one exercise, some scripts: that each is judged rightly is tests/real/test_9_verify.py's business."""
    report = cli.home / "verify.xml"
    with only(tmp_path, "firewall-on", "enable-only.sh", "ipv4-only.sh", "ssh-only.sh", "tcp.sh"):
        said = cli.run("verify", "3.firewall-on", "--driver", "qemu", "--junit", str(report), timeout=2400)
    assert re.search(r"\d+ passed, 0 failed", said)
    assert "4 wrong solutions rejected" in said
    assert subprocess.run(["ls", cli.home / "verify"], capture_output=True, text=True, check=False).stdout == ""
