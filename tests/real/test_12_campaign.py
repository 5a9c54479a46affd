"""A fault campaign: commands are killed at random moments, on a busy host and with a full disk, and nothing is lost.

After each fault the next `lab up` has the learner's file, unless the command was one that was asked to give it up. At the end
no process, mount, loop device, network namespace, control group or file in shared memory is left.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from .conftest import Cli

# What is run, how often, and within how many seconds the fault comes. `reset` and `restore` are asked to give the file up.
COMMANDS = {
    ("up", "3"): (3, 2.0), ("check", "3"): (4, 12.0), ("check", "3", "--quick"): (2, 3.0), ("stop", "3"): (4, 3.0),
    ("save", "3", "kept"): (3, 3.0), ("restore", "3", "kept"): (2, 3.0), ("reset", "3"): (2, 3.0), ("status",): (1, 1.0),
    ("verify", "3.2"): (1, 20.0),
}  # fmt: skip
GIVES_UP = ("reset", "restore")
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGSTOP)
_UNIT_TESTS = re.compile(r"/t\d+-")  # network namespaces of unit tests, which may run beside
_HOME = re.compile(r"/tmp/lab-\w+")  # of these tests, or of others that run beside
LONGEST = 240.0  # seconds for what comes after a fault


def rounds() -> int:
    if given := os.environ.get("LAB_TEST_CAMPAIGN"):
        return int(given)
    return 200 if os.environ.get("LAB_TEST_ALL") == "1" else 2 if os.environ.get("CI") == "true" else 0


@pytest.fixture(params=["qemu", "lxc"])
def driver(request: pytest.FixtureRequest) -> str:
    if not rounds():
        pytest.skip("asked for by LAB_TEST_ALL=1, CI=true or LAB_TEST_CAMPAIGN=N")
    if request.param == "lxc" and (os.geteuid() or not shutil.which("lxc-start")):
        pytest.skip("system containers need root and LXC")
    return str(request.param)


def left_on_host(home: Path) -> Counter[str]:
    """What machines take of the host besides their folders, by kind, wherever it came from. What names another home is of other
    tests, which may run beside; so are control groups in which something runs."""
    lines = [*Path("/proc/self/mounts").read_text().splitlines()]
    losetup = ["losetup", "--list", "--raw", "--noheadings", "--output", "NAME,BACK-FILE"]
    lines += subprocess.run(losetup, capture_output=True, text=True, check=False).stdout.splitlines()
    places = [*_empty_groups(), *Path("/dev/shm").rglob("*"), *Path("/run/netns").glob("*")]
    return Counter(one for one in [*lines, *map(str, places)] if not _UNIT_TESTS.search(one) and _homes(one) <= {str(home)})


def _empty_groups() -> Iterator[Path]:
    """Control groups of machines in which nothing runs. Those of services in a machine are part of its own, and some are empty.
    Other tests make and remove some meanwhile, which os.walk bears."""
    for top, folders, _ in os.walk("/sys/fs/cgroup"):
        for name in [name for name in folders if name.startswith("lab-")]:
            folders.remove(name)
            if not any(_pids(Path(group) / "cgroup.procs") for group, _, _ in os.walk(Path(top) / name)):
                yield Path(top) / name


def _homes(line: str) -> set[str]:
    return set(_HOME.findall(line))


def _pids(file: Path) -> str:
    with suppress(OSError):  # it goes just now
        return file.read_text()
    return ""


@contextmanager
def busy() -> Iterator[None]:
    """Twice as many programs at work as there are processors."""
    work = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for each in work:
            each.kill()
            each.wait()


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """The disk of this folder, all but a MiB."""
    filler = folder / "filler"
    room = shutil.disk_usage(folder).free
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, room - (1 << 20)))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture
def own(cli: Cli, driver: str) -> Iterator[Cli]:
    """A home on a small file system of its own, with the layers of the session's."""
    small = cli.home / driver
    small.mkdir()
    kind = ["-t", "tmpfs", "-o", "size=3g,mode=700"]
    if subprocess.run(["mount", *kind, "tmpfs", str(small)], check=False).returncode:
        pytest.skip("needs root, to mount a file system")
    try:
        (cli.home / "cache").mkdir(mode=0o700, exist_ok=True)
        (small / "cache").symlink_to(cli.home / "cache")
        yield Cli(small)
    finally:
        Cli(small).run("destroy", "--all")
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()


