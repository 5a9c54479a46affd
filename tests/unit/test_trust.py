"""A lab of others is a program: nothing of it runs on this host before its user has said so."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioner.core.paths import Home, project_labs
from provisioner.seats.seat import Record, Seat

from .command import Cli
from .test_manifest import write_lab

MARK = """\
- hosts: all
  gather_facts: false
  tasks:
    - debug: msg="{{{{ lookup('pipe', 'touch {marker}') }}}}"
"""
RUNS = (
    ("up", "3", "--driver", "nix"), ("check", "3", "--quick"), ("check", "3.1", "--submission", "x.sh"), ("map", "3"),
    ("hint", "3.1"), ("solve", "3.1"), ("reset", "3"), ("goto", "3.2"), ("verify", "3", "--driver", "nix"), ("bench", "3"),
)  # fmt: skip
READS = (
    ("list",), ("list", "--page", "page.md"), ("guide", "3"), ("status",), ("solve", "3.1", "--show"), ("cache",),
    ("destroy", "3"),
)  # fmt: skip


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


@pytest.fixture
def lab(home: Home, tmp_path: Path, marker: Path) -> Cli:
    """A stranger's lab: whatever of it runs on the host leaves a marker. Its seat is up, as far as the record says."""
    folder = write_lab(tmp_path / "labs" / "03-vm-and-docker")
    (folder.parent / "roles").mkdir()
    for play in (folder / "setup.yml", folder.parent / "base.yml"):
        play.write_text(MARK.format(marker=marker))
    for test in folder.rglob("test_*.py"):
        test.write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\nraise RuntimeError('it ran')\n")
    Seat.locate(home, 3).create(Record("vm-and-docker", "nix", phase="ready"))  # no driver that could start something
    return Cli(home.state, folder.parent, trust=False)


def runs(lab: Cli, marker: Path, *options: str) -> bool:
    """Whether a check of the lab runs its tests: they leave the marker."""
    said = lab(*options, "check", "3", "--quick")
    ran = marker.exists()
    marker.unlink(missing_ok=True)
    assert ran or (said.code, said.next.endswith("lab --trust check 3 --quick")) == (2, True)
    return ran


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_what_runs_a_lab_of_others_asks_first(lab: Cli, marker: Path, words: tuple[str, ...]) -> None:
    said = lab(*words)
    assert (said.code, said.out) == (2, "")
    assert "does not come with the project" in said.err
    assert str(lab.labs / "03-vm-and-docker") in said.err
    assert "sha256" in said.err
    assert said.next.endswith(f"lab --trust {' '.join(words)}")
    assert not marker.exists()
    assert not (lab.home / "cache").exists()


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_what_only_reads_runs_nothing(lab: Cli, marker: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    said = lab(*(str(tmp_path / w) if w.endswith(".md") else w for w in words))
    assert "--trust" not in said.err
    assert said.code == 0, said.err
    assert not marker.exists()


def test_completion_runs_nothing(lab: Cli, marker: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "provisioner"], capture_output=True, text=True, check=False,
        env={**lab.environment, "_LAB_COMPLETE": "bash_complete",
             "COMP_WORDS": "lab check 3.", "COMP_CWORD": "2"},
    )  # fmt: skip
    assert [line.partition(",")[2] for line in done.stdout.split()] == ["3.1", "3.2"]
    assert not marker.exists()


@pytest.mark.slow
def test_trust_is_asked_for_once_and_again_when_the_lab_changes(lab: Cli, marker: Path) -> None:
    assert not runs(lab, marker)
    assert runs(lab, marker, "--trust")
    assert runs(lab, marker)
    folder = lab.labs / "03-vm-and-docker"
    changes = {
        folder / "setup.yml": "# changed", folder / "exercises" / "close-web" / "helper.py": "print()",
        lab.labs / "base.yml": "# changed", lab.labs / "roles" / "zones" / "tasks" / "main.yml": "[]",
        lab.labs / "filter_plugins" / "any.py": "print()",
    }  # fmt: skip
    for file, text in changes.items():
        before = file.read_text() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        assert not runs(lab, marker), file
        if before is None:
            file.unlink()
        else:
            file.write_text(before)
    for empty in (lab.labs / "filter_plugins", lab.labs / "roles" / "zones" / "tasks", lab.labs / "roles" / "zones"):
        empty.rmdir()
    assert runs(lab, marker)  # it is as it was
    (folder / "README.md").rename(folder / "exercises" / "README.md")
    (folder / "README.md").write_bytes((folder / "exercises" / "README.md").read_bytes())
    assert not runs(lab, marker)


