"""Bundles for tests: taken apart, changed, and put together again as no `lab bundle` would."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Member:
    """An entry of the archive: name, bytes, and what else its header says."""

    name: str
    data: bytes
    kind: bytes = tarfile.REGTYPE
    target: str = ""


@dataclass
class Parts:
    """A bundle that was taken apart. tail: bytes behind the archive's end."""

    manifest: dict[str, Any]
    members: list[Member] = field(default_factory=list)
    tail: bytes = b""

    @classmethod
    def of(cls, file: Path) -> "Parts":
        with tarfile.open(file, "r:gz") as tar:
            members = [Member(info.name, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
        return cls(json.loads(members[0].data), members[1:])

    def entry(self, start: str) -> dict[str, Any]:
        """What the manifest says of the first entry whose path begins so."""
        return next(entry for entry in self.manifest["entries"] if entry["path"].startswith(start))

    def member(self, start: str) -> Member:
        return next(member for member in self.members if member.name.startswith(start))

    def add(self, path: str, data: bytes, kind: str = "file", **more: object) -> None:
        """Of both: what the manifest says of it is right."""
        extents = {"length": len(data), "extents": [0, len(data)] if data else []} if kind == "file" else {}
        self.manifest["entries"].append(
            {"path": path, "kind": kind, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **extents, **more}
        )
        self.members.append(Member(path, data))

    def change(self, start: str, edit: Callable[[bytes], bytes]) -> None:
        """Other bytes in the first member whose name begins so, and a manifest that fits them."""
        member, entry = self.member(start), self.entry(start)
        member.data = edit(member.data)
        entry["size"], entry["sha256"] = len(member.data), hashlib.sha256(member.data).hexdigest()

    def write(self, file: Path) -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for member in (Member("manifest.json", json.dumps(self.manifest).encode()), *self.members):
                info = tarfile.TarInfo(member.name)
                info.type, info.linkname = member.kind, member.target
                info.size = len(member.data) if member.kind == tarfile.REGTYPE else 0
                tar.addfile(info, io.BytesIO(member.data))
        file.write_bytes(gzip.compress(content.getvalue() + self.tail, 1))


def node(path: str, kind: str, data: bytes = b"", **more: object) -> bytes:
    """One file of a folder that is an entry (provisioner/bundle/tree.py)."""
    return json.dumps({"path": path, "kind": kind, "size": len(data), **more}).encode() + b"\n" + data


def listing(folder: Path) -> dict[str, bytes]:
    """All that is in a home, but for locks and remembered durations."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in ("cache", "cache/bundle", "cache/bundle/.lock", "cache/durations.json"):
            files[name] = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    return files
