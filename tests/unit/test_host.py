"""lab doctor and lab completion."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.paths import Home
from provisioner.host import doctor
from provisioner.host.doctor import Row, works

from .command import Cli


@pytest.fixture
def lab_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lab` as an installed program, first of the PATH."""
    program = tmp_path / "bin" / "lab"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provisioner "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def bash(script: str, **environment: str) -> list[str]:
    done = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lab up ''", ["3"]),
        ("lab check 3.", ["3.1", "3.2"]),
        ("lab des", ["destroy"]),
        ("lab up 3 --sea", ["--seat"]),
        ("lab completion z", ["zsh"]),
    ],
)
@pytest.mark.slow
def test_bash_completes(lab: Cli, lab_program: Path, words: str, expected: list[str]) -> None:
    script = f'eval "$(lab completion bash)"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); '
    asked = script + 'complete -p lab >/dev/null; _lab_completion lab; printf "%s\\n" "${COMPREPLY[@]}"'
    assert bash(asked, **lab.environment) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script(lab: Cli, shell: str) -> None:
    said = lab("completion", shell)
    assert said.code == 0
    assert f"_LAB_COMPLETE={shell}_complete" in said.out


def test_the_help_shows_how_to_install_it(lab: Cli) -> None:
    assert 'eval "$(lab completion bash)"' in lab("completion", "--help").out


def test_a_host_that_can_work(lab: Cli) -> None:
    if not shutil.which("qemu-img"):
        pytest.skip("needs QEMU")
    said = lab("doctor")
    assert said.code == 0, said.out
    for topic in ("driver qemu", "accelerator", "images", "programs", "room", "folders"):
        assert topic in said.out.splitlines()
    found = json.loads(lab("doctor", "--json").out)
    assert found["works"] is True
    others = ("driver ssh", "driver vagrant")  # what only they lack is theirs
    assert {row["state"] for row in found["findings"] if row["topic"] not in others} <= {"ok", "note", "warn"}


def test_a_host_without_anything_says_what_fixes_it(lab: Cli, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    apt = bare / "apt-get"
    apt.write_text("#!/bin/sh\n")
    apt.chmod(apt.stat().st_mode | stat.S_IXUSR)
    said = lab("doctor", "--driver", "qemu", PATH=str(bare))
    assert said.code == 2
    assert "apt-get install -y --no-install-recommends qemu-utils" in said.out
    assert "does not work on this host yet" in said.out


def test_only_the_driver_in_question_counts() -> None:
    rows = [Row("driver a", "x", "missing"), Row("driver b", "y", "ok"), Row("images", "z", "warn")]
    assert works(rows, "b")
    assert not works(rows, "a")
    assert not works([*rows, Row("folders", "seats", "missing")], "b")


def test_kvm_that_is_not_there_and_kvm_that_may_not_be_opened(tmp_path: Path) -> None:
    absent = doctor._kvm(tmp_path / "kvm", has_failed=False)
    assert (absent.state, "emulated" in absent.detail) == ("warn", True)
    (tmp_path / "kvm").touch(mode=0o000)
    if os.geteuid() == 0:  # who may open everything
        assert doctor._kvm(tmp_path / "kvm", has_failed=False).state == "ok"
        assert doctor._kvm(tmp_path / "kvm", has_failed=True).state == "warn"
    else:
        assert "usermod -aG kvm $USER" in doctor._kvm(tmp_path / "kvm", has_failed=False).fix


def test_an_accelerator_that_was_not_tried_yet(home: Home) -> None:
    in_use = doctor.accelerators(home)[-1]
    assert (in_use.state, in_use.detail) == ("note", "will be tried at the first lab up")
    assert any(row.what == "tcg" and "emulation" in row.detail for row in doctor.accelerators(home))


def test_folders_that_no_socket_fits_into(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60)
    (row,) = doctor.paths(Home(deep, deep / "cache"), release="6.1")
    assert row.state == "missing"
    assert "LAB_HOME=" in row.fix


def test_a_windows_disk_under_wsl() -> None:
    home = Home(Path("/mnt/c/lab"), Path("/mnt/c/lab/cache"))
    rows = doctor.paths(home, release="5.15.153.1-microsoft-standard-WSL2")
    assert [row.state for row in rows] == ["ok", "missing"]
    assert [row.state for row in doctor.paths(home, release="6.1")] == ["ok"]


def test_windows_itself() -> None:
    first = doctor.driver("qemu", host="Windows")[0]
    assert (first.state, first.fix) == ("missing", "wsl --install")


def test_images_say_how_they_can_be_had(home: Home) -> None:
    rows = {row.what: row for row in doctor.images_here(home)}
    assert rows["ubuntu-24.04"].state == "note"
    assert "can be downloaded: https://" in rows["ubuntu-24.04"].detail
