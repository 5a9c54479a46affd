"""What is said about a Linux of Windows, as recorded ones look."""

from pathlib import Path

import pytest

from provisioner.host import doctor, wsl

WSL2, WSL1 = "5.15.153.1-microsoft-standard-WSL2", "4.4.0-19041-Microsoft"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One that has everything."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kvm").touch()
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    return tmp_path


def names(root: Path, memory: int = 8 << 30, release: str = WSL2, checkout: str = "/home/me/lab/provisioner") -> list[str]:
    return [problem.what for problem in wsl.find_problems(memory, release, root, Path(checkout))]


def test_one_that_has_everything(root: Path) -> None:
    assert names(root) == []


def test_what_it_lacks_is_named(root: Path) -> None:
    (root / "dev/kvm").unlink()
    (root / "run/systemd/system").rmdir()
    assert names(root, 2 << 30, checkout="/mnt/c/Users/me/lab") == ["virtualization", "systemd", "memory", "checkout"]
    assert all(problem.fix for problem in wsl.find_problems(2 << 30, WSL2, root))


def test_the_first_one_runs_no_machines(root: Path) -> None:
    (problem,) = wsl.find_problems(8 << 30, WSL1, root)
    assert problem.serious
    assert "set-version" in problem.fix


def test_doctor_says_so_there_and_nowhere_else() -> None:
    assert [row.topic for row in doctor.windows(WSL2)][0] == "WSL"
    assert doctor.windows("6.1.0-18-amd64") == []
    assert [row.state for row in doctor.windows(WSL1)] == ["missing"]
