"""A real run: the launcher as a process, an empty LAB_HOME, real machines.

`lab selftest` runs the stories in two halves side by side, each with a home of its own: those that are marked as the first, and
all others. They have no layers in common, on which pruning and damage are tried; few are needed by both.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from provisioner.backends.vagrant import libvirt as libvirt_here
from provisioner.core.errors import LabError
from provisioner.core.paths import Home, project_labs

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cli:
    """`./lab` with a home of its own."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LAB_HOME": str(self.home), "CI": "true"}

    def command(self, *words: str) -> list[str]:
        return [str(ROOT / "lab"), "--trust", *words]  # some tests have labs of their own

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*words), env=self.environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str, expect: int = 0, timeout: float = 1500) -> str:
        """What it wrote to stdout. Fails with all that it said if the exit code is another."""
        done = subprocess.run(
            self.command(*words), env=self.environment, text=True, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip
        print(f"$ lab {' '.join(words)}\n{done.stderr}{done.stdout}")  # pytest shows it where a test fails
        assert done.returncode == expect, f"lab {' '.join(words)}: {done.returncode}\n{done.stderr}\n{done.stdout}"
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *words: str, expect: int = 0) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.run(*words, "--json", expect=expect))

    def outcomes(self, *words: str, expect: int) -> dict[int, str]:
        """The verdicts of `lab check`, by exercise."""
        return {v["number"]: v["outcome"] for v in self.json("check", *words, expect=expect)["exercises"]}

    def processes(self) -> list[psutil.Process]:
        """Machines, SSH connections and Ansible that belong to this home."""
        found = []
        for process in psutil.process_iter(["cmdline", "name", "status"]):
            words = process.info["cmdline"] or []
            ours = any(f"{self.home}/" in w for w in words) and process.info["status"] != "zombie"
            if ours and process.info["name"].startswith(("qemu", "ssh", "unshare", "slirp", "ansible")):
                found.append(process)
        return found


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "first_half: run beside the rest; both take about the same time")


def pytest_exception_interact(call: "pytest.CallInfo[object]", report: pytest.TestReport) -> None:
    """What a program said is the half of an error that tells why."""
    if call.excinfo and isinstance(error := call.excinfo.value, LabError) and error.evidence:
        report.sections.append(("evidence", error.evidence))


@pytest.fixture(scope="session")
def cli() -> Iterator[Cli]:
    """The home is short (sockets) and, at the end, empty of processes. LAB_TEST_HOME names one that is prepared already."""
    given = os.environ.get("LAB_TEST_HOME")
    cli = Cli(Path(given or tempfile.mkdtemp(prefix="lab-", dir="/tmp")))
    yield cli
    cli.run("destroy", "--all")
    left = [" ".join(p.cmdline())[:200] for p in cli.processes()]
    if not given:
        shutil.rmtree(cli.home, ignore_errors=True)
    assert not left, f"processes left over: {left}"


@contextmanager
def own_home(kind: type[Cli] = Cli) -> Iterator[Cli]:
    """A home whose layers no other test may use. At the end it is empty of processes."""
    cli = kind(Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp")))
    yield cli
    cli.run("destroy", "--all")
    left = cli.processes()
    shutil.rmtree(cli.home, ignore_errors=True)
    assert not left


@pytest.fixture(scope="module")
def home(cli: Cli) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_HOME", str(cli.home))
        yield Home.find()


@contextmanager
def only(folder: Path, exercise: str, *wrong: str) -> Iterator[Path]:
    """The labs, with nothing to verify in an exercise of lab 3 but its reference solution and these wrong ones. Yields the
    exercise's folder."""
    shutil.copytree(project_labs(), folder / "labs")
    place = folder / "labs" / "03-vm-and-docker" / "exercises" / exercise
    for script in (*place.glob("solution-*.sh"), *place.glob("wrong/*.sh")):
        if script.name not in wrong:
            script.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_LABS", str(folder / "labs"))
        patch.setenv("LAB_BUILTIN", "no")
        yield place


def has_time() -> bool:
    return os.environ.get("LAB_TEST_ALL") == "1"


def require_time(*, in_ci: bool = False) -> None:
    if not has_time() and not (in_ci and os.environ.get("CI") == "true"):
        pytest.skip(f"asked for by LAB_TEST_ALL=1{' or CI=true' if in_ci else ''}: it takes a quarter of an hour")


@pytest.fixture(scope="session")
def libvirt() -> Iterator[str]:
    """Where no service manager has started libvirt, this does, and ends it again. Skips where it cannot be."""
    require_time(in_ci=True)
    if not shutil.which("vagrant") or not shutil.which("libvirtd"):
        pytest.skip("Vagrant or libvirt is not here")
    started: list[Path] = []
    if not _libvirt_answers() and os.geteuid() == 0:
        for daemon in ("virtlogd", "libvirtd"):
            pid = Path(f"/run/{daemon}.pid")
            subprocess.run([daemon, "-d", "-p", str(pid)], check=True)
            started.append(pid)
    if not within(60, _libvirt_answers):
        pytest.skip("libvirt does not answer")
    yield "vagrant:libvirt"
    if started:
        subprocess.run(["virsh", "-c", "qemu:///system", "net-destroy", "vagrant-libvirt"], capture_output=True, check=False)
    for pid in reversed(started):
        process = psutil.Process(int(pid.read_text()))
        process.terminate()
        process.wait(60)


def _libvirt_answers() -> bool:
    """The one that LIBVIRT_DEFAULT_URI names, if it does: for qemu:///session, run the tests as an ordinary user."""
    return libvirt_here.answers(libvirt_here.uri())


def within(seconds: float, call: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not call():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
