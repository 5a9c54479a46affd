"""What cannot be a submission is refused before any machine is made."""

from pathlib import Path

import pytest

from .command import Cli


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\x7fELF\x00", "is no text"), (b"\xff\xfe", "is no text"), (b"#" * ((1 << 20) + 1), "1 MiB")],
)
def test_what_is_no_script_is_refused(lab: Cli, tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "alice.sh"
    if content is not None:
        file.write_bytes(content)
    done = lab("check", "3", "--submission", str(file))
    assert done.code == 2
    assert said in done.err


def test_a_device_that_never_ends_is_refused(lab: Cli) -> None:
    done = lab("check", "3", "--submission", "/dev/zero")
    assert (done.code, "1 MiB" in done.err) == (2, True)


@pytest.mark.parametrize("words", ["--submission - --watch", "--submission - --disruptive", "--driver qemu"])
def test_what_does_not_go_together(lab: Cli, words: str) -> None:
    assert lab("check", "3", *words.split()).code == 2


def test_a_driver_without_fresh_machines_is_refused(lab: Cli, tmp_path: Path) -> None:
    (tmp_path / "alice.sh").write_text("true\n")
    done = lab("check", "3", "--driver", "ssh:root@192.0.2.1", "--submission", str(tmp_path / "alice.sh"))
    assert done.code == 2
    assert "makes no fresh machines" in done.err
