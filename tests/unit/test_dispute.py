"""Files of disputes: what is refused of them, what is taken out of texts, and what a restoring script does."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provisioner.checks.evidence import Connection, Evidence, GuestFile, Output
from provisioner.core.errors import UsageError
from provisioner.guest.prober import evidence as guest_evidence
from provisioner.verify import dispute_file
from provisioner.verify.dispute import Dispute, LabNote, Script, VerdictNote, kind_of
from provisioner.verify.dispute_file import MAX_BYTES, MAX_TEXT, dump, parse, read
from provisioner.verify.redaction import Redactor
from provisioner.verify.restoration import make_script, restore_rules, restore_tables
from provisioner.verify.submission import LIMIT

FILE = GuestFile("/etc/nftables.conf", 0o644, 0, "flush ruleset\n", True)
MACHINE = Evidence({"kernel": "6.12"}, (Output("iptables-save", 0, "*filter\n", True),), (FILE,), ("shop.service",), ())
DISPUTE = Dispute(
    LabNote(3, "vm-and-docker", "0" * 64, 1, {"8081": "8181"}), "close-web", 2, "Close it", ("open-web",), "5f3c",
    "vagrant:libvirt",
    "2025-03-14T09:26:53+00:00", VerdictNote("not yet", ("from outside: open",), False), {"lab": "0.1.0"},
    Script("submitted", "true\n"), (Connection("from outside", "closed", "open", False, ("trace",)),), MACHINE, "why?",
)  # fmt: skip
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> bytes:
    values = json.loads(dump(DISPUTE))
    change(values)
    return json.dumps(values).encode()


def test_what_was_written_is_read() -> None:
    assert parse(dump(DISPUTE).encode()) == DISPUTE
    assert parse(dump(replace(DISPUTE, machine=None, connections=(), comment="")).encode()).machine is None


def test_whatever_a_machine_said_does_nothing_in_a_terminal() -> None:
    text = dump(replace(DISPUTE, comment="\x1b]0;mine\x07 \u202e\x9b2J"))
    assert text.isascii()
    assert not set(text) & {"\x1b", "\x07"}
    assert parse(text.encode()).comment == "\x1b]0;mine\x07 \u202e\x9b2J"


WRONG: dict[str, tuple[Change, str]] = {
    "a newer version": (lambda v: v.update(version=2), "newer version of lab: version 2"),
    "no version": (lambda v: v.pop("version"), "version cannot be None"),
    "a version that is true": (lambda v: v.update(version=True), "version cannot be True"),
    "another schema": (lambda v: v.update(schema="lab-bundle"), "not a document of the schema"),
    "a field too many": (lambda v: v.update(more=1), "does not have the fields"),
    "a field of the lab too many": (lambda v: v["lab"].update(more=1), "lab does not have the fields"),
    "a field too few": (lambda v: v.pop("script"), "does not have the fields"),
    "a number as text": (lambda v: v.update(number="2"), "number is not of the type int"),
    "a text as number": (lambda v: v.update(exercise=2), "exercise is not of the type str"),
    "no such outcome": (lambda v: v["verdict"].update(outcome="perfect"), "outcome is not one of"),
    "no such kind of script": (lambda v: v["script"].update(kind="made up"), "kind is not one of"),
    "a script with a zero byte": (lambda v: v["script"].update(text="a\0b"), "script.text cannot be"),
    "a long script": (lambda v: v["script"].update(text="x" * (LIMIT + 1)), "script.text cannot be"),
    "a script that is no text": (lambda v: v["script"].update(text="\ud800"), "is no text"),
    "a name that leads out": (lambda v: v["lab"].update(slug="../../etc"), "lab.slug cannot be"),
    "an exercise that is a path": (lambda v: v.update(exercise="a/b"), "exercise cannot be"),
    "a driver with an address": (lambda v: v.update(driver="ssh:root@192.0.2.1"), "driver cannot be"),
    "a variation below zero": (lambda v: v["lab"].update(variation=-1), "out of range"),
    "a huge number": (lambda v: v.update(number=10**30), "out of range"),
    "a digest that is none": (lambda v: v["lab"].update(digest="abc"), "lab.digest cannot be"),
    "a long line": (lambda v: v["verdict"].update(lines=["x" * (MAX_TEXT + 1)]), "longer than"),
    "many lines": (lambda v: v["verdict"].update(lines=["x"] * 10_001), "more than 10000 entries"),
    "a draw with a space": (lambda v: v.update(draw="a b"), "draw cannot be"),
    "a list in place of fields": (lambda v: v.update(lab=[]), "lab is not of the type dict"),
    "a long comment": (lambda v: v.update(comment="x" * 4001), "comment cannot be"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_what_is_refused(change: Change, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(changed(change))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"\0" * 100])
def test_what_is_no_document(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "one.json").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be replayed"):
        read(tmp_path / "one.json")


def test_what_is_too_large_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read(tmp_path / "none.json")
    (tmp_path / "one.json").write_text(dump(DISPUTE) + " " * MAX_BYTES)
    with pytest.raises(UsageError) as error:
        read(tmp_path / "one.json")
    assert "larger than 8 MiB" in error.value.evidence
    monkeypatch.setattr(dispute_file, "MAX_BYTES", 2 * MAX_BYTES)
    assert read(tmp_path / "one.json") == DISPUTE, "only its size was wrong"


def test_a_driver_is_named_without_its_machine() -> None:
    assert [kind_of(name) for name in ("qemu", "vagrant:libvirt", "ssh:ann@example.org", "ssh:server")] == [
        "qemu", "vagrant:libvirt", "ssh", "ssh",
    ]  # fmt: skip


# --- what is taken out

REDACTOR = Redactor("9bf2075c", ("bighost", "ann"), ("/home/ann/labs", "/home/ann"), frozenset({"192.0.2.7", "2001:db8::7"}))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("shop 9bf2075c", "shop (nonce)"),
        ("$ ssh -F /home/ann/labs/x", "$ ssh -F (host)/x"),
        ("from 192.0.2.7:22 and 192.0.2.70", "from (host):22 and 192.0.2.70"),
        ("2001:DB8:0::7 2001:db8::71", "(host) 2001:db8::71"),
        ("ssh-ed25519 AAAAC3Nza ann@bighost", "(key) ann@bighost"),
        ("a\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nb", "a\n(key)\nb"),
        ("-----BEGIN PRIVATE KEY-----\nwithout an end", "(key)"),
    ],
)
def test_what_is_taken_out_of_a_machine_s_words(text: str, result: str) -> None:
    assert REDACTOR.clean(text) == result


def test_names_are_taken_out_of_our_own_words_only() -> None:
    assert REDACTOR.clean_own("ann@bighost, ann-marie") == "(host)@(host), ann-marie"
    assert REDACTOR.clean("ann is a zone there") == "ann is a zone there"


def test_a_file_from_which_something_was_taken_is_not_restored() -> None:
    cleaned = REDACTOR.clean_evidence(replace(MACHINE, files=(FILE, replace(FILE, path="/etc/x", text="9bf2075c"))))
    assert [file.is_whole for file in cleaned.files] == [True, False]
    assert "/etc/x" not in make_script(cleaned)
    assert "/etc/nftables.conf" in make_script(cleaned)


# --- restoring

IPTABLES = """\
*filter
:INPUT DROP [1:2]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:mine - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-user-input
-A INPUT -s 198.51.100.7/32 -m comment --comment "two words" -j DROP
-A FORWARD -j DOCKER-USER
-A FORWARD -o br-0123456789ab -j DOCKER
-A FORWARD -i ext0 -j mine
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-USER -i ext0 -j DROP
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
COMMIT
"""


def test_rules_that_neither_docker_nor_ufw_wrote_are_restored_at_their_places() -> None:
    lines = list(restore_rules("iptables", IPTABLES))
    text = "\n".join(lines)
    assert "sudo iptables -t filter -I INPUT 2 -s 198.51.100.7/32 -m comment --comment 'two words' -j DROP" in text
    assert "-I FORWARD 3 -i ext0 -j mine" in text
    assert "-I DOCKER-USER 1 -i ext0 -j DROP" in text
    assert "sudo iptables -t filter -P INPUT DROP" in lines
    assert "-N mine" in text
    assert not [word for word in ("br-0123456789ab", "ufw-user-input", "docker0", "-j DOCKER-USER") if word in text]
    order = [
        next(n for n, line in enumerate(lines) if word in line) for word in ("-N mine", "clear_rules", "-I INPUT", "-P INPUT")
    ]
    assert order == sorted(order)


def test_tables_of_others_are_left_to_them() -> None:
    table = "table {} {} {{\n\tchain a {{\n\t\tdrop\n\t}}\n}}\n"
    text = "".join(
        table.format(*name) for name in (("ip", "filter"), ("inet", "mine"), ("inet", "lab_trace"), ("inet", "filter"))
    )
    assert len(list(restore_tables(text))) == 2, "those of the family inet"


def test_a_restoring_script_writes_files_and_runs_what_reads_them(tmp_path: Path) -> None:
    """With programs of the same names that only note how they are called."""
    log, root = tmp_path / "log", tmp_path / "root"
    (tmp_path / "bin").mkdir()
    sudo = (
        f'echo "$@" >>{log}\n[ "$1" = install ] && exec install -D -m "$4" "$5" "{root}$6"\n[ "$1" = cmp ] && exit 1\nexit 0\n'
    )
    for name, body in {"sudo": sudo, "docker": f'echo "docker $PWD $@" >>{log}\n'}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}")
        (tmp_path / "bin" / name).chmod(0o755)
    folder = tmp_path / "shop"
    folder.mkdir()
    files = (FILE, replace(FILE, path=f"{folder}/compose.yaml", text="services: {}\n"),
             replace(FILE, path="/etc/docker/daemon.json"), replace(FILE, path="/etc/it's", text=""))  # fmt: skip
    outputs = (Output("ufw status verbose", 0, "Status: active\n", True), Output("iptables-save", 0, IPTABLES, True))
    script = make_script(replace(MACHINE, files=files, outputs=outputs))
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-s"], input=script, text=True, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (root / "etc/nftables.conf").read_text() == "flush ruleset\n"
    assert (root / "etc/it's").read_text() == ""
    said = log.read_text()
    for call in ("systemctl restart docker", f"docker {folder} compose up --detach", "ufw --force enable",
                 "systemctl enable --now shop.service", "iptables -t filter -I DOCKER-USER 1 -i ext0 -j DROP"):  # fmt: skip
        assert call in said


# --- in the machine


def test_only_plain_files_are_read_and_not_all_of_a_long_one(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("begin" + "x" * guest_evidence.MAX_CHARACTERS + "end")
    (tmp_path / "link").symlink_to(tmp_path / "long")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bytes").write_bytes(b"\xff")
    collector = guest_evidence.Collector()
    assert collector.read(str(tmp_path / "link")) is None
    assert collector.read(str(tmp_path / "pipe")) is None
    assert collector.read("/dev/zero") is None
    start, end = collector.read(str(tmp_path / "long")), collector.read(str(tmp_path / "long"), tail=True)
    assert start
    assert end
    assert (len(start["text"]), start["text"][:5], start["is_whole"]) == (guest_evidence.MAX_CHARACTERS, "begin", False)
    assert end["text"].endswith("end")
    content = collector.read(str(tmp_path / "bytes"))
    assert content
    assert not content["is_whole"]
    (tmp_path / "bytes").write_bytes(b"\x7fELF\0")
    content = collector.read(str(tmp_path / "bytes"))
    assert content
    assert (content["text"], content["is_whole"]) == ("", False)


def test_all_that_is_said_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_evidence, "PATHS", ("/usr/bin", "/bin"))
    collector = guest_evidence.Collector()
    assert collector.run("uname -s") == {"command": "uname -s", "code": 0, "text": "Linux\n", "is_whole": True}
    assert collector.run("no-such-program")["code"] == -1
    endless = collector.run("yes")
    assert (len(endless["text"]), endless["is_whole"]) == (guest_evidence.MAX_CHARACTERS, False)
    while collector.characters:
        collector.run("yes")
    assert collector.run("uname -s")["text"] == ""


@pytest.mark.slow
def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_evidence, "PATIENCE", 1)
    begin = time.monotonic()
    assert guest_evidence.Collector().run("sleep 60")["code"] != 0
    assert time.monotonic() - begin < 30


def test_enabled_units_are_those_of_the_administrator(tmp_path: Path) -> None:
    (tmp_path / "multi-user.target.wants").mkdir()
    for name in ("mine.service", "lab-agent.service", "ssh.service"):
        (tmp_path / "multi-user.target.wants" / name).symlink_to("/nowhere")
    for name in ("mine.service", "lab-agent.service", "idle.service"):
        (tmp_path / name).write_text("[Unit]\n")
    assert guest_evidence.find_units(["lab-agent.service"], str(tmp_path)) == ["mine.service"]
