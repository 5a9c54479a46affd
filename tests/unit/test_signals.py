"""Ctrl-C in the middle of what must not be cut in two."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.core import signals

from .command import Cli


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {sign: signal.getsignal(sign) for sign in signals.SIGNALS}
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


def test_an_interruption_comes_after_the_block() -> None:
    done = []

    def work() -> None:
        with signals.deferred():
            signal.raise_signal(signal.SIGINT)
            done.append("the whole block")
        done.append("and nothing after it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the whole block"]


def test_no_interruption_changes_nothing() -> None:
    with signals.deferred():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_not_interrupted_anyway() -> None:
    seen: list[str] = []

    def work() -> None:
        with signals.deferred():
            seen.append("in")
        signals.ignore_signals()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == ["in"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_too_late_until_it_is_possible_again() -> None:
    signals.ignore_signals()
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    signals.restore_signal_handlers()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)


def test_too_late_reaches_to_the_very_end_of_the_program() -> None:
    code = """if True:
        import os
        from provisioner.core import signals
        class Late:
            def __del__(self, kill=os.kill, me=os.getpid()):
                kill(me, 2)
        late = Late()
        signals.ignore_signals()
    """
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_who_takes_signals_for_himself_gives_them_back() -> None:
    def other(*_: object) -> None:
        raise AssertionError

    before = [signal.getsignal(sign) for sign in signals.SIGNALS]
    with signals.restored():
        for sign in signals.SIGNALS:
            signal.signal(sign, other)
    assert [signal.getsignal(sign) for sign in signals.SIGNALS] == before


_IN_A_TEXT = "exec('import signal; signal.raise_signal(signal.SIGINT)')\n"
_IN_A_CLASS = """if True:
    import signal
    class Name:
        def __set_name__(self, *_):
            signal.raise_signal(signal.SIGINT)
    class Named:
        name = Name()
"""


@pytest.mark.parametrize("where", [_IN_A_TEXT, _IN_A_CLASS])
def test_where_python_makes_something_else_of_it(lab: Cli, tmp_path: Path, where: str) -> None:
    """A dataclass is made of text: a program that is cut off there dies of the signal, although it has caught it."""
    (tmp_path / "yaml.py").write_text(where)
    said = lab("list", PYTHONPATH=str(tmp_path))
    assert (said.code, said.out) == (130, "")
    assert said.err.strip().startswith("✗ interrupted; nothing was left behind")


def test_while_the_program_is_being_read(lab: Cli, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(_IN_A_TEXT)
    said = lab("list", PYTHONPATH=str(tmp_path))
    assert (said.code, said.err.strip().partition(";")[0]) == (130, "✗ interrupted")


def test_when_all_is_said(lab: Cli, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import atexit, signal; atexit.register(signal.raise_signal, signal.SIGINT)\n")
    said = lab("list", PYTHONPATH=str(tmp_path))
    assert (said.code, said.err) == (0, "")
    assert "VM and Docker together" in said.out


def test_a_script_s_background_ignores_it(lab: Cli, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("""if True:
        import signal, sys
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.addaudithook(lambda event, words: event == "import" and words[0] == "yaml" and signal.raise_signal(signal.SIGINT))
    """)
    said = lab("list", PYTHONPATH=str(tmp_path))
    assert (said.code, said.err) == (0, "")
