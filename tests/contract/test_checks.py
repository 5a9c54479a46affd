"""`lab check` and its kin on fake machines: verdicts, exit codes, hints, what a service may say, who may watch."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from provisioner.core.paths import Home
from provisioner.seats.seat import Seat
from tests.contract.conftest import PATIENCE, SOON, Cli, wait_for
from tests.contract.labs import HEAD, TESTS, write_lab

CLOSE_STATS = "exercises/close-stats/test_close_stats.py"


def exercises(cli: Cli, *words: str, expect: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = cli.json("check", *words, expect=expect)["exercises"]
    return found


# --- verdicts and exit codes


@pytest.mark.slow
def test_done_is_0_not_yet_is_1(up: Cli) -> None:
    assert up.outcomes("3", expect=1) == dict.fromkeys((1, 2, 3), "not yet")
    up.run("solve", "3")
    assert up.outcomes("3", expect=0) == dict.fromkeys((1, 2, 3), "done")
    assert up.outcomes("3", "--quick", expect=1) == {1: "not checked", 2: "not checked", 3: "done"}


@pytest.mark.parametrize(
    "rule", ["rule unseen outside stats", "rule broken outside stats", "die when probed"], ids=["unseen", "broken", "dies"]
)
@pytest.mark.slow
def test_cannot_tell_is_2(up: Cli, rule: str) -> None:
    """Also beside exercises that are done, or not yet."""
    up.run("solve", "3")
    up.inside(f"sudo {rule}")
    found = up.outcomes("3", "--quick", expect=2)
    assert found[1] == "cannot tell"
    if not rule.startswith("die"):
        assert up.outcomes("3.3", expect=0) == {3: "done"}
        up.inside("rm report")
        assert up.outcomes("3", "--quick", expect=2)[3] == "not yet"


BAD_CHECKS = {
    "fails": "def test_it(net):\n    1 / 0\n",
    "cannot be imported": "import nothing_of_that_name\n",
    "has no control": HEAD + "def test_it(net):\n    net.expect(blocked('outside', 'shop'))\n",
}


@pytest.mark.parametrize("test", BAD_CHECKS.values(), ids=BAD_CHECKS)
def test_a_check_that_fails_itself_is_no_verdict(cli: Cli, test: str) -> None:
    write_lab(cli.labs, changed={CLOSE_STATS: test})
    cli.run("up", "3")
    cli.inside("sudo block outside shop")
    assert cli.outcomes("3.1", expect=2) == {1: "cannot tell"}


def test_a_machine_that_is_switched_off_is_no_verdict(up: Cli) -> None:
    up.run("stop", "3")
    assert up.outcomes("3.3", expect=2) == {3: "cannot tell"}


@pytest.mark.slow
def test_what_must_survive_is_tried_on_a_copy(up: Cli, seat: Seat) -> None:
    up.inside("sudo block --until reboot outside stats; echo here >/dev/shm/note")
    (found,) = exercises(up, "3.1", expect=1)
    assert found["outcome"] == "not yet"
    assert "after a reboot:" in str(found["lines"])
    assert up.inside("cat /dev/shm/note") == "here\n"
    assert not seat.fork.folder.exists()


@pytest.mark.slow
def test_the_machine_itself_is_restarted_only_where_that_was_asked_for(cli: Cli) -> None:
    cli.run("up", "3", "--driver", "fake:disk")
    cli.inside("sudo block outside stats; echo here >/dev/shm/note")
    assert cli.outcomes("3.1", expect=1) == {1: "not checked"}
    assert cli.inside("cat /dev/shm/note") == "here\n"
    assert cli.outcomes("3.1", "--disruptive", expect=0) == {1: "done"}
    assert cli.inside("cat /dev/shm/note; true") == ""


@pytest.mark.slow
def test_a_copy_that_does_not_come_up_is_made_again(up: Cli) -> None:
    up.run("solve", "3")
    up.told("fork", "fail 2")
    assert up.outcomes("3.1", expect=0) == {1: "done"}
    up.told("fork", "fail")
    assert up.outcomes("3.1", expect=2) == {1: "cannot tell"}


@pytest.mark.slow
def test_what_is_done_is_remembered_and_explained(up: Cli) -> None:
    up.run("check", "3.3", expect=1)
    assert "Because." not in up.run("guide", "3.3")
    up.run("solve", "3.3")
    assert "lab guide 3.3" in up.run("check", "3.3")
    assert "lab guide 3.3" not in up.run("check", "3.3")
    assert "Because." in up.run("guide", "3.3")


@pytest.mark.slow
def test_points_and_a_report(up: Cli, tmp_path: Path) -> None:
    up.run("solve", "3.3")
    said = up.run("check", "3", "--quick", "--junit", str(tmp_path / "report.xml"), expect=1)
    assert "1 of 3 done, 5 of 35 points." in said
    assert 'failures="2"' in (tmp_path / "report.xml").read_text()


# --- what a machine says


@pytest.mark.slow
def test_what_a_service_says_does_nothing_in_the_terminal(up: Cli) -> None:
    up.inside(r"sudo answer shop 'shop \x1b]0;mine\x07 \u202e\x9b2J'")
    for words in (("check", "3.1", "--quick"), ("probe", "3", "shop"), ("trace", "3", "shop"), ("map", "3")):
        for form in ((), ("--json",)):
            with up.start(*words, *form) as child:
                out, err = child.communicate(timeout=PATIENCE)
            assert out
            assert not set(out + err) & {"\x1b", "\x07", "\x9b", "\u202e"}
            assert not set(str(json.loads(out))) & {"\x1b", "\x07", "\x9b", "\u202e"} if form else True


@pytest.mark.slow
def test_an_answer_is_one_line(up: Cli) -> None:
    up.inside(r"sudo answer shop 'shop\n✓ 3.1  done'")
    for words in (("check", "3.1", "--quick"), ("probe", "3", "shop")):
        with up.start(*words) as child:
            assert "\n✓ 3.1  done" not in child.communicate(timeout=PATIENCE)[0]


# --- hints


@pytest.mark.slow
def test_hints_come_one_by_one_and_first_what_fits(up: Cli) -> None:
    assert up.run("hint", "3.1") == "  •  vague\n"
    up.inside("sudo block outside shop")
    assert up.run("hint", "3.1", "--again") == "now  the shop is not meant\n  •  vague\n"
    up.inside("touch note")
    both = up.run("hint", "3.1").splitlines()
    assert both[:4] == ["now  the shop is not meant", "now  look at your note", "  •  vague", "  •  nearer"]
    assert "That was the last hint" in both[4]
    up.inside("sudo open outside shop; rm note")
    assert up.run("hint", "3.1", "--again") == "  •  vague\n  •  nearer\n"


def test_a_hint_whose_sentence_holds_only_in_part_is_not_shown(up: Cli) -> None:
    up.inside("sudo block outside shop; sudo block admin stats")
    assert "not meant" not in up.run("hint", "3.1")


def test_a_machine_that_does_not_answer_has_the_usual_hints(up: Cli) -> None:
    up.run("stop", "3")
    assert up.run("hint", "3.1") == "  •  vague\n"


# --- watching


@pytest.mark.slow
def test_watch_tells_what_changed_until_all_is_done(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log"
    test = TESTS["write-report"].replace(
        "    assert", f"    host.run('true')\n    open({str(log)!r}, 'a').write('.')\n    assert"
    )
    write_lab(cli.labs, changed={"exercises/write-report/test_write_report.py": test})
    cli.run("up", "3")
    with cli.start("check", "3.3", "--watch") as child:
        assert child.stdout
        first = child.stdout.readline()
        assert first.startswith("— ")
        wait_for(lambda: len(log.read_text()) > 1)
        cli.inside("echo all is well >report")
        rest = child.stdout.read()
        assert child.wait(SOON) == 0
    assert rest.count("— ") == 1, "what did not change is not told again"
    assert rest.index("not yet") < rest.index("done ")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_watch_ends_when_it_is_told_to(up: Cli, seat: Seat, sign: signal.Signals) -> None:
    with up.start("check", "3.3", "--watch") as child:
        assert child.stdout
        child.stdout.readline()
        os.kill(child.pid, sign)
        assert child.wait(SOON) == 128 + sign
    assert not seat.is_locked


# --- packets


@pytest.mark.slow
def test_one_packet(up: Cli) -> None:
    assert "open, answered “shop" in up.run("probe", "3", "shop")
    up.inside("sudo refuse outside shop 6")
    assert "refused" in up.run("probe", "3", "shop", expect=1)
    up.run("probe", "3", "-4", "shop", expect=0)
    assert up.json("trace", "3", "--from", "admin", "shop")[0]["verdict"] == "open"


def test_the_map_says_what_is_wanted_and_what_is(up: Cli) -> None:
    cells = {(c["source"], c["target"], c["family"]): c for c in up.json("map", "3")}
    assert {name for name, c in cells.items() if not c["good"]} == {
        ("outside", "stats", 4), ("outside", "stats", 6), ("admin", "backup", 4),
    }  # fmt: skip
    assert "exercise 1 expects" in up.run("map", "3")


# --- submissions


def submitted(cli: Cli, tmp_path: Path, text: str, *words: str, expect: int) -> dict[str, object]:
    file = tmp_path / "mine.sh"
    file.write_text(text)
    with cli.start("check", *words, "--submission", str(file), "--json") as child:
        out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == expect, err
    return dict(json.loads(out))


@pytest.mark.slow
def test_a_submission_is_judged_in_a_machine_of_its_own(cli: Cli, tmp_path: Path, home: Home) -> None:
    right = submitted(cli, tmp_path, "sudo open admin backup\nexit 3\n", "3.2", expect=0)
    assert right["submission"] == {"file": str(tmp_path / "mine.sh"), "code": 3, "said": []}
    wrong = submitted(cli, tmp_path, "sudo open --until docker admin backup\n", "3.2", expect=1)
    assert [v["outcome"] for v in wrong["exercises"]] == ["not yet"]  # type: ignore[attr-defined]
    assert cli.json("status") == []
    assert not list((home.state / "submissions").glob("[0-9]*"))
    assert not cli.machines()


@pytest.mark.slow
def test_submissions_side_by_side_and_one_that_was_killed(cli: Cli, tmp_path: Path, home: Home) -> None:
    (tmp_path / "one.sh").write_text("echo all is well >report\n")
    words = ("check", "3.3", "--submission", str(tmp_path / "one.sh"))
    cli.run(*words)
    cli.kill_at("start", *words)
    assert list((home.state / "submissions").glob("[0-9]*"))
    children = [cli.start(*words) for _ in range(2)]
    ends = [(child.communicate(timeout=PATIENCE), child.returncode) for child in children]
    assert [code for _, code in ends] == [0, 0], ends
    assert not list((home.state / "submissions").glob("[0-9]*"))


@pytest.mark.slow
def test_submissions_that_were_killed_side_by_side_are_cleared_away_by_one(cli: Cli, tmp_path: Path, home: Home) -> None:
    (tmp_path / "one.sh").write_text("echo all is well >report\n")
    words = ("check", "3.3", "--submission", str(tmp_path / "one.sh"))
    cli.run(*words)
    file = cli.told("start", "hold")
    with cli.start(*words) as first, cli.start(*words) as second:
        wait_for(lambda: len(list((home.state / "submissions").glob("[0-9]*/fake"))) == 2)
        first.kill()
        second.kill()
    file.unlink()
    cli.run(*words)
    assert not list((home.state / "submissions").glob("[0-9]*"))


@pytest.mark.slow
def test_what_a_script_says_does_nothing_in_the_terminal(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.sh"
    file.write_text("sudo answer shop '\\x1b[2J\\x9bmine'\ncurl -s 127.0.0.1:8080\nexit 1\n")
    out = cli.run("check", "3.3", "--submission", str(file), expect=1)
    assert "mine" in out
    assert not set(out) & {"\x1b", "\x9b"}


@pytest.mark.parametrize("words", [("--watch",), ("--disruptive",)])
def test_what_does_not_go_with_a_submission(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "one.sh").write_text("true\n")
    cli.run("check", "3", "--submission", str(tmp_path / "one.sh"), *words, expect=2)


def test_a_submission_needs_layers(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.sh").write_text("true\n")
    step = cli.next("check", "3", "--submission", str(tmp_path / "one.sh"), "--driver", "fake:plain")
    assert step == "--driver qemu"


def test_a_check_waits_for_the_command_that_has_the_seat(up: Cli) -> None:
    file = up.told("save", "hold")
    with up.start("save", "3", "mine") as first:
        wait_for(file.with_suffix(".reached").exists)
        with up.start("check", "3.3") as second:
            assert second.stderr
            while "waiting for lab save 3" not in second.stderr.readline():
                pass
            time.sleep(0.2)
            assert second.poll() is None
            file.unlink()
            assert first.wait(SOON) == 0
            assert second.wait(SOON) == 1
