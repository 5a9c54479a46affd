"""Whom a download believes: redirects, lists of checksums, and checksums that images.yaml names."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import images
from provisioner.core.errors import LabError, UsageError
from provisioner.core.paths import Home
from provisioner.images.download import Unreachable, fetch

from .command import Cli
from .website import BODY, IMAGE, NAME, SHA256, SHA512, SUMS, Site, served


@pytest.fixture
def site() -> Iterator[Site]:
    with served(Site()) as site:
        yield site


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server with a certificate of its own, which this process trusts."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl program")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    argv = [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(argv, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with served(Site(), tls) as site:
        yield site


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "images" / "disk.qcow2"


def left_in(place: Path) -> list[str]:
    return sorted(p.name for p in place.parent.iterdir()) if place.parent.exists() else []


def test_https(secure: Site, place: Path) -> None:
    assert fetch(secure.url, place, sums_url=secure.sums_url) == SHA256
    assert place.read_bytes() == BODY


def test_a_certificate_that_nobody_vouches_for(secure: Site, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unreachable, match="cannot be reached"):
        fetch(secure.url, place)


def test_from_https_no_redirect_leads_to_http(secure: Site, site: Site, place: Path) -> None:
    secure.moved[IMAGE] = site.url
    with pytest.raises(LabError, match="refused a redirect") as caught:
        fetch(secure.url, place)
    assert not isinstance(caught.value, Unreachable)
    assert secure.url in caught.value.evidence
    assert site.url in caught.value.evidence
    assert caught.value.hint
    assert site.log == []
    assert left_in(place) == []


def test_nor_does_that_of_a_list(secure: Site, site: Site, place: Path) -> None:
    secure.moved[SUMS] = site.sums_url
    with pytest.raises(LabError, match="refused a redirect"):
        fetch(secure.url, place, sums_url=secure.sums_url)
    assert site.sums_request.sent == 0


def test_nor_on_the_second_step(secure: Site, site: Site, place: Path) -> None:
    """From http to https, and back to http."""
    site.moved["/start"] = f"{secure.root}/next"
    secure.moved["/next"] = site.url
    with pytest.raises(LabError, match="refused a redirect"):
        fetch(f"{site.root}/start", place)
    assert site.log == []


def test_no_redirect_leads_away_from_the_web(site: Site, secure: Site, place: Path) -> None:
    for origin in (site, secure):
        origin.moved[IMAGE] = "ftp://127.0.0.1:1/disk.qcow2"
        with pytest.raises(LabError, match="refused a redirect"):
            fetch(origin.url, place)


def test_redirects_that_are_followed(secure: Site, site: Site, place: Path) -> None:
    site.moved["/to-https"] = secure.url
    secure.moved["/to-https"] = secure.url
    site.moved["/to-http"] = site.url
    for url in (f"{site.root}/to-https", f"{secure.root}/to-https", f"{site.root}/to-http"):
        assert fetch(url, place) == SHA256


@pytest.mark.parametrize("target", ["http://[", "http://127.0.0.1:port/", "http://" + "x" * 300 + "/"])
def test_a_redirect_to_nonsense(site: Site, place: Path, target: str) -> None:
    site.moved[IMAGE] = target
    with pytest.raises(Unreachable):
        fetch(site.url, place)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_list_without_an_end(site: Site, place: Path, says_length: bool) -> None:
    site.sums = f"{SHA256}  {NAME}\n" + "# and more\n" * (2 << 20)
    site.says_length = says_length
    with pytest.raises(LabError, match="more than 1 MiB") as caught:
        fetch(site.url, place, sums_url=site.sums_url)
    assert not isinstance(caught.value, Unreachable)
    assert site.sums_url in caught.value.evidence
    assert site.log == []
    assert site.sums_request.sent < len(site.sums) // 2


def test_a_long_list(site: Site, place: Path) -> None:
    line = f"{SHA256}  {NAME}\n"
    site.sums = "#" * ((1 << 20) - len(line) - 1) + "\n" + line
    assert fetch(site.url, place, sums_url=site.sums_url) == SHA256


@pytest.mark.parametrize("checksum", [f"sha256: {SHA256}", f"sha512: {SHA512.upper()}"])
def test_an_own_image_with_its_checksum(home: Home, site: Site, checksum: str) -> None:
    home.image_table.write_text(f"plain: {site.url}\nmine:\n  url: {site.url}\n  {checksum}\n")
    image = images.ensure(home, ["mine"])
    assert image.disk.read_bytes() == BODY
    assert image.digest in (SHA256, SHA512)
    assert images.ensure(home, ["mine"]) == image
    assert images.ensure(home, ["plain"]).digest == SHA256
    assert len(site.log) == 2


def test_an_own_image_with_another_checksum(lab: Cli, site: Site) -> None:
    (lab.home / "images.yaml").write_text(f"mine: {{url: '{site.url}', sha256: '{'0' * 64}'}}\n")
    home = Home(lab.home, lab.home / "cache")
    with pytest.raises(LabError, match="wrong sha256") as caught:
        images.ensure(home, ["mine"])
    assert not isinstance(caught.value, Unreachable)
    assert f"expected {'0' * 64}" in caught.value.evidence
    assert f"observed {SHA256}" in caught.value.evidence
    assert str(home.image_table) in caught.value.evidence
    assert images.local(home, "mine") is None


def test_a_checksum_that_is_named_later_counts(home: Home, site: Site) -> None:
    home.image_table.write_text(f"mine: {site.url}\n")
    assert images.ensure(home, ["mine"]).digest == SHA256
    home.image_table.write_text(f"mine:\n  url: {site.url}\n  sha256: {'f' * 64}\n")
    assert images.local(home, "mine") is None


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("mine: {url: 'http://x/', sha256: 'short'}", "images.yaml:1:26: mine.sha256: `short`"),
        ("mine: {url: 'http://x/', sha512: 12}", "mine.sha512: must be a text"),
        ("mine: {url: 'http://x/', md5: 'x'}", "mine.md5: unknown field"),
        (f"mine: {{sha256: '{SHA256}'}}", "mine.url: missing"),
        (f"mine: {{url: 'http://x/', sha256: '{SHA256}', sha512: '{SHA512}'}}", "mine.sha512: one checksum is enough"),
        ("a: http://x/\nb: [http://y/]", "images.yaml:2:1: b: must be"),
        ("a: http://x/\nb: 12", "images.yaml:2:1: b: must be a text"),
        ("[a, b]", "must be fields"),
        ("{", "not YAML"),
    ],
)
def test_mistakes_in_the_table(lab: Cli, text: str, evidence: str) -> None:
    (lab.home / "images.yaml").write_text(text)
    said = lab("up", "3", "--driver", "qemu", "--image", "mine")
    assert said.code == 2
    assert evidence in said.err
    assert str(lab.home / "images.yaml") in said.err
    with pytest.raises(UsageError):
        images.table(Home(lab.home, lab.home / "cache"))


@pytest.mark.parametrize("text", ["", "# name: url\n"])
def test_an_empty_table(home: Home, text: str) -> None:
    home.image_table.write_text(text)
    assert "debian-13" in images.table(home)


def test_braces_in_an_address(home: Home, site: Site) -> None:
    home.image_table.write_text(f"mine: '{site.url}?{{arch}}{{0}}{{x}}'\n")
    assert images.table(home)["mine"].address.endswith("?" + images.ARCH + "{0}{x}")
