"""A machine that says anything but a good answer: what the tool makes of it, in bounded time and memory."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provisioner.checks import probe_client
from provisioner.checks.probe import Probe
from provisioner.checks.probe_client import Prober
from provisioner.core import process
from provisioner.core.errors import LabError, MachineError
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PROBE = Probe("machine", "127.0.0.1", 80)
READY = "import sys; sys.stdin.readline(); print('\"ready\"', flush=True); sys.stdin.readline()\n"


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seat: Seat) -> "Machine":
    monkeypatch.setattr(probe_client, "START", 4.0)
    monkeypatch.setattr(probe_client, "EXCHANGE", 2.0)
    monkeypatch.setattr(probe_client, "PER_PROBE", 0.0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return Machine(seat, tmp_path / "bin" / "ssh")


class Machine:
    """ssh, for this test, is a program that says what a machine may."""

    def __init__(self, seat: Seat, ssh: Path) -> None:
        self.seat, self.ssh = seat, ssh
        ssh.parent.mkdir()

    def __call__(self, program: str) -> Seat:
        self.ssh.write_text(f"#!{sys.executable}\n{program}")
        self.ssh.chmod(0o755)
        return self.seat


def fault(seat: Seat) -> MachineError:
    """What a probe comes to; well within the time of a test."""
    began = time.monotonic()
    with Prober(seat) as machine, pytest.raises(MachineError) as error:
        machine.send([PROBE])
    assert time.monotonic() - began < 30
    return error.value


@pytest.mark.slow
def test_python_in_the_machine_that_only_sleeps(says: Machine) -> None:
    assert "in time" in fault(says("import time; time.sleep(60)")).what


@pytest.mark.slow
def test_a_machine_that_was_waited_for_once_is_not_waited_for_again(says: Machine) -> None:
    with Prober(says("import time; time.sleep(60)")) as machine:
        for _ in range(20):
            began = time.monotonic()
            with pytest.raises(MachineError, match="in time"):
                machine.idle(0)
    assert time.monotonic() - began < 3


@pytest.mark.slow
def test_a_pipe_that_a_kept_connection_holds_open_is_not_waited_for(says: Machine) -> None:
    program = "import os, time\nif os.fork(): raise SystemExit('refused')\ntime.sleep(20)"
    began = time.monotonic()
    assert "refused" in fault(says(program)).evidence
    assert time.monotonic() - began < 15


def test_an_endless_line_takes_no_memory(says: Machine) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = fault(says(READY + "while True: sys.stdout.write('x' * 65536)"))
    assert "longer than 4 MiB" in error.what
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


@pytest.mark.slow
def test_bytes_that_drip(says: Machine) -> None:
    assert "in time" in fault(says(READY + "import time\nwhile True: print('x', end='', flush=True); time.sleep(0.1)")).what


@pytest.mark.parametrize(
    "line",
    [
        "garbage", "", "[]", "null", "1e999", "[" * 100_000, '{"results": null}', '{"results": [{}]}', '{"results": [1, 2]}',
        '{"results": []}',
        '{"results": ' + "[" * 100_000, '{"results": ' + "9" * 100_000 + "}", '{"results": NaN}', '{"error": {}}',
        '{"results": [{"verdict": "won", "answer": "", "detail": "", "ms": 1}]}',
        '{"results": [{"verdict": "open", "answer": 7, "detail": "", "ms": 1}]}',
        '{"results": [{"verdict": "open", "answer": "", "detail": "", "ms": 1e300}]}',
    ],
)  # fmt: skip
def test_another_answer_than_was_asked_for(says: Machine, line: str) -> None:
    fault(says(READY + f"print({line!r}, flush=True); import time; time.sleep(20)"))


def test_what_a_machine_says_is_one_line_without_escape_sequences(says: Machine) -> None:
    result = '{"verdict": "open", "answer": "a\\\\u001b[2Jb\\\\n3.1 done\\\\u009b1m\\\\u202eegal", "detail": "\\\\r", "ms": 1}'
    with Prober(says(READY + f"print('{{\"results\": [{result}]}}', flush=True)")) as machine:
        said = machine.send([PROBE])[0]
    assert said.answer == "a·[2Jb·3.1 done·1m·egal"
    assert said.detail == "·"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_signals_end_the_wait_at_once(says: Machine, sign: signal.Signals) -> None:
    seat = says("import time; time.sleep(60)")
    program = (
        "import signal, sys\nfrom pathlib import Path\nfrom provisioner.checks.probe_client import *\n"
        "from provisioner.seats.seat import Seat\nfrom provisioner.core import signals\n"
        "signals.take_ending(); signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"with Prober(Seat(Path({str(seat.folder)!r}))) as p:\n    print('asks', flush=True)\n"
        "    p.send([Probe('machine', '127.0.0.1', 80)])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"asks\n"
        time.sleep(0.5)
        began = time.monotonic()
        child.send_signal(sign)
        child.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert child.returncode


def test_a_command_that_says_too_much(says: Machine) -> None:
    with pytest.raises(MachineError, match="said more than"):
        ssh.run(says("while True: print('x' * 65536)"), "cat", "x")


@pytest.mark.slow
def test_a_command_that_does_not_end(says: Machine) -> None:
    with pytest.raises(MachineError, match="no answer within 1 s"):
        ssh.run(says("import time\nwhile True: print('x', flush=True); time.sleep(0.1)"), "cat", "x", timeout=1)


@pytest.mark.slow
def test_a_program_that_has_ended_is_not_waited_for_because_of_its_children() -> None:
    began = time.monotonic()
    assert process.run(["sh", "-c", "sleep 20 & echo said"]).out == "said\n"
    assert time.monotonic() - began < 15


def test_a_long_program_with_an_endless_line(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="longer than"):
        process.stream([sys.executable, "-c", "while True: print('x' * 65536, end='')"], lambda _: None, log=tmp_path / "log")
    assert not (tmp_path / "log").read_text()
