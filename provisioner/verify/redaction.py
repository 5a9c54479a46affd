"""Takes out of a text what no author of a lab needs: keys, the seat's nonce, and names, paths and addresses of the host."""

import getpass
import re
import socket
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from provisioner.checks.evidence import Evidence, GuestFile
from provisioner.content.manifest import Manifest
from provisioner.core.paths import PACKAGE, Home, labs_folders
from provisioner.seats.seat import Seat

_BEGIN = r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----"
PRIVATE_KEY = re.compile(_BEGIN)
_KEYS = re.compile(
    rf"{_BEGIN}.*?(-----END [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|\Z)"
    r"|\b(ssh-(ed25519|rsa|dss)|ecdsa-sha2-[\w-]+|sk-[\w@.-]+)\s+AAAA[\w+/=]+",
    re.DOTALL,
)
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)|(?<![\w.:])[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*(?![\w:])"
)
_GUEST_USERS = ("root", "learner", "nobody")  # that every machine has


@dataclass(frozen=True)
class Redactor:
    """nonce: of the seat; names, paths, addresses: of the host. Names are taken out only of what this program says: in a
    machine the same word means another thing."""

    nonce: str = ""
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    addresses: frozenset[str] = frozenset()

    def clean(self, text: str) -> str:
        """For what comes from the machine."""
        text = _KEYS.sub("(key)", text)
        for path in self.paths:
            text = text.replace(path, "(host)")
        if self.nonce:
            text = text.replace(self.nonce, "(nonce)")
        return _ADDRESS.sub(self._clean_address, text) if self.addresses else text

    def clean_own(self, text: str) -> str:
        """For what this program says, errors of ssh among it."""
        text = self.clean(text)
        for name in self.names:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "(host)", text)
        return text

    def clean_evidence(self, evidence: Evidence) -> Evidence:
        """A file from which something was taken is not whole any more."""
        return Evidence(
            {self.clean(name): self.clean(value) for name, value in evidence.versions.items()},
            tuple(replace(output, text=self.clean(output.text)) for output in evidence.outputs),
            tuple(map(self._clean_file, evidence.files)),
            tuple(map(self.clean, evidence.units)),
            tuple(map(self._clean_file, evidence.history)),
        )

    def _clean_file(self, file: GuestFile) -> GuestFile:
        text = self.clean(file.text)
        return replace(file, path=self.clean(file.path), text=text, is_whole=file.is_whole and text == file.text)

    def _clean_address(self, match: re.Match[str]) -> str:
        return "(host)" if _normal(match[0]) in self.addresses else match[0]


def make_redactor(home: Home, seat: Seat, manifest: Manifest, evidence: Evidence) -> Redactor:
    """For a seat. evidence: as the machine gives it: its own addresses are not the host's, whoever has the same."""
    redactor, record = make_host_redactor(home, manifest), seat.read()
    guest_addresses = set(map(_normal, _ADDRESS.findall(evidence.text_of("ip address"))))
    endpoint = _normal(record.address) if record else ""  # an own server's is a host's
    addresses = redactor.addresses - guest_addresses | ({endpoint} if endpoint and not _is_loopback(endpoint) else set())
    return replace(redactor, nonce=seat.nonce, addresses=addresses)


def make_host_redactor(home: Home, manifest: Manifest) -> Redactor:
    """Names and addresses of the lab stay, whoever has the same."""
    networks = manifest.networks.values()
    zones = {name: zone for network in networks for name, zone in network.zones.items()}
    words = {*manifest.services, *manifest.networks, *zones, *_GUEST_USERS}
    texts = [text for part in networks for text in (part.v4, part.v6)] + [t for z in zones.values() for t in (z.v4, z.v6)]
    own_addresses = {(text or "").partition("/")[0] for text in texts}
    addresses = set(map(_normal, list_host_addresses())) - set(map(_normal, own_addresses))
    return Redactor(
        "", tuple(name for name in list_host_names() if name not in words), list_host_paths(home),
        frozenset(address for address in addresses if address and not _is_loopback(address)),
    )  # fmt: skip


def list_host_names() -> list[str]:
    """The host's name, with and without its domain, and the user's."""
    names = [socket.gethostname(), socket.gethostname().partition(".")[0]]
    with suppress(KeyError, OSError):  # a user without a name
        names.append(getpass.getuser())
    return [name for name in dict.fromkeys(names) if len(name) > 1 and name != "localhost"]


def list_host_paths(home: Home) -> tuple[str, ...]:
    """The longest first. Without those that each system has."""
    folders: Iterable[Path] = (
        home.state, home.cache, *labs_folders(), PACKAGE.parent, Path(sys.prefix), Path.home(), Path(tempfile.gettempdir()),
    )  # fmt: skip
    texts = {str(path) for folder in folders for path in (folder, folder.resolve())}
    return tuple(sorted(texts - {"/", "/root", "/tmp", "/usr", "/usr/local", "/home/learner"}, key=len, reverse=True))  # noqa: S108


def list_host_addresses() -> set[str]:
    import psutil

    families = (socket.AF_INET, socket.AF_INET6)
    return {
        entry.address.partition("%")[0] for card in psutil.net_if_addrs().values() for entry in card if entry.family in families
    }


def _normal(text: str) -> str:
    """Empty for what is no address."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _is_loopback(text: str) -> bool:
    address = ip_address(text)
    return address.is_loopback or address.is_unspecified
