"""What several unit tests stand on: a seat without a machine, and networks without one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provisioner.checks import probe, probe_client
from provisioner.core.paths import Home
from provisioner.seats.seat import Record, Seat

from .command import Cli
from .networks import SERVER, Networks, far_end, make, remove
from .test_manifest import write_lab

_SWITCH = Path("/run/netns/switch-ext")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Of the process that waits for all others: what a process had mounted there was gone with it, and the file stayed."""
    if not hasattr(session.config, "workerinput"):
        with suppress(OSError):
            _SWITCH.unlink()


@pytest.fixture
def home() -> Iterator[Home]:
    """Not below tmp_path, which is too long for the sockets of a seat."""
    with TemporaryDirectory(prefix="lab-", dir="/tmp") as folder:
        yield Home(Path(folder), Path(folder) / "cache")


@pytest.fixture
def seat(home: Home) -> Seat:
    made = Seat.locate(home, 3)
    made.create(Record("vm-and-docker", "qemu"))
    return made


@pytest.fixture(scope="session")
def networks() -> Iterator[Networks]:
    """Real network namespaces, with something that answers in the machine's."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip") or not Path("/usr/bin/python3").exists():
        pytest.skip("network namespaces need Linux, root, `ip` and /usr/bin/python3")
    there = Networks(*(f"t{os.getpid()}-{name}" for name in ("out", "box", "switch")))
    try:
        make(there)
        command = ["ip", "netns", "exec", there.box, sys.executable, "-c", SERVER]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == "listening\n"
                yield there
            finally:
                server.kill()
    finally:
        remove(there)


@pytest.fixture
def outside() -> Iterator[str]:
    """The address of somebody who is not this host."""
    with far_end() as address:
        yield address


@pytest.fixture
def reached(networks: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Networks:
    """ssh, for this test, leads to where the machine's network is: it does there what sshd would do."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    # Where labs have it, for this process only.
    switch = f"touch {_SWITCH}; mount --bind /run/netns/{networks.switch} {_SWITCH}"
    ssh.write_text(f'#!/bin/sh\nfor words; do :; done\nexec ip netns exec {networks.box} sh -c "{switch}; $words"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    # Its processors are this host's, where other tests are at work: silence is waited for as busy as the whole host is.
    busy = min(30.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    sources = probe_client._sources().replace("\\nBUSY_WAIT = 30.0 ", f"\\nBUSY_WAIT = {busy:.1f} ")
    sources = sources.replace("\\nANSWER_WAIT = 5.0 ", "\\nANSWER_WAIT = 2.0 ")
    assert "BUSY_WAIT = 30.0 " not in sources or busy == 30.0
    assert "ANSWER_WAIT = 2.0" in sources
    monkeypatch.setattr(probe_client, "_sources", lambda: sources)
    monkeypatch.setattr(probe, "WAIT", 1.2)  # one SYN is sent again within it
    return networks


@pytest.fixture
def lab(home: Home, tmp_path: Path) -> Cli:
    write_lab(tmp_path / "labs" / "03-vm-and-docker")
    return Cli(home.state, tmp_path / "labs")
