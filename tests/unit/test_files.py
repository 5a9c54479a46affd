import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner.core.errors import HostError
from provisioner.core.files import free_port, remove_leftovers, remove_tree, sparse_copy
from provisioner.drivers.registry import load
from provisioner.seats.seat import Seat

MIB = 1 << 20


def sparse(path: Path, size: int, pieces: dict[int, bytes]) -> Path:
    with path.open("wb") as f:
        f.truncate(size)
        for place, piece in pieces.items():
            f.seek(place)
            f.write(piece)
    return path


@pytest.mark.parametrize(
    "pieces",
    [
        {},
        {0: b"begin"},
        {63 * MIB: os.urandom(MIB)},
        {5 * MIB + 17: os.urandom(3 * MIB + 1), 40 * MIB: b"x"},
    ],
    ids=["nothing", "begin", "end", "between"],
)
def test_holes_stay_holes_and_the_content_is_the_same(tmp_path: Path, pieces: dict[int, bytes]) -> None:
    source, target = sparse(tmp_path / "a", 64 * MIB, pieces), tmp_path / "b"
    if source.stat().st_blocks * 512 > 16 * MIB:
        pytest.skip("this file system has no holes")
    sparse_copy(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_blocks <= source.stat().st_blocks + 16


def test_replaces_what_was_there(tmp_path: Path) -> None:
    source, target = sparse(tmp_path / "a", MIB, {0: b"new"}), tmp_path / "b"
    target.write_bytes(b"old" * MIB)
    sparse_copy(source, target)
    assert target.read_bytes() == source.read_bytes()


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    sparse_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b""


def test_a_free_port_can_be_bound() -> None:
    port = free_port()
    with socket.socket() as s:
        s.bind(("127.0.0.1", port))
    assert 1024 <= port <= 65535


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A folder with files, links to outside of it, and a pipe."""
    folder = tmp_path / "tree"
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/file").write_text("x")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("mine")
    (folder / "a/link").symlink_to(tmp_path / "kept")
    (folder / "a/b/link").symlink_to(tmp_path / "kept/file")
    os.mkfifo(folder / "a/pipe")
    yield folder
    assert (tmp_path / "kept/file").read_text() == "mine"


def test_a_folder_is_removed_and_no_link_is_followed(tree: Path) -> None:
    remove_tree(tree)
    assert [file.name for file in tree.parent.iterdir()] == ["kept"]


def test_what_is_missing_is_removed_already_and_of_a_link_it_is_the_link(tree: Path, tmp_path: Path) -> None:
    remove_tree(tmp_path / "missing")
    (tmp_path / "link").symlink_to(tree)
    remove_tree(tmp_path / "link")
    remove_tree(tree / "a/b/file")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["kept", "tree"]


def _lock(flag: str, path: Path) -> None:
    if os.geteuid() != 0 or subprocess.run(["chattr", flag, path], capture_output=True, check=False).returncode:
        pytest.skip("needs root, chattr, and a file system with such flags")


@pytest.mark.parametrize("name", ["a/b/file", "a/b", ".", "a"])
@pytest.mark.parametrize("flag", ["+i", "+a"])
def test_immutable_files_and_folders_are_removed(tree: Path, name: str, flag: str) -> None:
    _lock(flag, tree / name)
    try:
        remove_tree(tree)
        assert not tree.exists()
    finally:
        subprocess.run(["chattr", "-R", "-i", "-a", tree.parent], capture_output=True, check=False)


def test_an_immutable_file_in_dockers_folder_does_not_stay_in_the_seat(seat: Seat) -> None:
    docker = seat.folder / "lxc/docker"
    docker.mkdir(parents=True)
    (docker / "file").write_text("x")
    _lock("+i", docker / "file")
    try:
        load("lxc").attach(seat).end()
        assert not docker.parent.exists()
    finally:
        subprocess.run(["chattr", "-R", "-i", seat.folder], capture_output=True, check=False)


@pytest.mark.slow
def test_a_folder_that_is_too_deep_for_a_path_and_for_python() -> None:
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))  # pytest could not remove it where this test ends early
    try:
        code = "import os\nfor _ in range(3000): os.mkdir('deep'); os.chdir('deep')"
        subprocess.run(["python3", "-c", code], cwd=folder, check=True)
        remove_tree(folder / "deep")
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)


def test_folders_that_their_owner_may_not_write_to(tree: Path) -> None:
    (tree / "a/b").chmod(0)
    (tree / "a").chmod(0o500)
    remove_tree(tree)
    assert not tree.exists()


def test_what_stays_is_told_and_its_name_is_free_and_tried_again(tree: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a mount, which nobody can remove, needs root")
    subprocess.run(["mount", "-t", "tmpfs", "lab-test", tree / "a/b"], check=True)
    try:
        with pytest.raises(HostError, match="tree/a/b") as caught:
            remove_tree(tree)
        assert not tree.exists()
        (left,) = tmp_path.glob(".tree.*.old")
        assert str(left) in caught.value.evidence
        remove_leftovers(tmp_path)  # says nothing, and the next command tries it again
        assert left.exists()
    finally:
        subprocess.run("umount $(grep lab-test /proc/self/mounts | cut -d' ' -f2)", shell=True, check=True)
    (tmp_path / ".other.old").mkdir()
    remove_leftovers(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".other.old", "kept"]


@pytest.mark.slow
def test_two_commands_remove_the_same_at_once(tmp_path: Path) -> None:
    for number in range(40):
        for inner in range(30):
            (tmp_path / f".seat.{number:08x}.old" / str(inner) / "in" / "it").mkdir(parents=True)
        with ThreadPoolExecutor(4) as commands:
            for command in [commands.submit(remove_leftovers, tmp_path) for _ in range(4)]:
                command.result()
    remove_leftovers(tmp_path)
    assert not list(tmp_path.iterdir())
