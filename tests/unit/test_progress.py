import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.progress import Reporter


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""  # results only
    return re.sub(r"\d+\.\d s", "N s", captured.err).splitlines()


def test_elsewhere_than_in_a_terminal_a_line_at_start_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter().step("Booting") as step:
        step.detail("not shown")
        step.fraction(1, 2)
        step.result("fine")
    assert lines(capsys) == ["… Booting", "✓ Booting: fine  N s"]


def test_a_step_that_fails_is_marked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    reporter, memory = Reporter(), tmp_path / "durations.json"
    reporter.memory = lambda: memory

    def fail() -> None:
        with reporter.step("Booting") as step:
            step.started -= 100
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert lines(capsys) == ["… Booting", "✗ Booting  N s"]
    assert not memory.exists()  # how long a failure took says nothing


def test_a_step_within_a_step_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    with reporter.step("Outer"), reporter.step("Inner"):
        pass
    assert lines(capsys) == ["… Outer", "✓ Outer  N s"]


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    reporter.quiet = True
    with reporter.step("Booting"):
        reporter.say("a remark")
    assert lines(capsys) == []


def test_durations_are_remembered_for_the_next_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    memory = tmp_path / "new" / "durations.json"
    for _ in range(2):
        reporter = Reporter()
        reporter.memory = lambda: memory
        with reporter.step("Booting a machine", key="boot") as step:
            step.started -= 100
        with reporter.step("Short"):
            pass
    assert json.loads(memory.read_text())["durations"] == {"boot": pytest.approx(100, abs=1)}
    said = lines(capsys)
    assert said[0] == "… Booting a machine"
    assert said[4] == "… Booting a machine (about 100 s last time)"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"Booting": "x"}', "null", '{"version": 1, "durations": [1]}'])
def test_a_memory_that_cannot_be_read_is_none(text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    reporter, memory = Reporter(), tmp_path / "durations.json"
    reporter.memory = lambda: memory
    memory.write_text(text)
    with reporter.step("Booting") as step:
        step.started -= 100
    assert lines(capsys)[0] == "… Booting"
    assert json.loads(memory.read_text())["durations"] == {"Booting": pytest.approx(100, abs=1)}


def test_a_line_says_how_far_it_is() -> None:
    with Reporter().step("x") as step:
        step.usual = 100.0
        step.started -= 50
        assert " 50%" in step.line("⠋")
        assert "50 of about 100 s" in step.line("⠋")
        step.started -= 100
        assert " 99%" in step.line("⠋")  # longer than usual is not more than everything
        step.fraction(1, 4)
        assert " 25%" in step.line("⠋")
        step.fraction(1, 0)  # a server that does not say how much there is
        step.detail("12 MiB")
        assert step.line("⠋").endswith("12 MiB")


def test_where_nobody_reads_any_more_the_work_goes_on(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom provisioner.core.progress import step\n"
        "with step('Booting'):\n    sys.stdin.read()\n"
        "with step('Storing'):\n    print('done')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout
        assert child.stderr
        assert child.stderr.readline() == "… Booting\n"
        child.stderr.close()
        child.stdin.close()
        assert child.stdout.read() == "done\n"
    assert child.returncode == 0


def test_in_a_terminal_a_step_is_one_live_line() -> None:
    program = (
        "import time\nfrom provisioner.core.progress import step\n"
        "with step('Booting') as now:\n    now.detail('waiting')\n    time.sleep(0.5)\n"
    )
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", program], stderr=theirs, check=True, env={**os.environ, "COLUMNS": "80"})
        said = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "waiting" in said
    assert said.count("\n") == 1
    assert re.search(r"\x1b\[K✓ Booting  0\.\d s\r\n$", said)
