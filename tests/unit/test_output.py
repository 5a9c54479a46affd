"""What a machine says does nothing in the terminal, the report or the JSON that shows it."""

import json
import os
import sys
from pathlib import Path

import pytest

from provisioner.cli.check import show
from provisioner.cli.output import show_json
from provisioner.core import text
from provisioner.core.outcome import Verdict
from provisioner.core.progress import Reporter
from provisioner.verify.junit import junit_xml

from .command import Cli

EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnol\r\n✓ 3.1  done\x00\ud800"
BAD = [chr(c) for c in (*range(32), *range(127, 160), 0x200E, 0x202A, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xD800) if c != 10]


def harmless(said: str) -> bool:
    return not any(c in said for c in BAD)


def verdict() -> Verdict:
    return Verdict(3, 2, "shut", "Shut the door", 10, "not yet", (f"from outside: open, answered “{EVIL}”",))


def test_a_line_is_one_line_and_a_block_keeps_its_lines() -> None:
    assert text.line("a\tb\u00a0c\nd") == "a b c·d"
    assert text.block("a\r\nb\x1b[1m\nc") == "a\nb·[1m\nc"
    assert text.line("x" * 10, 4) == "xxxx…"


def test_verdicts_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show([verdict()])
    said = capsys.readouterr().out
    assert harmless(said)
    assert len(said.splitlines()) == 4  # the verdict, what was observed, an empty line, the sum


def test_verdicts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"lines": verdict().lines, "nested": [{EVIL: (EVIL, 1, None)}]})
    said = capsys.readouterr().out
    assert harmless(said)
    assert all(harmless(one) for one in json.loads(said)["lines"])


def test_verdicts_as_junit() -> None:
    said = junit_xml("lab 3", [verdict()])
    assert harmless(said)
    assert "&#10;✓" not in said


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter()
    with reporter.step(f"step {EVIL}") as step:
        step.result(EVIL)
        reporter.say(EVIL)
    said = capsys.readouterr().err
    assert harmless(said)
    assert len(said.splitlines()) == 3


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_error_with_what_the_guest_said(lab: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    from provisioner.seats.seat import Record, Seat

    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    said = EVIL.encode(errors="replace").decode()
    ssh.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write({said!r})\nsys.exit(255)\n")
    ssh.chmod(0o755)
    Seat(lab.home / "seats" / "3").create(Record("vm-and-docker", "qemu", phase="ready"))
    done = lab("probe", "3", "machine:22", *words, PATH=f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    assert done.code == 2
    assert "gnol" in done.err
    assert harmless(done.err)
    assert harmless(done.out)


def test_nothing_else_writes_results() -> None:
    """Results and progress leave by output.py and core/progress.py, which clean them."""
    package = Path(text.__file__).parents[1]
    allowed = {"cli/output.py", "core/progress.py", "content/schema.py", "__main__.py", "cli/host.py", "host/install.py"}
    found = {
        f.relative_to(package).as_posix() for f in package.rglob("*.py")
        if "guest/" not in f.as_posix() and any(w in f.read_text() for w in ("click.echo(", " print(", "click.style("))
    }  # fmt: skip
    assert {f for f in found if "console.print(" not in (package / f).read_text()} <= allowed
