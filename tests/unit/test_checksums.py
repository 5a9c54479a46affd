"""Signatures of lists of checksums, made and verified with real keys."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.images import table
from provisioner.images.checksums import Expected, Signature, find_expected

URL, SUMS, SIGNATURE = ("https://example.org/" + name for name in ("disk.img", "SHA256SUMS", "SHA256SUMS.gpg"))
DIGEST = "ab" * 32
CONTENT = f"{DIGEST} *disk.img\n".encode()


class Publisher:
    """Somebody with a key."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir(mode=0o700)
        self._gpg("--quick-generate-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")
        self.keyring = self.folder / "keyring.gpg"
        self.keyring.write_bytes(self._gpg("--export"))

    def sign(self, content: bytes) -> bytes:
        return self._gpg("--detach-sign", "--output", "-", content=content)

    def _gpg(self, *words: str, content: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.folder), "--batch", "--pinentry-mode", "loopback", "--passphrase", "", *words]
        return subprocess.run(command, input=content, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return _make(tmp_path_factory, "publisher")


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return _make(tmp_path_factory, "somebody")


def _make(tmp_path_factory: pytest.TempPathFactory, name: str) -> Publisher:
    if not shutil.which("gpg") or not shutil.which("gpgv"):
        pytest.skip("needs gpg and gpgv")
    return Publisher(tmp_path_factory.mktemp("keys"), name)


def reader(signature: bytes, content: bytes = CONTENT) -> Callable[[str], bytes]:
    return {SUMS: content, SIGNATURE: signature}.__getitem__


def signed_with(keyring: Path) -> Signature:
    return Signature(SIGNATURE, ("/nowhere.gpg", str(keyring)), "a-keyring")


def test_a_list_that_its_publisher_signed(publisher: Publisher, capfd: pytest.CaptureFixture[str]) -> None:
    read = reader(publisher.sign(CONTENT))
    assert find_expected(URL, SUMS, read, signed_with(publisher.keyring)) == Expected(DIGEST, SUMS)
    assert "SHA256SUMS has its publisher's signature" in capfd.readouterr().err


def test_a_list_that_was_changed_since(publisher: Publisher) -> None:
    read = reader(publisher.sign(CONTENT), CONTENT.replace(b"ab", b"cd"))
    with pytest.raises(LabError, match="the signature of SHA256SUMS is not one") as raised:
        find_expected(URL, SUMS, read, signed_with(publisher.keyring))
    assert SIGNATURE in raised.value.evidence


def test_what_is_no_signature(publisher: Publisher) -> None:
    with pytest.raises(LabError, match="the signature of SHA256SUMS is not one"):
        find_expected(URL, SUMS, reader(b"<html>404</html>"), signed_with(publisher.keyring))


def test_a_key_that_the_keyring_does_not_have(publisher: Publisher, somebody: Publisher) -> None:
    with pytest.raises(LabError, match=f"is not one that {publisher.keyring} vouches for") as raised:
        find_expected(URL, SUMS, reader(somebody.sign(CONTENT)), signed_with(publisher.keyring))
    assert "a newer a-keyring" in raised.value.hint


def test_no_keyring_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    signature = Signature(SIGNATURE, ("/nowhere.gpg",), "a-keyring")
    assert find_expected(URL, SUMS, {SUMS: CONTENT}.__getitem__, signature).digest == DIGEST
    assert "is not verified (the package a-keyring brings its publisher's keys)" in capfd.readouterr().err


def test_no_verifier_is_said(publisher: Publisher, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_expected(URL, SUMS, {SUMS: CONTENT}.__getitem__, signed_with(publisher.keyring)).digest == DIGEST
    assert "(no gpgv here)" in capfd.readouterr().err


def test_ubuntus_list_has_a_signature(home: Home) -> None:
    source = table(home)["ubuntu-24.04"]
    assert source.signature
    assert source.signature.url == f"{source.sums}.gpg"
