"""What other users of the host may read, write or have put there, as the command line leaves it."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from provisioner.backends.qemu import arguments

from .command import Cli

STRANGER = 12345

only_posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and owners are POSIX's")
only_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives a folder away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(not shutil.which(arguments.program()), reason="needs QEMU")
def test_what_it_makes_is_its_users_alone(lab: Cli) -> None:
    (lab.home / "images.yaml").write_text("mine: /nowhere.qcow2\n")
    (lab.labs / "03-vm-and-docker" / "setup.yml").write_text("[]\n")
    before = os.umask(0o002)
    try:
        assert lab("up", "3", "--driver", "qemu", "--image", "mine").code == 2
    finally:
        os.umask(before)
    made = [path for path in lab.home.rglob("*") if path.name != "images.yaml"]
    assert lab.home / "cache" in made
    assert [path for path in made if mode(path) & 0o077] == []


@only_posix
def test_what_was_asked_for_by_name_is_as_the_user_makes_files(lab: Cli, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert lab("list", "--page", str(tmp_path / "page.md")).code == 0
        assert lab("new", "15-my-lab", cwd=lab.labs).code == 0
    finally:
        os.umask(before)
    assert mode(tmp_path / "page.md") == 0o644
    assert mode(lab.labs / "15-my-lab" / "lab.yaml") & 0o044 == 0o044
    assert mode(lab.labs / "15-my-lab" / "exercises" / "close-backup" / "solution.sh") & 0o100


@only_root
def test_another_users_folder_is_refused(lab: Cli, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "cache").mkdir(parents=True)
    os.chown(theirs, STRANGER, STRANGER)
    said = lab("status", LAB_HOME=str(theirs))
    assert said.code == 2
    assert f"{theirs} belongs to another user" in said.err
    assert "LAB_HOME=" in said.next


@only_root
@pytest.mark.parametrize("part", ["cache", "seats", "cache/layers"])
def test_another_users_folder_within_is_refused(lab: Cli, part: str) -> None:
    (lab.home / part).mkdir(parents=True)
    os.chown(lab.home / part, STRANGER, STRANGER)
    said = lab("up", "3", "--driver", "qemu", "--yes")
    assert said.code == 2
    assert f"{lab.home / part} belongs to another user" in said.err


@only_root
def test_a_link_that_another_user_has_put_there_is_refused(lab: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("mine")
    os.chown(tmp_path / "link", STRANGER, STRANGER, follow_symlinks=False)
    assert "belongs to another user" in lab("status", LAB_HOME=str(tmp_path / "link")).err


@only_posix
@pytest.mark.parametrize("open_to", [0o770, 0o777, 0o1777, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(lab: Cli, tmp_path: Path, open_to: int) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(open_to)
    said = lab("status", LAB_HOME=str(tmp_path / "home"))
    assert said.code == 2
    assert "other users may write to the folder" in said.err
    assert said.next.endswith(f"chmod 700 {tmp_path / 'home'}")


@only_posix
def test_a_folder_of_an_older_version_is_shut(lab: Cli, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in (home, home / "cache"):
        folder.mkdir()
        folder.chmod(0o755)
    assert lab("status", LAB_HOME=str(home)).code == 0
    assert (mode(home), mode(home / "cache")) == (0o700, 0o700)
