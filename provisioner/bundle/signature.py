"""The signature of a bundle: of its manifest, which has the checksums of all else, by an SSH key (`ssh-keygen -Y`)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.core import process
from provisioner.core.errors import LabError, UsageError

NAMESPACE = "lab-bundle"
_PATIENCE = 120.0  # seconds: a key may ask for its passphrase, or for a touch
_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]{16,}", re.ASCII)
_IN_OUTPUT = re.compile(r"with (\S+ key SHA256:\S+)")
_MOST = 64 << 10  # bytes of a signature


@dataclass(frozen=True)
class Verdict:
    """key: type and fingerprint of the key that signed, empty where nothing is signed. signer: whom the user's file names for
    it; empty where nobody was asked for."""

    key: str = ""
    signer: str = ""


def sign(text: str, key: Path) -> str:
    """The signature of a manifest. Raises LabError."""
    if not key.is_file():
        raise UsageError(f"there is no key {key}", hint="ssh-keygen -t ed25519 makes one; --key ~/.ssh/id_ed25519")
    words = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE]
    return process.run(words, input=text, timeout=_PATIENCE, hint="--key names a private key, or a public one of ssh-agent").out


def verify(content: bytes, file: Path, signer: Path | None) -> Verdict:
    """Of a manifest. file: where its signature is, if there is one. signer: a public key, or a file as allowed_signers, that
    must have signed it. Raises LabError for a signature that does not fit, and for a missing one that was asked for."""
    if signer and not signer.is_file():
        raise UsageError(f"there is no file {signer}", hint="--signer names a public key, or a file as allowed_signers")
    if not file.is_file():
        if signer:
            raise _refusal("the bundle is not signed", f"there is no {file}", f"copy {file.name} as well")
        return Verdict()
    if file.stat().st_size > _MOST:
        raise _refusal("the bundle's signature is none", f"{file} has {file.stat().st_size} bytes", f"copy {file.name} again")
    text = content.decode("ascii", "replace")
    key = _find_key(text, file)
    return Verdict(key, _require(text, file, signer, key)) if signer else Verdict(key)


def _find_key(text: str, file: Path) -> str:
    """Which key has made the signature. Raises LabError where none has made it of this manifest."""
    words = ["ssh-keygen", "-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(file)]
    answer = process.run(words, input=text, timeout=_PATIENCE, check=False)
    match = _IN_OUTPUT.search(answer.out)
    if answer.code or not match:
        raise _refusal(
            "the bundle's signature does not fit: the bundle was changed, or the signature is another's",
            f"{file}\n{answer.err or answer.out}", "do not use it; get both again from whom you have it",
        )  # fmt: skip
    return match[1]


def _require(text: str, file: Path, signer: Path, key: str) -> str:
    with _as_allowed(signer) as allowed:
        words = ["ssh-keygen", "-Y", "find-principals", "-n", NAMESPACE, "-s", str(file), "-f", str(allowed)]
        answer = process.run(words, timeout=_PATIENCE, check=False)
        for name in answer.out.splitlines() if not answer.code else ():
            words = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(file)]
            if not process.run(words, input=text, timeout=_PATIENCE, check=False).code:
                return name
    raise _refusal(
        "the bundle is signed by another key", f"it is signed with {key}\n{signer} does not name it",
        "ask whom you have it from for the public key, and compare fingerprints: ssh-keygen -lf KEY.pub",
    )  # fmt: skip


@contextmanager
def _as_allowed(signer: Path) -> Iterator[Path]:
    """A file as allowed_signers: what the user has, or one for a public key."""
    text = signer.read_text(encoding="utf-8", errors="replace").strip()
    if not _KEY.match(text):
        yield signer
        return
    with TemporaryDirectory(prefix="lab-") as folder:
        allowed = Path(folder) / "allowed_signers"
        name = re.sub(r"[^A-Za-z0-9@._-]", "-", " ".join(text.split()[2:]) or signer.stem)
        allowed.write_text("".join(f"{name} {line}\n" for line in text.splitlines() if _KEY.match(line)), encoding="utf-8")
        yield allowed


def _refusal(what: str, evidence: str, hint: str) -> LabError:
    return LabError(what, evidence=evidence, hint=hint)
