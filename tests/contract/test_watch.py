"""`lab check --watch` on a fake machine: it ends when nothing more can be told without a restart."""

import pytest

from tests.contract.conftest import Cli


@pytest.mark.slow
def test_watching_ends_where_something_must_survive_a_restart(cli: Cli) -> None:
    """Exercises 1 and 2 must survive restarts, which watching does not try: it names the command that does, and is not yet
    done."""
    cli.run("up", "3")
    cli.run("solve", "3")
    out, err = cli.said("check", "3", "--watch", expect=1)
    assert "not checked" in out
    assert "lab check 3" in out.splitlines()[-1]
    assert cli.run("check", "3", expect=0)


def test_watching_ends_where_all_is_done(cli: Cli) -> None:
    cli.run("up", "3")
    cli.run("solve", "3.3")
    assert "1 of 1 done" in cli.run("check", "3.3", "--watch")
