"""Tools of the learner's own reach the machine by its name, as long as it is there."""

import subprocess
from pathlib import Path

import pytest

from tests.contract.conftest import Cli

OWN = b"# caf\xe9\r\nHost work\n  User me\n"  # neither UTF-8 nor one kind of line


@pytest.fixture
def user_config(up: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a user who has a file already, which is a link, as some keep theirs in git."""
    kept = tmp_path / "dotfiles-ssh"
    kept.write_bytes(OWN)
    kept.chmod(0o644)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").symlink_to(kept)
    return tmp_path / ".ssh" / "config"


def ssh(config: Path, *words: str) -> str:
    return subprocess.run(["ssh", "-F", config, *words], capture_output=True, text=True, check=True, timeout=60).stdout


def test_ssh_knows_each_machine_by_its_name(up: Cli, user_config: Path) -> None:
    assert "Host lab-3\n" in up.run("ssh-config", "3")
    assert user_config.read_bytes() == OWN, "nothing is written unless it is asked for"
    assert up.json("ssh-config", "3")["host"] == "lab-3"
    for _ in range(2):
        assert "ssh lab-3" in up.run("ssh-config", "3", "--install")
    assert user_config.is_symlink()
    assert user_config.read_bytes().count(b"Include") == 1
    assert user_config.stat().st_mode & 0o777 == 0o644
    assert ssh(user_config, "lab-3", "echo all is well >report; cat report") == "all is well\n"
    assert "user me\n" in ssh(user_config, "-G", "work")
    up.run("up", "3", "--seat", "alice")
    assert ssh(user_config, "lab-3-alice", "cat report || echo none").strip().endswith("none"), "seats of tomorrow as well"
    up.run("ssh-config", "--uninstall")
    assert user_config.read_bytes() == OWN
    assert "not included" in up.run("ssh-config", "--uninstall")
    assert up.next("ssh-config") == "lab ssh-config 3"
