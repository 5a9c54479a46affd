"""`lab dispute` and `lab verify --replay` on fake machines: what is in the file, what is not, and what a replay tells."""

import getpass
import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from provisioner.backends.fake.guest import Guest
from provisioner.content import variation
from provisioner.content.lab import load
from provisioner.seats.seat import Seat
from tests.contract.conftest import PATIENCE, Cli
from tests.contract.labs import HEAD, LAB_YAML, TESTS, write_lab

REPORT = "exercises/write-report/test_write_report.py"
STATS = "exercises/close-stats/test_close_stats.py"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0IG9mIHNvbWVib2R5\n-----END OPENSSH PRIVATE KEY-----\n"


def dispute(cli: Cli, file: Path, *words: str) -> dict[str, Any]:
    cli.run("dispute", *words, "-o", str(file))
    return dict(json.loads(file.read_text()))


def script(folder: Path, text: str) -> str:
    (folder / "mine.sh").write_text(text)
    return str(folder / "mine.sh")


# --- the file


def test_the_file_has_what_an_author_needs(up: Cli, tmp_path: Path, seat: Seat) -> None:
    up.inside("sudo block admin stats; echo typed >/home/learner/.bash_history; echo mine >mine.sh")
    out, _ = up.said("dispute", "3.1", "--comment", "it is closed", "-o", str(tmp_path / "one.json"))
    assert "leave them out: --no-history" in out
    assert "lab verify --replay" in out
    values = json.loads((tmp_path / "one.json").read_text())
    assert (values["schema"], values["version"], values["comment"]) == ("lab-dispute", 1, "it is closed")
    assert (values["lab"]["slug"], values["exercise"], values["number"]) == ("fake-shop", "close-stats", 1)
    assert len(values["lab"]["digest"]) == 64
    assert values["verdict"]["outcome"] == "not yet"
    assert not values["verdict"]["disturbed"]
    wanted = {
        (re.sub(", port [0-9]+", "", c["probe"]), c["wanted"], c["is_good"]) for c in values["connections"]
    }  # some draw one
    assert ("from outside to 198.51.100.1:8081/tcp", "closed", False) in wanted
    assert ("from outside to 198.51.100.1:8080/tcp", "open", True) in wanted
    assert values["script"]["kind"] == "restored"
    machine = values["machine"]
    assert "filtered admin 8081/tcp" in machine["outputs"][0]["text"]
    assert [file["text"] for file in machine["history"]] == ["typed\n"]
    assert {file["path"]: file["text"] for file in machine["files"]}["/home/learner/mine.sh"] == "mine\n"
    assert up.inside("cat mine.sh") == "mine\n", "the machine is as it was"


@pytest.mark.slow
def test_no_secret_of_the_machine_and_no_name_of_the_host_is_in_it(up: Cli, tmp_path: Path, seat: Seat) -> None:
    cards = [a.address for c in psutil.net_if_addrs().values() for a in c if a.family in (socket.AF_INET, socket.AF_INET6)]
    hosts = [address.partition("%")[0] for address in cards if not address.startswith(("127.", "::1"))]
    public = seat.key.with_suffix(".pub").read_text().strip()
    guest = Guest(seat.folder / "fake")
    planted = f"{KEY}{seat.key.read_text()}{public}\n{seat.nonce}\n{up.home}/seats\n{up.labs}\n{' '.join(hosts)}\n"
    for name in ("/home/learner/notes.sh", "/home/learner/.bash_history"):
        guest.write(name, planted)
    up.run("solve", "3.1")
    file = tmp_path / "one.json"
    values = dispute(up, file, "3.1")
    text = file.read_text()
    bodies = [line for key in (seat.key, seat.host_key) for line in key.read_text().splitlines()[1:-1]]
    secrets = [
        *bodies, "c2VjcmV0IG9mIHNvbWVib2R5", public.split()[1], seat.host_key.with_suffix(".pub").read_text().split()[1],
        seat.nonce, str(up.home), str(up.labs), str(tmp_path), os.environ.get("HOME", "/nowhere") + "/", *hosts,
    ]  # fmt: skip
    assert [secret for secret in secrets if secret in text] == []
    names = [socket.gethostname(), *([getpass.getuser()] if getpass.getuser() != "root" else [])]
    assert [name for name in names if name in text] == []
    (history,) = values["machine"]["history"]
    assert "(key)" in history["text"]
    assert "(nonce)" in history["text"]
    assert not history["is_whole"]
    assert "open, answered “shop (nonce)”" in str(values["connections"])


