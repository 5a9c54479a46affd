"""Labs of one's own lie in folders of their own, beside those of the project."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.content.lab import load
from provisioner.core.paths import PACKAGE, Home, labs_folders, project_labs
from provisioner.drivers.registry import load as load_driver
from provisioner.provision.stages import stages

from .command import Cli
from .test_manifest import write_lab


@pytest.fixture
def both(lab: Cli, tmp_path: Path) -> list[Path]:
    """Two folders, with lab 21 and lab 22."""
    folders = [tmp_path / "mine", tmp_path / "ours"]
    for number, folder in enumerate(folders, start=21):
        write_lab(folder / f"{number}-lab-{number}")
    return folders


def numbers(lab: Cli, folders: str) -> list[str]:
    """What `lab list` shows with LAB_LABS, beside the project's."""
    return [str(row["number"]) for row in json.loads(lab("list", "--json", LAB_LABS=folders, LAB_BUILTIN="").out)]


def test_several_folders_and_the_labs_of_the_project(lab: Cli, both: list[Path]) -> None:
    given = os.pathsep.join(map(str, both))
    shown = numbers(lab, given)
    assert shown[-2:] == ["21", "22"]
    assert shown[:3] == ["1", "2", "3"]
    assert lab("guide", "22.1", LAB_LABS=given, LAB_BUILTIN="").code == 0


def test_a_line_of_the_configuration(lab: Cli, home: Home, both: list[Path]) -> None:
    home.config.write_text(f"driver: qemu\nlabs: {os.pathsep.join(map(str, both))}\n")
    assert numbers(lab, "")[-2:] == ["21", "22"]
    assert numbers(lab, str(both[0]))[-2:] == ["8", "21"]


def test_a_number_that_is_taken_says_where(lab: Cli, both: list[Path]) -> None:
    taken = shutil.copytree(both[0] / "21-lab-21", both[1] / "21-other")
    for words in (("list",), ("guide", "21")):
        said = lab(*words, LAB_LABS=os.pathsep.join(map(str, both)))
        assert (said.code, said.out) == (2, "")
        assert str(taken) in said.err
        assert str(both[0] / "21-lab-21") in said.err
    write_lab(both[0] / "03-mine")
    assert str(project_labs() / "03-vm-and-docker") in lab("list", LAB_LABS=str(both[0]), LAB_BUILTIN="").err


def test_a_new_lab_is_made_in_the_current_folder(lab: Cli, tmp_path: Path) -> None:
    """And what is told makes it found."""
    mine = tmp_path / "mine"
    mine.mkdir()
    said = lab("new", "15-my-lab", cwd=mine, LAB_LABS="", LAB_BUILTIN="")
    assert said.code == 0, said.err
    assert (mine / "15-my-lab" / "lab.yaml").is_file()
    assert f"LAB_LABS={mine}" in said.out
    line = said.out.splitlines()[-1].strip()
    (lab.home / "config.yaml").write_text(line + "\n")
    assert numbers(lab, "")[-1] == "15"
    assert lab("guide", "15.1", cwd=tmp_path, LAB_LABS="", LAB_BUILTIN="").code == 0
    (mine / "again").mkdir()
    again = lab("new", "15-other", cwd=mine / "again", LAB_LABS="", LAB_BUILTIN="")
    assert (again.code, str(mine / "15-my-lab") in again.err) == (2, True)
    assert not (mine / "again" / "15-other").exists()


def test_a_second_own_folder_is_added_to_the_first(lab: Cli, both: list[Path], tmp_path: Path) -> None:
    said = lab("new", "15-my-lab", cwd=tmp_path, LAB_LABS=str(both[0]))
    assert f"LAB_LABS={both[0]}{os.pathsep}{tmp_path}" in said.out


def test_an_own_lab_needs_no_copies_of_what_labs_share(lab: Cli, both: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LABS", str(both[0]))
    (both[0] / "21-lab-21" / "setup.yml").write_text("[]\n")
    own = load(labs_folders(), "21")
    prepared, _ = stages(own, load_driver("qemu"))
    assert project_labs() / "base.yml" in prepared[0].inputs
    (both[0] / "base.yml").write_text("[]\n")
    prepared, _ = stages(own, load_driver("qemu"))
    assert prepared[0].inputs[0] == both[0] / "base.yml"


def test_an_installed_lab_writes_nothing_into_itself(lab: Cli, tmp_path: Path) -> None:
    """A package as pip lays it out, with the labs in it: where its own folder is the current one, it refuses."""
    site = tmp_path / "site-packages"
    shutil.copytree(PACKAGE, site / "provisioner", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(project_labs(), site / "provisioner" / "labs")
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}

    def new(cwd: Path) -> "subprocess.CompletedProcess[str]":
        program = f"import sys; sys.path.insert(0, {str(site)!r}); from provisioner.__main__ import main; main()"
        environment = {**lab.environment, "LAB_LABS": "", "LAB_BUILTIN": ""}
        command = [sys.executable, "-P", "-B", "-c", program, "new", "15-my-lab"]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    refused = new(site / "provisioner" / "labs")
    assert refused.returncode == 2
    assert "an upgrade empties it" in refused.stderr
    (tmp_path / "mine").mkdir()
    assert new(tmp_path / "mine").returncode == 0
    assert (tmp_path / "mine" / "15-my-lab").is_dir()
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
