"""SIGTERM and Ctrl-C in the middle of a check: it ends at once, and another command gets the seat."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioner.core.paths import Home
from provisioner.seats.seat import Record, Seat

from .command import Cli


@pytest.mark.parametrize("words", [("--quick",), ("--watch",)])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_a_check_of_a_machine_that_does_not_answer(
    lab: Cli, home: Home, tmp_path: Path, sign: signal.Signals, words: tuple[str, ...]
) -> None:
    ssh, asked = tmp_path / "bin" / "ssh", tmp_path / "asked"
    ssh.parent.mkdir()
    ssh.write_text(f"#!/bin/sh\ntouch {asked}\nsleep 60 & sleep 60\n")
    ssh.chmod(0o755)
    for test in lab.labs.glob("*/exercises/*/test_*.py"):
        test.write_text("def test_it(net):\n    net.measure('seen = 1')\n\ndef test_again(net):\n    net.measure('seen = 1')\n")
    seat = Seat.locate(home, 3)
    seat.create(Record("vm-and-docker", "qemu", phase="ready"))
    environment = {
        **lab.environment,
        "PATH": f"{ssh.parent}{os.pathsep}{os.environ['PATH']}"
    }  # fmt: skip
    # In a script's background SIGINT is ignored, and that is inherited.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "provisioner", "--trust", "check", "3", *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        try:
            while not asked.exists():
                assert child.poll() is None, child.stderr and child.stderr.read()
                time.sleep(0.05)
            began = time.monotonic()
            child.send_signal(sign)
            assert child.wait(30) == 128 + sign
            assert time.monotonic() - began < 10
        finally:
            child.kill()
    with seat.lock("a test"):
        pass
