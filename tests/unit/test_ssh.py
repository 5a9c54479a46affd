import subprocess
from pathlib import Path

import pytest

from provisioner.core.errors import MachineError
from provisioner.core.files import free_port
from provisioner.core.paths import Home
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat


@pytest.fixture(params=["plain", "with space", "100%", "o'clock", "comma,"])
def anywhere(request: pytest.FixtureRequest, home: Home) -> Seat:
    """A seat in a folder whose name may be odd."""
    odd = home.state / str(request.param)
    seat = Seat.locate(Home(odd, odd / "cache"), 3)
    seat.create(Record("a", "qemu"))
    ssh.configure(seat, "127.0.0.1", 2222)
    return seat


def understood(seat: Seat, name: str) -> dict[str, str]:
    done = subprocess.run(["ssh", "-G", "-F", str(seat.ssh_config), name], capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def plain(path: str) -> str:
    """As ssh shows it, with its own sign for a percent."""
    return path.replace("%%", "%")


@pytest.mark.parametrize(("name", "user"), [("lab", "learner"), ("root", "root")])
def test_ssh_understands_the_config(anywhere: Seat, name: str, user: str) -> None:
    said = understood(anywhere, name)
    assert (said["user"], said["hostname"], said["port"]) == (user, "127.0.0.1", "2222")
    assert plain(said["identityfile"]) == str(anywhere.key)
    assert plain(said["userknownhostsfile"]).strip('"') == str(anywhere.known_hosts)
    assert plain(said["controlpath"]) == str(anywhere.folder / f"{name}.ssh")
    assert said["stricthostkeychecking"] == "true"
    assert said["identitiesonly"] == "yes"
    assert said["globalknownhostsfile"] == "none"


def test_the_host_key_is_pinned(seat: Seat) -> None:
    ssh.configure(seat, "127.0.0.1", 2222)
    found = subprocess.run(["ssh-keygen", "-F", "lab", "-f", str(seat.known_hosts)], capture_output=True, text=True, check=True)
    assert seat.host_key.with_suffix(".pub").read_text().split()[1] in found.stdout


def test_a_remote_command_is_kept_word_by_word(seat: Seat) -> None:
    assert ssh.command(seat, "sh", "-c", "echo $HOME; ls 'a b'")[-1] == """sh -c 'echo $HOME; ls '"'"'a b'"'"''"""
    assert ssh.command(seat, user="lab", options=("-t",))[-2:] == ["-t", "lab"]


def test_a_machine_that_does_not_answer_is_an_error_of_the_tool(seat: Seat) -> None:
    ssh.configure(seat, "127.0.0.1", free_port())
    with pytest.raises(MachineError, match="does not answer by SSH") as error:
        ssh.run(seat, "true")
    assert "refused" in error.value.evidence
    assert "lab reset 3" in error.value.hint


def test_closing_what_was_never_open(seat: Seat) -> None:
    ssh.close(seat)


def test_the_config_survives_in_a_short_path(seat: Seat) -> None:
    """ssh adds 17 characters to a socket's name while it makes it."""
    ssh.configure(seat, "127.0.0.1", 2222)
    longest = Path(understood(seat, "root")["controlpath"])
    assert len(str(longest)) + 17 <= len(str(seat.agent)) + 24
