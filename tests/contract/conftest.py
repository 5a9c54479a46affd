"""A home with fake machines in it, the lab command in it, and tiny labs."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from provisioner.backends.fake import moments
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat
from tests.contract.labs import write_lab
from tests.forked import Child, begun

NAMES = "name,email\nAnna Müller,anna@example.org\nBen,ben@example.org\nCy,cy@example.org\n"  # of a class
SOON, PATIENCE = 60.0, 300.0  # seconds, on a busy host


@dataclass(frozen=True)
class Cli:
    """`lab` as a process of its own."""

    home: Path
    labs: Path

    @property
    def environment(self) -> dict[str, str]:
        named = {"LAB_HOME": str(self.home), "LAB_LABS": str(self.labs), "LAB_DRIVER": "fake"}
        return {**os.environ, **named, "LAB_BUILTIN": "no"}

    def start(self, *words: str, **more: str) -> Child:
        return begun("provisioner", "--trust", *words, environment={**self.environment, **more})

    def said(self, *words: str, expect: int = 0, patience: float = PATIENCE) -> tuple[str, str]:
        """What it wrote to stdout and to stderr."""
        with self.start(*words) as child:
            out, err = child.communicate(timeout=patience)
        print(f"$ lab {' '.join(words)}\n{err}{out}")
        assert child.returncode == expect, f"lab {' '.join(words)}: {child.returncode}\n{err}\n{out}"
        assert "Traceback" not in err
        return out, err

    def run(self, *words: str, expect: int = 0, timeout: float = 0) -> str:
        return self.said(*words, expect=expect)[0]

    def json(self, *words: str, expect: int = 0) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.run(*words, "--json", expect=expect))

    def outcomes(self, *words: str, expect: int) -> dict[int, str]:
        return {v["number"]: v["outcome"] for v in self.json("check", *words, expect=expect)["exercises"]}

    def next(self, *words: str) -> str:
        """The step that an error (exit code 2) proposes."""
        err = self.said(*words, expect=2)[1]
        return next((line.removeprefix("  next: ") for line in err.splitlines() if "next: " in line), "")

    def told(self, name: str, word: str) -> Path:
        """Lets fake machines hold or fail at a moment (provisioner/backends/fake/moments.py)."""
        file = self.home / moments.FOLDER / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(word)
        return file

    def inside(self, line: str, *options: str) -> str:
        """What a command says that the learner types in the machine."""
        return self.run("ssh", "3", *options, "--", line)

    def kill_at(self, name: str, *words: str) -> None:
        """Kills a command with signal 9 at a moment."""
        file = self.told(name, "hold")
        with self.start(*words) as child:
            wait_for(file.with_suffix(".reached").exists)
            child.kill()
        file.unlink()
        file.with_suffix(".reached").unlink()

    def machines(self) -> list[psutil.Process]:
        """The processes of all fake machines of this home."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if any(word.startswith(f"{self.home}/") for word in process.info["cmdline"] or []):
                found.append(process)
        return found


def wait_for(call: Any, seconds: float = SOON) -> None:  # noqa: ANN401 - anything that can be true
    deadline = time.monotonic() + seconds
    while not call():
        assert time.monotonic() < deadline, f"{call} did not come true"
        time.sleep(0.01)


@contextmanager
def fresh_home(prepared: Path | None = None) -> Iterator[Cli]:
    """Short, for the sockets of its seats; empty of processes in the end. prepared: layers of another one."""
    with TemporaryDirectory(prefix="lab-", dir="/tmp") as folder, pytest.MonkeyPatch.context() as patch:
        cli = Cli(Path(folder), Path(folder) / "labs")
        write_lab(cli.labs)
        patch.setenv("LAB_HOME", str(cli.home))
        patch.setenv("LAB_LABS", str(cli.labs))
        patch.setenv("LAB_BUILTIN", "no")
        if prepared:
            shutil.copytree(prepared, Home.find().cache)
        yield cli
        for name in ("start", "resume", "end", "fork", "store", "save", "restore", "suspend"):
            cli.told(name, "").unlink()
        cli.run("destroy", "--all")
        left = [" ".join(process.cmdline()) for process in cli.machines()]
        assert not left, f"processes left over: {left}"


@pytest.fixture(scope="session")
def prepared() -> Iterator[Path]:
    """A cache in which the lab's beginning is prepared."""
    with fresh_home() as cli:
        cli.run("up", "3")
        cli.run("destroy", "3")
        cache = Home.find().cache
        with pytest.MonkeyPatch.context() as patch:
            for name in ("LAB_HOME", "LAB_LABS", "LAB_BUILTIN"):  # it lasts for the session, in which other tests run as well
                patch.delenv(name)
            yield cache


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's parts, fetched once for all homes of a session, as by a first `lab page`."""
    from provisioner.page.parts import fetch

    folder = tmp_path_factory.mktemp("page") / "parts"
    fetch(folder)
    return folder


@pytest.fixture
def cli(prepared: Path) -> Iterator[Cli]:
    with fresh_home(prepared) as cli:
        yield cli


@pytest.fixture
def up(cli: Cli) -> Cli:
    """With a seat of lab 3."""
    cli.run("up", "3")
    return cli


@pytest.fixture
def home(cli: Cli) -> Home:
    return Home.find()


@pytest.fixture
def seat(home: Home) -> Seat:
    return Seat.locate(home, 3)


@pytest.fixture
def spring(cli: Cli, tmp_path: Path) -> str:
    """The folder of a class."""
    (tmp_path / "names.csv").write_text(NAMES)
    cli.run("class", "new", str(tmp_path / "spring"), "--labs", "3", "--roster", str(tmp_path / "names.csv"))
    return str(tmp_path / "spring")