def fault(cli: Cli, rng: random.Random, words: tuple[str, ...], within: float) -> str:
    """Starts the command, and sends a signal at a moment in it. Returns what was done."""
    child = cli.start(*words)
    moment, sign = rng.uniform(0.05, within), rng.choice(SIGNALS)
    deadline = time.monotonic() + moment
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    if child.poll() is None:
        child.send_signal(sign)
        if sign == signal.SIGSTOP:
            time.sleep(rng.uniform(0.2, 2.0))
            child.send_signal(rng.choice((signal.SIGCONT, signal.SIGKILL)))
    try:
        child.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        child.kill()
        pytest.fail(f"lab {' '.join(words)} did not end {LONGEST:.0f} s after {sign.name} at {moment:.2f} s")
    return f"{' '.join(words)}: {sign.name} at {moment:.2f} s, code {child.returncode}"


def holds(cli: Cli, text: str) -> bool:
    return cli.run("ssh", "3", "--", "cat mine 2>/dev/null || :").strip() == text


def machine_fault(cli: Cli, rng: random.Random) -> None:
    """The machine's own process is stopped for a while, as by a host that has no time for it."""
    for process in cli.processes():
        if process.name().startswith(("qemu", "unshare")):
            process.suspend()
            time.sleep(rng.uniform(0.1, 1.0))
            if rng.random() < 0.5:
                process.resume()


def test_campaign(own: Cli, driver: str) -> None:
    own.run("up", "3", "--driver", driver)
    own.run("solve", "3.1")
    own.run("destroy", "3")
    before, rng, seen = left_on_host(own.home.parent), random.Random(int(os.environ.get("LAB_TEST_SEED", "21"))), Counter[str]()
    own.run("up", "3", "--driver", driver)
    own.run("solve", "3.1")  # what is done is asked again on a copy
    own.run("ssh", "3", "--", "echo saved >mine; sync")
    if driver == "qemu":
        own.run("save", "3", "kept")
    log = own.home.parent / f"campaign-{driver}.log"
    for number in range(rounds()):
        text = f"round {number}"
        own.run("ssh", "3", "--", f"echo {text} >mine; sync")
        candidates = [w for w in COMMANDS if driver == "qemu" or w[0] not in ("stop", "save", "restore")]
        words = rng.choices(candidates, [COMMANDS[w][0] for w in candidates])[0]
        extra = rng.random()
        with ExitStack() as around:
            if extra < 0.15:
                around.enter_context(busy())
            elif extra < 0.3 and words[0] != "verify":
                around.enter_context(full(own.home))
            elif extra < 0.4:
                machine_fault(own, rng)
            happened = fault(own, rng, (*words, *(("--driver", "lxc") if words[0] == "verify" else ())), COMMANDS[words][1])
        with log.open("a") as out:
            print(f"{number} {happened} ({'busy' if extra < 0.15 else 'full' if extra < 0.3 else ''})", file=out, flush=True)
        said = own.run("up", "3", timeout=LONGEST)
        seen[words[0]] += 1
        if not holds(own, text):
            assert words[0] in GIVES_UP, f"the learner's file is lost after {happened}\n{said}"
            seen["given up as asked"] += 1
            own.run("solve", "3.1")
        machines = [p for p in own.processes() if p.name().startswith(("qemu", "unshare"))]
        assert len(machines) == 1, f"{[' '.join(p.cmdline())[:80] for p in machines]} after {happened}"
    own.run("destroy", "--all")
    assert own.processes() == []
    deadline = time.monotonic() + 20
    while (left := left_on_host(own.home.parent) - before) and time.monotonic() < deadline:
        time.sleep(0.5)
    print(json.dumps({"driver": driver, "rounds": rounds(), **seen}))
    assert not left, left
    assert not [p for p in psutil.process_iter(["environ"]) if str(own.home) == (p.info["environ"] or {}).get("LAB_HOME")]
