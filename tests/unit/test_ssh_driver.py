import os
import subprocess
from pathlib import Path

import pytest

from provisioner.backends import enroll
from provisioner.core.errors import UsageError
from provisioner.drivers.base import Forks, LayerStore, Snapshots
from provisioner.drivers.registry import load
from provisioner.drivers.ssh import Ssh
from provisioner.seats.seat import Seat


@pytest.mark.parametrize(
    ("target", "user", "host", "port"),
    [
        ("admin@203.0.113.7", "admin", "203.0.113.7", 22),
        ("example.org:2222", "root", "example.org", 2222),
        ("me@[2001:db8::1]:22", "me", "2001:db8::1", 22),
    ],
)
def test_what_names_a_machine(target: str, user: str, host: str, port: int, tmp_path: Path) -> None:
    driver = load(f"ssh:{target}")
    assert isinstance(driver, Ssh)
    assert (driver.user, driver.host, driver.port) == (user, host, port)
    assert not isinstance(driver, LayerStore)
    assert not any(isinstance(driver.attach(Seat(tmp_path)), kind) for kind in (Snapshots, Forks))


@pytest.mark.parametrize("target", ["a b", "-oProxyCommand=x", "-x@h", "-V", "me@", "host:port", "root@h;id"])
def test_what_names_none(target: str) -> None:
    with pytest.raises(UsageError, match="names no machine"):
        load(f"ssh:{target}")


def test_without_a_machine_it_asks_which() -> None:
    with pytest.raises(UsageError, match="which machine"):
        Ssh().image(["debian-13"])


def test_this_computer_itself_and_one_in_use_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("LAB_YES", raising=False)
    here = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    fresh: dict[str, object] = {"boot": "another", "containers": 0, "ufw": 0, "rules": 0, "system": "debian 13"}
    driver = Ssh("root@203.0.113.7")
    for change, reason in (
        ({"boot": here}, "this computer itself"), ({"containers": 2}, "runs containers"), ({"ufw": 1}, "ufw is active"),
        ({"rules": 3}, "has firewall rules"), ({}, "nothing was changed"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=reason):
            driver.agree({**fresh, **change})
    monkeypatch.setenv("LAB_YES", "1")
    driver.agree(fresh)
    monkeypatch.setenv("LAB_SSH_FORCE", "1")
    driver.agree({**fresh, "containers": 2})
    with pytest.raises(UsageError, match="this computer itself"):
        driver.agree({**fresh, "boot": here})


def test_scripts_for_a_machine_are_shell() -> None:
    for text in (enroll.script(), enroll.script("3 c0ffee"), enroll.undo("lab"), enroll.undo("all")):
        done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "what=lab" in enroll.undo("lab")


def test_what_a_machine_gets_is_unpacked_there(tmp_path: Path) -> None:
    """Nothing of it is run: it would make this host a machine of the labs."""
    done = subprocess.run(
        ["sh"], input=enroll.unpack() + "echo $d", text=True, check=True, capture_output=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    folder = Path(done.stdout.strip())
    assert (folder / "rootfs" / "etc" / "lab" / "sshd_config").exists()
    for name in ("enroll", "record-state"):
        assert (folder / "scripts" / name).exists()
        assert f"sh $d/scripts/{name}" in enroll.script("3 c0ffee")
