"""What a newer lab has written is refused with a clear sentence, and nothing of it is lost; what an older one wrote is read."""

import json

import pytest

from tests.contract.conftest import Cli

WORDS = (
    ("up", "3"), ("reset", "3"), ("goto", "3.2"), ("check", "3"), ("stop", "3"), ("save", "3", "mine"), ("hint", "3.1"),
    ("ssh", "3", "--", "true"), ("destroy", "3"), ("destroy", "--all"),
)  # fmt: skip


def _files(cli: Cli) -> dict[str, bytes]:
    seat = cli.home / "seats" / "3"
    return {str(f.relative_to(seat)): f.read_bytes() for f in seat.rglob("*") if f.is_file() and "logs" not in f.parts}


@pytest.mark.slow
def test_a_newer_seat_is_refused_by_every_command_and_loses_nothing(cli: Cli) -> None:
    cli.run("up", "3")
    record = cli.home / "seats" / "3" / "seat.json"
    written = record.read_text()
    record.write_text(json.dumps({**json.loads(written), "version": 99, "driver": "of-tomorrow"}))
    before, machines = _files(cli), cli.machines()
    for words in WORDS:
        err = cli.said(*words, expect=2)[1]
        assert "was written by a newer version of lab" in err, words
        assert _files(cli) == before, words
    (row,) = cli.json("status")
    assert row["state"] == "broken"
    assert "newer version" in row["detail"]
    assert "LAB_HOME=" in cli.next("up", "3")
    assert cli.machines() == machines
    record.write_text(written)
    assert "already up" in cli.run("up", "3")


@pytest.mark.slow
def test_an_older_seat_goes_on(cli: Cli) -> None:
    cli.run("up", "3")
    record = cli.home / "seats" / "3" / "seat.json"
    values = json.loads(record.read_text())
    del values["version"]
    values["made"] = values.pop("build_id")
    assert values["made"]
    record.write_text(json.dumps(values))
    assert "already up" in cli.run("up", "3")
    cli.run("hint", "3.1")
    migrated = json.loads(record.read_text())
    assert (migrated["version"], migrated["build_id"]) == (1, values["made"])


@pytest.mark.parametrize("words", [("up", "3", "--seat", "other"), ("cache", "--prune", "--all")])
def test_newer_layers_are_refused_and_kept(cli: Cli, words: tuple[str, ...]) -> None:
    cli.run("up", "3")
    notes = list((cli.home / "cache" / "layers").glob("*/layer.json"))
    assert notes
    for note in notes:
        note.write_text(json.dumps({**json.loads(note.read_text()), "version": 99}))
    written = {note: note.read_bytes() for note in notes}
    assert "the note of a stored layer was written by a newer version of lab" in cli.said(*words, expect=2)[1]
    assert {note: note.read_bytes() for note in notes} == written


@pytest.mark.slow
def test_a_newer_mark_of_trust_is_refused(cli: Cli) -> None:
    cli.run("up", "3")
    marks = [f for f in (cli.home / "trusted").iterdir() if f.is_file()]
    assert marks
    assert {json.loads(mark.read_text())["version"] for mark in marks} == {1}
    for mark in marks:
        mark.write_text('{"version": 99}')
    assert "was written by a newer version of lab" in cli.said("up", "3", expect=2)[1]
    assert {mark.read_text() for mark in marks} == {'{"version": 99}'}
    for mark in marks:
        mark.write_text("/a/folder\n")  # as older versions wrote them
    cli.run("up", "3")
