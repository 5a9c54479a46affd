"""Downloads from a real server in a thread, which can misbehave in every way that real ones do."""

import errno
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.core.errors import HostError, LabError, UsageError
from provisioner.images import download
from provisioner.images.download import Unreachable, fetch

from .website import BODY, NAME, SHA256, SHA512, Request, Site, served

CHILD = """
import pathlib, resource, signal, sys
from provisioner.core.errors import HostError
from provisioner.images import download
from provisioner.images.download import fetch
url, place, limit = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background has it ignored
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
try:
    fetch(url, pathlib.Path(place))
except HostError as error:
    print(error, error.evidence, sep="\\n")
"""


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.images.download.PAUSES", (0.01, 0.02, 0.03))


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Site()) as site:
        yield site


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "images" / "disk.qcow2"


def left_in(place: Path) -> list[str]:
    return sorted(p.name for p in place.parent.iterdir()) if place.parent.exists() else []


def begun(place: Path, size: int, tag: str = '"one"', body: bytes = BODY) -> None:
    """An earlier download that stopped after size bytes."""
    place.parent.mkdir()
    place.with_name(place.name + ".part").write_bytes(body[:size])
    place.with_name(place.name + ".part.tag").write_text(tag)


def test_whole_file_and_progress(site: Site, place: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    assert fetch(site.url, place, progress=lambda done, total: seen.append((done, total))) == SHA256
    assert place.read_bytes() == BODY
    assert left_in(place) == [place.name]
    assert seen == sorted(seen)
    assert seen[-1] == (len(BODY), len(BODY))


def test_unknown_length(site: Site, place: Path) -> None:
    site.says_length = False
    seen: list[tuple[int, int | None]] = []
    assert fetch(site.url, place, progress=lambda done, total: seen.append((done, total))) == SHA256
    assert seen[-1] == (len(BODY), None)


def test_empty_file(site: Site, place: Path) -> None:
    site.body = b""
    assert fetch(site.url, place) == hashlib.sha256(b"").hexdigest()
    assert place.read_bytes() == b""


@pytest.mark.parametrize(
    ("sums", "digest"),
    [
        (f"{SHA256}  {NAME}", SHA256),
        (f"{'0' * 64} *other\r\n{SHA256.upper()} *{NAME}\r\n", SHA256),
        (f"# a remark\n\n{SHA512}  ./{NAME}\n", SHA512),
    ],
)
def test_formats_of_lists(site: Site, place: Path, sums: str, digest: str) -> None:
    site.sums = sums
    assert fetch(site.url, place, sums_url=site.sums_url) == digest


def test_digest_without_a_list(site: Site, place: Path) -> None:
    assert fetch(site.url, place, sums_algorithm="sha512") == SHA512


def test_wrong_checksum_deletes_and_says_both(site: Site, place: Path) -> None:
    site.sums = f"{'0' * 64}  {NAME}\n"
    with pytest.raises(LabError, match="wrong sha256") as caught:
        fetch(site.url, place, sums_url=site.sums_url)
    assert not isinstance(caught.value, Unreachable)
    assert f"expected {'0' * 64}" in caught.value.evidence
    assert f"observed {SHA256}" in caught.value.evidence
    assert left_in(place) == []


@pytest.mark.parametrize("sums", ["", f"{SHA256}  other", f"{SHA256}  not-{NAME}", f"{'x' * 64}  {NAME}"])
def test_name_absent_from_the_list(site: Site, place: Path, sums: str) -> None:
    site.sums = sums
    with pytest.raises(LabError, match="does not name") as caught:
        fetch(site.url, place, sums_url=site.sums_url)
    assert not isinstance(caught.value, Unreachable)
    assert site.log == []  # found out before the long download


@pytest.mark.parametrize("status", [403, 404, 416, 500, 503])
def test_refused_by_the_server(site: Site, place: Path, status: int) -> None:
    site.status = status
    with pytest.raises(Unreachable, match=str(status)) as caught:
        fetch(site.url, place)
    assert caught.value.hint
    assert len(site.log) == 1  # not worth a second try
    assert left_in(place) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/x", "http://no-such-host.invalid/x", "https://127.0.0.1:{web}/x"])
def test_nobody_there(site: Site, place: Path, url: str) -> None:
    """A closed port, a name that does not exist, and TLS spoken to a server that has none."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached") as caught:
        fetch(url.format(port=port, web=site.port), place)
    assert caught.value.hint


def test_silent_server(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provisioner.images.download.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/x"
        with pytest.raises(Unreachable, match="cannot be reached"):
            fetch(url, place)


def test_only_the_web(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an address"):
        fetch((tmp_path / "secret").as_uri(), tmp_path / "copy")


def test_dropped_connection_continues(site: Site, place: Path) -> None:
    site.drops = 2
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    half, quarter = len(BODY) // 2, len(BODY) // 4
    assert [r.range for r in site.log] == [None, f"bytes={half}-", f"bytes={half + quarter}-"]
    assert [r.sent for r in site.log] == [half, quarter, quarter]


def test_trouble_on_the_way_is_waited_for(site: Site, place: Path) -> None:
    site.drops, site.trouble = 1, (1, 2)
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    assert [r.status for r in site.log] == [200, 503, 503, 206]


def test_dropped_too_often(site: Site, place: Path) -> None:
    site.drops = 100
    with pytest.raises(Unreachable, match="broke off") as caught:
        fetch(site.url, place)
    assert "continues" in caught.value.hint
    assert len(site.log) == 4
    assert place.with_name(place.name + ".part").stat().st_size == len(BODY) * 15 // 16


def child_argv(site: Site, place: Path, limit: int = -1) -> list[str]:
    """A download in a process of its own; limit is the greatest size of a file in bytes."""
    return [sys.executable, "-c", CHILD, site.url, str(place), str(limit)]


def start_child(site: Site, place: Path) -> subprocess.Popen[bytes]:
    """A slow download, returned when a part of the file has arrived."""
    site.pause = 0.05
    child = subprocess.Popen(child_argv(site, place), stderr=subprocess.PIPE)
    part = place.with_name(place.name + ".part")
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > 300_000):
        assert time.monotonic() < deadline
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.01)
    return child


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_process_continues(site: Site, place: Path, blow: signal.Signals) -> None:
    with start_child(site, place) as child:
        child.send_signal(blow)
        child.communicate(timeout=20)
    assert child.returncode == -blow
    assert left_in(place) == ["disk.qcow2.part", "disk.qcow2.part.tag"]
    kept = place.with_name(place.name + ".part").stat().st_size
    site.pause = 0
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    assert site.log[-1] == Request(f"bytes={kept}-", 206, len(BODY) - kept)
    assert left_in(place) == [place.name]


def test_file_changed_since(site: Site, place: Path) -> None:
    begun(place, 1000, tag='"old"', body=b"old" * 1000)
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    assert site.log == [Request("bytes=1000-", 200, len(BODY))]


def test_server_that_ignores_if_range(site: Site, place: Path) -> None:
    """It sends the rest of another version, and its own ETag betrays it."""
    begun(place, 1000, tag='"one"', body=b"old" * 1000)
    site.headers = {"ETag": '"two"', "Accept-Ranges": '"one"'}  # the latter makes it honour the old tag
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    assert [(r.range, r.status) for r in site.log] == [("bytes=1000-", 206), (None, 200)]


def test_server_that_ignores_range(site: Site, place: Path) -> None:
    begun(place, 1000, body=b"old" * 1000)
    site.ranges = False
    assert fetch(site.url, place) == SHA256
    assert site.log == [Request("bytes=1000-", 200, len(BODY))]


@pytest.mark.parametrize(
    ("headers", "second"),
    [
        ({"Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}, f"bytes={len(BODY) // 2}-"),
        ({"ETag": 'W/"weak"', "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}, f"bytes={len(BODY) // 2}-"),
        ({"ETag": 'W/"weak"'}, None),
        ({}, None),
    ],
)
def test_continues_only_what_it_can_recognise(site: Site, place: Path, headers: dict[str, str], second: str | None) -> None:
    site.headers, site.drops = headers, 1
    assert fetch(site.url, place) == SHA256
    assert [r.range for r in site.log] == [None, second]


def test_part_that_was_whole_already(site: Site, place: Path) -> None:
    begun(place, len(BODY))
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256
    assert site.log == [Request(f"bytes={len(BODY)}-", 416)]
    assert place.read_bytes() == BODY


def test_part_longer_than_the_file(site: Site, place: Path) -> None:
    begun(place, len(BODY) + 5, body=BODY + b"extra")
    assert fetch(site.url, place) == SHA256
    assert [r.status for r in site.log] == [416, 200]


def test_no_room_is_seen_beforehand(site: Site, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST_IMAGE", 1 << 61)
    site.claims = 1 << 60
    with pytest.raises(HostError, match=f"needs {1 << 40} MiB in {place.parent}") as caught:
        fetch(site.url, place)
    assert not isinstance(caught.value, Unreachable)
    assert "free" in caught.value.evidence
    assert caught.value.hint
    assert left_in(place) == []


@pytest.mark.parametrize("says_length", [True, False])
def test_what_is_too_large_is_no_image(site: Site, place: Path, monkeypatch: pytest.MonkeyPatch, says_length: bool) -> None:
    monkeypatch.setattr(download, "LARGEST_IMAGE", len(BODY) // 2)
    site.says_length = says_length
    with pytest.raises(LabError, match="is no image: it has more than 1 MiB"):
        fetch(site.url, place)
    assert left_in(place) == []


def test_limit_met_half_way(site: Site, place: Path) -> None:
    argv = child_argv(site, place, limit=len(BODY) // 2)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert f"no room for the download: it needs 2 MiB in {place.parent}" in done.stdout, done.stderr
    assert os.strerror(errno.EFBIG) in done.stdout
    assert left_in(place) == []


def test_disk_that_fills_up(site: Site, place: Path) -> None:
    """A real disk of 1 MiB, seen by one process only; the server does not say how much will come."""
    script = 'mount -t tmpfs -o size=1m tmpfs "$0" && "$@" && ls -A "$0"'
    inside = ["unshare", "-m", "sh", "-c", script, str(place.parent)]
    place.parent.mkdir()
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount in a namespace of its own")
    site.says_length = False
    argv = [*inside, *child_argv(site, place)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    said, evidence, *left = done.stdout.splitlines()
    assert "no room for the download" in said
    assert os.strerror(errno.ENOSPC) in evidence
    assert left == []


def test_folder_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot write"):
        fetch(site.url, tmp_path / "file" / "disk.qcow2")
