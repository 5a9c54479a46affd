"""The user's own images: `name: url` in images.yaml, or `name: {url: ..., sha256: ...}` with a checksum, or with `sums`, the
address of the publisher's list of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.content.strict_yaml import Place, decode


@dataclass(frozen=True)
class OwnImage:
    url: str
    sha256: str = field(default="", metadata={"pattern": "[0-9a-fA-F]{64}"})
    sha512: str = field(default="", metadata={"pattern": "[0-9a-fA-F]{128}"})
    sums: str = field(default="", metadata={"pattern": "https?://.+"})

    @property
    def checksum(self) -> str:
        return (self.sha256 or self.sha512).lower()


def read(path: Path) -> dict[str, OwnImage]:
    """The images that the file names, none if there is no file. Raises UsageError."""
    if not path.exists() or _is_blank(path):
        return {}
    entries = decode(path, dict[str, str | OwnImage], _check)
    return {name: OwnImage(entry) if isinstance(entry, str) else entry for name, entry in entries.items()}


def _is_blank(path: Path) -> bool:
    lines = path.read_bytes().splitlines()
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)


def _check(entries: dict[str, str | OwnImage]) -> Iterator[tuple[Place, str]]:
    for name, entry in entries.items():
        if isinstance(entry, OwnImage) and sum(map(bool, (entry.sha256, entry.sha512, entry.sums))) > 1:
            yield (name, "sums" if entry.sums else "sha512"), "one checksum is enough"