def test_another_lab_of_the_same_folder_is_asked_for_by_itself(lab: Cli, marker: Path) -> None:
    assert runs(lab, marker, "--trust")
    write_lab(lab.labs / "04-other")
    assert runs(lab, marker)
    said = lab("verify", "4")
    assert str(lab.labs / "04-other") in said.err
    assert "base.yml" not in said.err  # that was trusted with the other


def test_a_variation_is_trusted_with_its_lab(lab: Cli, home: Home, marker: Path) -> None:
    manifest = lab.labs / "03-vm-and-docker" / "lab.yaml"
    manifest.write_text(manifest.read_text().replace("exercises:", 'vary:\n  "8080": ["8180"]\nexercises:', 1))
    seat = Seat.locate(home, 3)
    seat.write(Record("vm-and-docker", "nix", phase="ready", variation=1))
    assert not runs(lab, marker)
    assert not home.varied.exists()
    assert runs(lab, marker, "--trust")
    assert runs(lab, marker)


def test_the_labs_of_the_project_are_not_asked_for(lab: Cli, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(project_labs())
    for place in (project_labs(), link):
        assert lab("check", "3", "--seat", "other", LAB_LABS=str(place)).next == "lab up 3 --seat other"


def answered(lab: Cli, answer: str, *words: str) -> tuple[int, str]:
    """The command in a terminal whose user types this answer; its exit code and what the terminal shows."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "provisioner", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=lab.environment) as child:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if not (read := os.read(ours, 4096)):
                    break
            except OSError:  # Linux says so of a terminal that nobody has open any more
                break
            shown += read
        os.close(ours)
        return child.wait(60), shown.decode().replace("\r\n", "\n")


@pytest.mark.slow
def test_in_a_terminal_it_is_a_question(lab: Cli, marker: Path) -> None:
    code, shown = answered(lab, "n", "check", "3", "--quick")
    assert (code, marker.exists()) == (2, False)
    for part in ("sha256", str(lab.labs / "03-vm-and-docker"), "setup.yml", "2 tests", "base.yml", "roles", "[y/N]"):
        assert part in shown
    assert not runs(lab, marker)
    code, _ = answered(lab, "y", "check", "3", "--quick")
    assert marker.exists()
    assert runs(lab, marker)


def test_yes_to_all_else_is_no_trust(lab: Cli, marker: Path) -> None:
    said = lab("up", "3", "--driver", "nix", "--yes", CI="true", LAB_YES="1")
    assert (said.code, marker.exists()) == (2, False)
    assert "lab --trust up 3 --driver nix --yes" in said.next


def authored(lab: Cli, marker: Path) -> Path:
    """A lab that `lab new` has made, which its author has begun to change."""
    assert lab("new", "15-my-lab", cwd=lab.labs).code == 0
    test = lab.labs / "15-my-lab" / "exercises" / "close-backup" / "test_close_backup.py"
    test.write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\nraise RuntimeError\n")
    Seat(lab.home / "seats" / "15").create(Record("my-lab", "nix", phase="ready"))
    return test


def test_an_author_is_not_asked_for_the_lab(lab: Cli, marker: Path) -> None:
    test = authored(lab, marker)
    assert "base.yml" in lab("check", "15", "--quick").err  # but for what others have left beside it
    assert not marker.exists()
    lab("--trust", "check", "15", "--quick")
    for _ in range(2):
        marker.unlink()
        lab("check", "15", "--quick")
        assert marker.exists()
        test.write_text(test.read_text() + "# changed\n")


def test_an_author_has_the_shared_parts_of_the_project(lab: Cli, marker: Path) -> None:
    """Copied as they are, they are the project's all the same."""
    for name in ("base.yml", "roles", "images"):
        subprocess.run(["rm", "-rf", str(lab.labs / name)], check=True)
        subprocess.run(["cp", "-r", str(project_labs() / name), str(lab.labs / name)], check=True)
    authored(lab, marker)
    lab("check", "15", "--quick")
    assert marker.exists()


@pytest.mark.parametrize("what", ["the test", "its folder", "the lab's folder", "the labs' folder"])
@pytest.mark.slow
def test_an_author_is_asked_where_others_may_write(lab: Cli, marker: Path, what: str) -> None:
    test = authored(lab, marker)
    lab("--trust", "check", "3", "--quick")  # the shared parts
    marker.unlink()
    lab("check", "15", "--quick")
    assert marker.exists()
    marker.unlink()
    folder = test.parent
    place = {"the test": test, "its folder": folder, "the lab's folder": folder.parents[1], "the labs' folder": lab.labs}[what]
    place.chmod(place.stat().st_mode | 0o002)
    said = lab("check", "15", "--quick")
    assert "--trust" in said.next
    assert "other users may write to it" in said.err
    assert not marker.exists()


def _link_out(folder: Path) -> None:
    (folder / "files").symlink_to("/etc")


def _link_to_nothing(folder: Path) -> None:
    (folder / "nothing").symlink_to("nowhere")


def _huge(folder: Path) -> None:
    with (folder / "huge").open("wb") as f:
        f.truncate(1 << 42)


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.sh")


def _device(folder: Path) -> None:
    (folder / "zero").symlink_to("/dev/zero")


def _unreadable(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (folder / "secret").touch(mode=0)


def _many(folder: Path) -> None:
    """Names of one file: making so many files takes a second."""
    (folder / "0").touch()
    for number in range(1, 21_000):
        os.link(folder / "0", folder / str(number))


@pytest.mark.parametrize("spoil", [_link_out, _link_to_nothing, _huge, _pipe, _device, _unreadable, _many])
@pytest.mark.parametrize("where", ["03-vm-and-docker", "roles"])
@pytest.mark.slow
def test_what_cannot_be_looked_through_is_told(lab: Cli, marker: Path, spoil: object, where: str) -> None:
    assert callable(spoil)
    spoil(lab.labs / where)
    for words in (("check", "3"), ("--trust", "check", "3")):
        said = lab(*words)
        assert (said.code, marker.exists()) == (2, False)
        assert str(lab.labs / where) in said.err
        assert said.next
        assert len(said.err) < 2000


def test_a_pipe_among_the_solutions_keeps_nobody_waiting(lab: Cli) -> None:
    wrong = lab.labs / "03-vm-and-docker" / "exercises" / "close-web" / "wrong"
    _pipe(wrong)
    said = lab("guide", "3")
    assert said.code == 2
    assert "pipe.sh" in said.err


@pytest.mark.slow
def test_names_of_all_kinds_and_links_inside(lab: Cli, marker: Path) -> None:
    folder = lab.labs / "03-vm-and-docker"
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\n name")).touch()
    (folder / "inside").symlink_to("exercises/close-web")
    deep = folder
    for _ in range(1100):
        deep = deep / "d"
    subprocess.run(["mkdir", "-p", str(deep)], check=True)
    try:
        assert not runs(lab, marker)
        assert runs(lab, marker, "--trust")
        (folder / "inside").unlink()
        (folder / "inside").symlink_to("exercises/firewall-on")
        assert not runs(lab, marker)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # pytest cannot


def test_what_is_trusted_is_remembered_by_its_user_alone(lab: Cli, marker: Path) -> None:
    assert runs(lab, marker, "--trust")
    place = lab.home / "trusted"
    assert place.stat().st_mode & 0o077 == 0
    place.chmod(0o777)
    assert "other users may write" in lab("check", "3", "--quick").err
    assert not marker.exists()


def test_the_help_and_the_readme_say_what_a_lab_is(lab: Cli) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    for text in (lab("--help").out, readme):
        assert "a lab is a program" in " ".join(text.split()).lower()
        assert "--trust" in text
