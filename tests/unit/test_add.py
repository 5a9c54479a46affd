"""Labs of others: copied from a folder or a git repository, never run before they are trusted."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from .command import Cli


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder of somebody else's, with one lab."""
    folder = tmp_path / "their-labs"
    shutil.copytree(Path(__file__).parents[2] / "provisioner" / "content" / "template", folder / "15-their-lab")
    return folder


def test_a_folder_is_copied_and_found(lab: Cli, theirs: Path) -> None:
    answer = lab("add", str(theirs), "--json", LAB_LABS="", LAB_BUILTIN="")
    assert (answer.code, [row["number"] for row in json.loads(answer.out)]) == (0, [15])
    shutil.rmtree(theirs)
    assert 15 in [row["number"] for row in json.loads(lab("list", "--json", LAB_LABS="", LAB_BUILTIN="").out)]
    asked = replace(lab, trust=False)("verify", "15", "--plan", LAB_LABS="", LAB_BUILTIN="")
    assert (asked.code, "is not trusted to run" in asked.err) == (2, True)


def test_the_same_source_replaces_what_it_gave(lab: Cli, theirs: Path) -> None:
    lab("add", str(theirs), LAB_LABS="", LAB_BUILTIN="")
    (theirs / "15-their-lab").rename(theirs / "16-their-lab")
    assert lab("add", str(theirs), LAB_LABS="", LAB_BUILTIN="").code == 0
    numbers = [row["number"] for row in json.loads(lab("list", "--json", LAB_LABS="", LAB_BUILTIN="").out)]
    assert (15 in numbers, 16 in numbers) == (False, True)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_repository_is_cloned_and_its_hooks_do_not_run(lab: Cli, theirs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repository" / "labs"
    shutil.copytree(theirs, folder)
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "labs"]):
        subprocess.run(["git", *words], cwd=folder.parent, check=True, env={**os.environ, **identity})
    answer = lab("add", f"file://{folder.parent}", "--json", LAB_LABS="", LAB_BUILTIN="")
    assert (answer.code, json.loads(answer.out)[0]["slug"]) == (0, "their-lab")
    wrong = lab("add", "file:///nowhere.git", LAB_LABS="", LAB_BUILTIN="")
    assert (wrong.code, "is it the address" in wrong.err) == (2, True)


@pytest.mark.parametrize("trick", ["link", "number", "empty", "device"])
def test_what_is_refused_changes_nothing(lab: Cli, theirs: Path, trick: str) -> None:
    if trick == "link":
        (theirs / "15-their-lab" / "secret").symlink_to("/etc/passwd")
    elif trick == "device":
        os.mkfifo(theirs / "15-their-lab" / "pipe")
    elif trick == "number":
        (theirs / "15-their-lab").rename(theirs / "03-their-lab")
    else:
        shutil.rmtree(theirs / "15-their-lab")
    answer = lab("add", str(theirs), LAB_LABS="", LAB_BUILTIN="")
    assert answer.code == 2
    assert "next: " in answer.err
    assert len(json.loads(lab("list", "--json", LAB_LABS="", LAB_BUILTIN="").out)) == 8
