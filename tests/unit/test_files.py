import os
import socket
from pathlib import Path

import pytest

from provisioner.files import free_port, sparse_copy

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