@pytest.mark.slow
def test_what_was_typed_can_be_left_out(up: Cli, tmp_path: Path) -> None:
    up.inside("echo typed-this >/home/learner/.bash_history")
    said = up.json("dispute", "3.3", "--no-history", "-o", str(tmp_path / "one.json"))
    assert said["history"] is False
    assert "typed-this" not in (tmp_path / "one.json").read_text()
    assert up.json("dispute", "3.3", "-o", str(tmp_path / "two.json"))["history"] is True


def test_nothing_is_overwritten(up: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("precious")
    assert "-o FILE" in up.next("dispute", "3.3", "-o", str(tmp_path / "one.json"))
    assert (tmp_path / "one.json").read_text() == "precious"


def test_no_recorded_submission_is_overwritten(cli: Cli, tmp_path: Path) -> None:
    kept, mine = tmp_path / "anna.json", script(tmp_path, "true\n")
    kept.write_text("kept")
    for file, reason in ((kept, "exists already"), (tmp_path / "nowhere" / "anna.json", "there is no folder")):
        _, err = cli.said("check", "3.1", "--submission", mine, "--record", str(file), expect=2)
        assert reason in err
        assert "--record FILE" in err
        assert "Starting the machine" not in err, "it is said before anything is done"
    assert kept.read_text() == "kept"


def test_what_cannot_be_disputed(cli: Cli, tmp_path: Path) -> None:
    assert cli.next("dispute", "3") == "lab dispute 3.1"
    assert cli.next("dispute", "3.1") == "lab up 3"
    key = script(tmp_path, KEY)
    assert "private key" in cli.said("dispute", "3.1", "--submission", key, expect=2)[1]


# --- replays


def test_the_same_lab_gives_the_same_verdict(up: Cli, tmp_path: Path) -> None:
    up.inside("echo all is well >report")
    dispute(up, tmp_path / "one.json", "3.3", "--submission", script(tmp_path, "echo all is well >report\n"))
    dispute(up, tmp_path / "two.json", "3.2", "--submission", script(tmp_path, "sudo open '*' backup\n"))
    out = up.run("verify", "--replay", str(tmp_path))
    assert "2 the same, 0 different." in out
    assert "the lab's files are the same as then" in out
    said = up.json("verify", "--replay", str(tmp_path / "one.json"), str(tmp_path / "two.json"))
    assert [(r["exercise"], r["replayed"]["outcome"], r["same"]) for r in said["replays"]] == [
        ("3.3", "done", True), ("3.2", "not yet", True),
    ]  # fmt: skip
    assert not list((up.home / "submissions").glob("[0-9]*"))


@pytest.mark.slow
def test_a_changed_check_is_told(up: Cli, tmp_path: Path) -> None:
    up.inside("echo all is well >report")
    dispute(up, tmp_path / "one.json", "3.3", "--submission", script(tmp_path, "echo all is well >report\n"))
    write_lab(up.labs, changed={REPORT: HEAD + TESTS["write-report"].replace("all is well", "all is lost")})
    out = up.run("verify", "--replay", str(tmp_path / "one.json"), expect=1)
    assert "then done" in out
    assert "now not yet" in out
    assert "now: no report" in out
    assert "the lab has changed since" in out
    (row,) = up.json("verify", "--replay", str(tmp_path / "one.json"), expect=1)["replays"]
    assert (row["same"], row["lab_changed"]) == (False, True)


@pytest.mark.slow
def test_accepted_submissions_are_checked_again_with_what_they_must_survive(cli: Cli, tmp_path: Path) -> None:
    mine = script(tmp_path, "sudo block outside stats\n")
    kept = tmp_path / "kept"
    kept.mkdir()
    cli.run("check", "3.1", "--submission", mine, "--record", str(kept / "anna.json"))
    (row,) = cli.json("verify", "--replay", str(kept))["replays"]
    assert (row["recorded"]["outcome"], row["replayed"]["outcome"], row["notes"]) == (
        "done", "done", ["the lab's files are the same as then"],
    )  # fmt: skip
    stricter = TESTS["close-stats"].replace(
        'blocked("outside", "stats")', 'blocked("outside", "stats"), blocked("admin", "stats")'
    )
    write_lab(
        cli.labs, changed={STATS: HEAD + stricter.replace('reaches("outside"', 'reaches("admin", "shop"), reaches("outside"')}
    )
    assert "0 the same, 1 different" in cli.run("verify", "--replay", str(kept), expect=1)


@pytest.mark.slow
def test_a_quick_verdict_that_does_not_survive_is_another(up: Cli, tmp_path: Path) -> None:
    text = "sudo block --until reboot outside stats\n"
    up.inside(text.strip())
    values = dispute(up, tmp_path / "one.json", "3.1", "--submission", script(tmp_path, text))
    assert values["verdict"]["outcome"] == "not checked"
    out = up.run("verify", "--replay", str(tmp_path / "one.json"), expect=1)
    assert "then nothing was disturbed" in out
    assert "now: after a reboot:" in out


@pytest.mark.slow
def test_without_a_script_the_machine_is_restored_and_that_is_said(up: Cli, tmp_path: Path) -> None:
    dispute(up, tmp_path / "one.json", "3.1")
    assert "were restored as far as they were captured" in up.run("verify", "--replay", str(tmp_path / "one.json"))
    up.run("solve", "3.1")  # which a fake machine's shell cannot restore
    dispute(up, tmp_path / "two.json", "3.1")
    out = up.run("verify", "--replay", str(tmp_path / "two.json"), expect=1)
    assert "ask for a script" in out


@pytest.mark.slow
def test_a_replay_has_the_values_of_the_seat(cli: Cli, tmp_path: Path) -> None:
    write_lab(cli.labs, changed={"lab.yaml": f'{LAB_YAML}vary:\n  "8081": ["8181"]\n'})
    lab = load(cli.labs, "3")
    seed = next(word for word in map(str, range(50)) if variation.draw(lab, word) == 1)
    cli.run("up", "3", "--seed", seed)
    cli.inside("sudo block outside 8181")
    file = tmp_path / "one.json"
    values = dispute(cli, file, "3.1", "--submission", script(tmp_path, "sudo block outside 8181\n"))
    assert values["lab"]["values"] == {"8081": "8181"}
    assert "1 the same" in cli.run("verify", "--replay", str(file))
    file.write_text(file.read_text().replace('"8081": "8181"', '"8081": "8281"'))
    assert "other values" in cli.said("verify", "--replay", str(file), expect=2)[1]


@pytest.mark.slow
def test_the_draws_are_the_same(up: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log"
    test = f"def test_report(net) -> None:\n    open({str(log)!r}, 'a').write(net.addressing.draw.seed + '\\n')\n"
    write_lab(up.labs, changed={REPORT: test})
    values = dispute(up, tmp_path / "one.json", "3.3", "--submission", script(tmp_path, "true\n"))
    log.write_text("")
    up.run("verify", "--replay", str(tmp_path / "one.json"), "--json")
    assert values["draw"] in log.read_text().split()


# --- what is refused


@pytest.mark.parametrize("words", [("--jobs", "1"), ("--all",), ("--plan",), ("--repeat", "2")])
def test_what_does_not_go_with_a_replay(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert f"--replay does not go with {words[0]}" in cli.said("verify", "--replay", str(tmp_path), *words, expect=2)[1]


def test_what_is_no_such_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text("{}")
    for words in ((str(tmp_path / "one.json"),), (str(tmp_path / "none.json"),), (), (str(cli.labs),)):
        cli.run("verify", "--replay", *words, expect=2)
    assert not cli.machines()


@pytest.mark.slow
def test_a_driver_that_is_not_here_is_replaced_and_that_is_said(up: Cli, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    dispute(up, file, "3.3", "--submission", script(tmp_path, "true\n"))
    file.write_text(file.read_text().replace('"driver": "fake"', '"driver": "ssh"'))
    with up.start("verify", "--replay", str(file)) as child:
        out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0
    assert "ssh, of the recorded verdict, makes no fresh machines here" in err
    assert "then on ssh, now on fake" in out


@pytest.mark.slow
def test_the_exercises_before_it_are_solved(cli: Cli, tmp_path: Path) -> None:
    both = TESTS["open-backup"].replace(
        'blocked("outside", "backup")', 'blocked("outside", "backup"), blocked("outside", "stats")'
    )
    both = both.replace('reaches("admin", "backup")', 'reaches("admin", "backup"), reaches("machine", "stats")')
    write_lab(cli.labs, changed={"exercises/open-backup/test_open_backup.py": HEAD + both})
    file = tmp_path / "kept.json"
    cli.run("check", "3.2", "--submission", script(tmp_path, "sudo open admin backup\n"), "--record", str(file))
    assert "1 the same" in cli.run("verify", "--replay", str(file))
    file.write_text(json.dumps({**json.loads(file.read_text()), "solved": []}))
    assert "1 different" in cli.run("verify", "--replay", str(file), expect=1)
