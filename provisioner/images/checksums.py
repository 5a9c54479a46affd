"""The publisher's list of checksums, and whether the publisher has signed it: with the keys that distributions bring."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from provisioner.core.errors import LabError
from provisioner.core.progress import say

ALGORITHMS = {64: "sha256", 128: "sha512"}  # by the number of hex digits
_VERIFIERS = ("gpgv", "sqv")  # what apt verifies with: the first is GnuPG's, the other one Sequoia's
_PATIENCE = 30  # seconds

Read = Callable[[str], bytes]  # what is at an address; raises LabError


@dataclass(frozen=True)
class Expected:
    """The hex digest that a file must have, and where that is written."""

    digest: str
    place: str


@dataclass(frozen=True)
class Signature:
    """A detached signature of a list, in OpenPGP. url: its address. keyrings: where the packages of distributions put the
    publisher's public keys; package: the name of such a package."""

    url: str
    keyrings: tuple[str, ...]
    package: str


def name_of(url: str) -> str:
    """The name of the file that is at an address."""
    return PurePosixPath(unquote(urlsplit(url).path)).name


def find_expected(url: str, sums_url: str, read: Read, signature: Signature | None = None) -> Expected:
    """What a list says of the file at url, in lines `<hex>  name` or `<hex> *name` (SHA256SUMS). Raises LabError, also for a
    wrong signature. That one cannot be verified here is said, and no error."""
    content = read(sums_url)
    if signature:
        _require_signature(content, sums_url, signature, read)
    text = content.decode("utf-8", "replace")
    for line in text.splitlines():
        digest, _, name = line.strip().partition(" ")
        is_digest = len(digest) in ALGORITHMS and re.fullmatch("[0-9a-fA-F]+", digest)
        if is_digest and name.lstrip(" *").removeprefix("./") == name_of(url):
            return Expected(digest.lower(), sums_url)
    raise LabError(
        f"the publisher's list does not name {name_of(url)}",
        evidence=f"{sums_url}\n{text[:500]}",
        hint="the address of the list, or of the image, is wrong or out of date",
    )


def _require_signature(content: bytes, sums_url: str, signature: Signature, read: Read) -> None:
    name = name_of(sums_url)
    keyring = next((Path(file) for file in signature.keyrings if Path(file).exists()), None)
    verifier = next(filter(None, map(shutil.which, _VERIFIERS)), None)
    if keyring is None or verifier is None:
        lack = f"no {_VERIFIERS[0]} here" if keyring else f"the package {signature.package} brings its publisher's keys"
        return say(f"· the signature of {name} is not verified ({lack}): https is all that protects it")
    with TemporaryDirectory() as folder:
        data, detached = Path(folder) / "data", Path(folder) / "signature"
        data.write_bytes(content)
        detached.write_bytes(read(signature.url))
        result = subprocess.run(
            [verifier, "--keyring", str(keyring), str(detached), str(data)], capture_output=True, text=True, timeout=_PATIENCE,
            check=False, stdin=subprocess.DEVNULL, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": folder},
        )  # fmt: skip
    if result.returncode == 0:
        return say(f"· {name} has its publisher's signature")
    raise LabError(
        f"the signature of {name} is not one that {keyring} vouches for",
        evidence=f"{sums_url}\n{signature.url}\n{result.stderr}",
        hint=f"try another network; if it stays so, see whether a newer {signature.package} has the publisher's new key",
    )
