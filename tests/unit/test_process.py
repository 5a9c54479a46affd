import os
import sys
import time
from pathlib import Path

import pytest

from provisioner.core import process
from provisioner.core.errors import HostError, LabError
from provisioner.core.process import CommandFailed


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_returns_what_a_program_said() -> None:
    done = process.run(python("import sys; print(sys.stdin.read().upper()); print('e', file=sys.stderr)"), input="hé")
    assert (done.code, done.out, done.err) == (0, "HÉ\n", "e\n")


def test_a_failure_shows_a_line_that_can_be_pasted() -> None:
    with pytest.raises(CommandFailed) as error:
        process.run(["sh", "-c", "echo said; echo why >&2; exit 7"], hint="do that")
    assert error.value.what == "sh failed with code 7"
    assert error.value.evidence == "$ sh -c 'echo said; echo why >&2; exit 7'\nwhy"
    assert error.value.hint == "do that"
    assert error.value.done.code == 7


def test_a_failure_that_was_asked_about_is_an_answer() -> None:
    assert process.run(python("raise SystemExit(3)"), check=False).code == 3


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(HostError, match="no-such-program is not installed") as error:
        process.run(["no-such-program"])
    assert "lab doctor" in error.value.hint


def test_a_program_that_hangs() -> None:
    began = time.monotonic()
    with pytest.raises(LabError, match="gave no answer within 0 s"):
        process.run(python("import time; time.sleep(60)"), timeout=0.2)
    assert time.monotonic() - began < 10


def test_never_waits_for_the_keyboard() -> None:
    assert process.run(python("import sys; print(repr(sys.stdin.read()))")).out == "''\n"


def test_the_environment_is_added_to() -> None:
    done = process.run(python("import os; print(os.environ['LAB_X'], 'PATH' in os.environ)"), env={"LAB_X": "1"})
    assert done.out == "1 True\n"


def test_bytes_that_are_no_text_do_not_hurt() -> None:
    assert process.run(python(r"import os; os.write(1, b'a\xff')")).out == "a�"


def test_a_long_program_is_followed_line_by_line(tmp_path: Path) -> None:
    log, lines = tmp_path / "log", list[str]()
    log.write_text("before\n")
    process.stream(python("import sys; print(1); print(2, file=sys.stderr)"), lines.append, log=log)
    assert sorted(lines) == ["1", "2"]
    assert log.read_text().startswith("before\n")
    assert sorted(log.read_text().split()) == ["1", "2", "before"]


def test_a_long_program_that_fails_shows_its_last_words_and_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(CommandFailed) as error:
        process.stream(python("print(*range(100), sep='\\n'); raise SystemExit(2)"), lambda _: None, log=log)
    assert "99" in error.value.evidence.splitlines()
    assert "5" not in error.value.evidence.splitlines()
    assert str(log) in error.value.hint


def test_a_long_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HostError):
        process.stream(["no-such-program"], lambda _: None, log=tmp_path / "log")


def test_an_interrupted_long_program_leaves_no_child(tmp_path: Path) -> None:
    started: list[int] = []

    def stop(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.stream(python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"), stop, log=tmp_path / "log")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)
