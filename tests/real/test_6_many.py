"""Many seats side by side, and kills at many moments: minutes to an hour, so they are asked for by LAB_TEST_ALL=1."""

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import psutil
import pytest
import yaml

from .conftest import ROOT, Cli

pytestmark = pytest.mark.skipif(os.environ.get("LAB_TEST_ALL") != "1", reason="asked for by LAB_TEST_ALL=1")

SEATS = 20
WHOLE = (20,)  # the seats whose checks may disturb a fork as well; each takes minutes beside so many others
FURTHER = 5  # the last so many tell what one more costs: the first ones have more room for translated code
MOMENTS = 25  # of a cold run, and as many of a warm one
DISK, MEMORY = 7, 150  # MiB that one more seat may cost at rest


def test_twenty_seats(cli: Cli) -> None:
    """Each is brought up, solved and checked; a further one costs what it changes."""
    names = [f"s{number}" for number in range(1, SEATS + 1)]
    try:
        for name in names:
            cli.run("up", "3", "--seat", name)
            cli.run("ssh", "3", "--seat", name, "--", "docker ps -q")
        time.sleep(60)
        rows = [row for row in cli.json("status") if row["seat"] in {f"3-{name}" for name in names}]
        assert len(rows) == SEATS
        further = [row for row in rows if row["seat"] in {f"3-{name}" for name in names[-FURTHER:]}]
        for which, these in (("a seat", rows), ("a further seat", further)):
            disk, memory = (median(row[key] for row in these) / (1 << 20) for key in ("disk", "memory"))
            print(f"{which}: {disk:.1f} MiB of disk, {memory:.0f} MiB of memory")
        assert disk < DISK, rows
        assert memory < MEMORY, rows
        for name in names:
            cli.run("goto", "3.6", "--seat", name)
            cli.run("solve", "3.6", "--seat", name)
        for number, name in enumerate(names, start=1):
            whole = number in WHOLE
            seen = cli.outcomes("3", "--seat", name, *([] if whole else ["--quick"]), expect=0 if whole else 1)
            assert set(seen.values()) <= ({"done"} if whole else {"done", "not checked"}), (name, seen)
    finally:
        for name in names:
            cli.run("destroy", "3", "--seat", name)


@pytest.fixture
def small_lab() -> Iterator[Path]:
    """A lab whose machine is prepared in a minute: the moments of a cold run are its image, boots and stored layers."""
    with tempfile.TemporaryDirectory(prefix="labs-", dir="/tmp") as folder:
        labs = Path(folder) / "labs"
        shutil.copytree(ROOT / "labs", labs, ignore=shutil.ignore_patterns("[0-9]*-*"))
        exercise = labs / "09-small" / "exercises" / "one"
        (exercise / "wrong").mkdir(parents=True)
        (labs / "base.yml").write_text("- hosts: all\n  gather_facts: false\n  tasks:\n    - command: touch /base\n")
        lab = exercise.parents[1]
        (lab / "setup.yml").write_text("- hosts: all\n  gather_facts: false\n  tasks:\n    - command: touch /set-up\n")
        (lab / "README.md").write_text("# Small\n")
        for name in ("task.md", "why.md"):
            (exercise / name).write_text("One file.\n")
        for name in ("solution.sh", *(f"wrong/{number}.sh" for number in range(4))):
            (exercise / name).write_text("#!/bin/sh\n# One line that says what it is.\ntrue\n")
        (exercise / "test_one.py").write_text("def test_one(host):\n    assert host.file('/one').exists\n")
        (lab / "lab.yaml").write_text(yaml.safe_dump({
            "version": 1, "title": "Small", "summary": "A machine with two files.", "images": ["debian-13"],
            "exercises": [{"id": "one", "title": "One", "points": 1, "hints": ["Look.", "Touch it."]}],
        }))  # fmt: skip
        yield labs


def test_kill_9_at_many_moments_of_a_cold_and_of_a_warm_run(small_lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One home a processor, each with its share of the moments."""
    monkeypatch.setenv("LAB_LABS", str(small_lab))
    monkeypatch.setenv("LAB_BUILTIN", "no")
    workers = os.cpu_count() or 1
    shares = [list(range(MOMENTS))[n::workers] for n in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for work in [pool.submit(_many_kills, share) for share in shares]:
            work.result()


def _many_kills(share: list[int]) -> None:
    """Every fifth cold run makes the image as well, the others begin at it."""
    home = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
    cli, rng = Cli(home), random.Random(50 + share[0])  # noqa: S311 - reproducible moments
    try:
        whole, warm = _duration(cli, "up", "9", "--yes"), _duration(cli, "reset", "9")
        cli.run("destroy", "--all")
        shutil.rmtree(home / "cache" / "layers")
        from_image = _duration(cli, "up", "9", "--yes")
        for number in share:
            cli.run("destroy", "--all")
            assert not cli.processes()
            image_too = number % 5 == 0
            shutil.rmtree(home if image_too else home / "cache" / "layers")
            _kill_and_go_on(cli, rng.uniform(0, whole if image_too else from_image))
        for _ in share:
            cli.run("destroy", "--all")
            assert not cli.processes()
            _kill_and_go_on(cli, rng.uniform(0, 1.5 * warm))
        cli.run("destroy", "--all")
        assert not cli.processes()
        assert _listening(home) == []
    finally:
        for process in cli.processes():
            process.kill()
        shutil.rmtree(home, ignore_errors=True)


def _duration(cli: Cli, *words: str) -> float:
    began = time.monotonic()
    cli.run(*words)
    return time.monotonic() - began


def _kill_and_go_on(cli: Cli, after: float) -> None:
    print(f"killed after {after:.2f} s")
    child = cli.start("up", "9", "--yes")
    time.sleep(after)
    child.kill()
    child.communicate(timeout=60)
    cli.run("up", "9", "--yes")
    assert cli.run("ssh", "9", "--", "ls /base /set-up").split() == ["/base", "/set-up"]
    assert len([p for p in cli.processes() if p.name().startswith("qemu")]) == 1
    assert _left_over(cli.home) == []


def _left_over(home: Path) -> list[str]:
    """What is half-built, or nobody's: preparations, forks, parts of downloads, mounts, a second seat."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if str(home) in line]
    if mounts:
        return mounts
    found = [str(path.relative_to(home)) for path in home.rglob("*")]
    half = [
        f for f in found
        if f.endswith((".new", ".part", "/fork", ".tmp")) or "/b-" in f or f.startswith("b-") or "lab-image-" in f
    ]  # fmt: skip
    return half + [s.name for s in (home / "seats").iterdir() if s.is_dir() and s.name != "9"]


def _listening(home: Path) -> list[str]:
    """Ports that processes of this home still hold."""
    pids = {p.pid for p in psutil.process_iter(["cmdline"]) if any(str(home) in w for w in p.info["cmdline"] or [])}
    return [str(c.laddr) for c in psutil.net_connections("inet") if c.pid in pids and c.status == psutil.CONN_LISTEN]
