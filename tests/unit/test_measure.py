import os
from pathlib import Path

import pytest

from provisioner.guest.prober.engine import Broken
from provisioner.guest.prober.measure import measure, processes, read, written


def test_a_program_leaves_what_it_has_seen() -> None:
    program = "import os\ndef own(path): return path.endswith(str(os.getpid()))\nseen = sum(own(p) for p in processes())"
    assert measure(program) == 1


def test_what_the_learner_wrote_is_read_and_what_is_not_there_is_empty(tmp_path: Path) -> None:
    (tmp_path / "answer").write_bytes(b"machine: 12\xff\n")
    assert measure(f"seen = written({str(tmp_path / 'answer')!r})") == "machine: 12\ufffd\n"
    assert written(str(tmp_path)) == written(str(tmp_path / "other")) == ""


def test_the_programs_own_mistake_is_no_verdict() -> None:
    with pytest.raises(Broken, match="line 2 of the check's program: FileNotFoundError"):
        measure("x = 1\nread('/nowhere')")
    with pytest.raises(Broken, match="leaves nothing in `seen`"):
        measure("x = 1")


def test_processes_are_folders_with_a_number() -> None:
    assert f"/proc/{os.getpid()}" in processes()
    assert read(f"/proc/{os.getpid()}/comm").strip()
    assert processes("/nowhere/proc") == []  # a container that has ended is no defect of the check
