"""The archive itself: a tar of plain files, compressed by zlib at its lowest level, whose first entry is the manifest.

Measured on prepared layers: level 1 makes one byte of 2.5, at 70 to 120 MB/s; level 6 and LZMA take three and ten times as long
for a twentieth less. Reading takes only what the manifest names, in its order, and no kind of entry but a plain file: there is
no link, no device, and no extension of the format to be misled by but that for long names.
"""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.bundle import manifest as manifest_module
from provisioner.bundle import sparse, tree, volumes
from provisioner.bundle.manifest import MOST_BYTES, NAME, Entry, Manifest, check_path, refuse
from provisioner.core.errors import LabError
from provisioner.core.files import CHUNK, remove_tree
from provisioner.core.paths import sync_tree

LEVEL = 1
_BLOCK = tarfile.BLOCKSIZE
_PADDING = tarfile.RECORDSIZE  # bytes of zeros at most behind the last entry
_KINDS = {
    tarfile.LNKTYPE: "a hard link", tarfile.SYMTYPE: "a symbolic link", tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device", tarfile.DIRTYPE: "a folder", tarfile.FIFOTYPE: "a pipe",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What an entry is made of: a file or a folder. names: of a folder, what is packed of it."""

    path: Path
    names: tuple[str, ...] | None = None


def measure(source: Source, path: str, kind: str, watch: Callable[[int], None]) -> Entry:
    """The entry of a source, which is read completely."""
    if kind == "file":
        return sparse.measure(source.path, path, watch)
    total, size = hashlib.sha256(), 0
    for data in tree.pack(source.path, plain=kind == "folder", names=source.names):
        total.update(data)
        size += len(data)
        watch(len(data))
    return Entry(path, "folder" if kind == "folder" else "system", size, total.hexdigest())


def write(
    manifest: Manifest, text: str, sources: Sequence[Source], target: volumes.Writer, watch: Callable[[int], None]
) -> None:
    """text: the manifest as it was signed. sources: of its entries, in order. Raises LabError where one has changed since."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=LEVEL, mtime=0) as sink:
        content = text.encode()
        sink.write(_header(NAME, len(content)) + content + _padding(len(content)))
        for entry, source in zip(manifest.entries, sources, strict=True):
            sink.write(_header(entry.path, entry.size))
            total, size = hashlib.sha256(), 0
            for data in _content(entry, source):
                total.update(data)
                size += len(data)
                if size > entry.size:
                    break
                sink.write(data)
                watch(len(data))
            if size != entry.size or total.hexdigest() != entry.sha256:
                raise LabError(
                    f"{source.path} changed while it was packed", hint="run the command again, with nothing else at work"
                )
            sink.write(_padding(size))
        sink.write(bytes(2 * _BLOCK))


def _content(entry: Entry, source: Source) -> Iterator[bytes]:
    if entry.kind == "file":
        return sparse.read(source.path, entry)
    return tree.pack(source.path, plain=entry.kind == "folder", names=source.names)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)  # which has large files, and names of more than 100 bytes


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


class Bundle:
    """A bundle that is open: its manifest, and the rest, which can be read once. file: it, or its first part."""

    def __init__(self, file: Path) -> None:
        """Raises LabError for a bundle that is not complete, and for a manifest that cannot be right."""
        files = volumes.find(file)
        self.files: Sequence[Path] = files
        self._raw = volumes.Reader(files)
        self._stream = gzip.GzipFile(fileobj=self._raw, mode="rb")
        self._part_size = 0
        with self._errors(NAME):
            info = self._next()
            if info is None or info.name != NAME or not info.isreg() or info.size > MOST_BYTES:
                refuse(NAME, "it does not come first, or is too large")
            self.content = self._exactly(info.size)
            self._exactly(-info.size % _BLOCK)
        self.manifest = manifest_module.parse(self.content)
        self._part_size = self.manifest.part_size

    @property
    def base(self) -> Path:
        return volumes.base_of(self.files[0])

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.stat().st_size for file in self.files)

    @property
    def sha256(self) -> str:
        """Of its manifest, which has the checksums of all else."""
        return hashlib.sha256(self.content).hexdigest()

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self._raw.close()

    def unpack(self, folder: Path, watch: Callable[[int], None]) -> None:
        """Verifies all entries, each while it is unpacked below the folder under its path; what is there already was verified
        by an earlier call, and is not written again. Raises LabError."""
        for entry in self.manifest.entries:
            with self._errors(entry.path):
                self._require(entry)
                self._take(entry, folder / entry.path, watch)
                self._exactly(-entry.size % _BLOCK)
        with self._errors("the end"):
            if self._next() is not None:
                refuse("the end", "there is more in it than its manifest names")
            if self._stream.read(_PADDING).strip(b"\0") or self._stream.read(1):
                refuse("the end", "something follows the archive")

    def _require(self, entry: Entry) -> None:
        """That what comes next is that entry, by name, kind and size."""
        info = self._next()
        if info is None:
            refuse(entry.path, "the archive ends before it")
        check_path(info.name)
        if not info.isreg():
            refuse(info.name, f"it is {_KINDS.get(info.type, 'no plain file')}, and a bundle has files only")
        if info.name != entry.path:
            refuse(info.name, f"the manifest does not name it at this place, but {entry.path}")
        if info.size != entry.size:
            refuse(info.name, f"it has {info.size} bytes, and the manifest says {entry.size}")

    def _take(self, entry: Entry, place: Path, watch: Callable[[int], None]) -> None:
        source = _EntrySource(self._exactly, entry.size, watch)
        if place.exists():
            for _ in source.pieces(entry.size):
                pass
            return
        temporary = place.with_name(f"{place.name}.part")
        remove_tree(temporary)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if entry.kind == "file":
            sparse.write(temporary, entry, source.pieces)
        else:
            tree.unpack(source, temporary, plain=entry.kind == "folder")
            sync_tree(temporary)
        if source.remaining or source.sha256 != entry.sha256:
            refuse(entry.path, "its checksum is another than the manifest says")
        temporary.rename(place)

    def _next(self) -> tarfile.TarInfo | None:
        block = self._exactly(_BLOCK)
        if block.count(0) == _BLOCK:
            return None
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.type != tarfile.GNUTYPE_LONGNAME or not 0 < info.size <= _BLOCK:
            return info
        name = self._exactly(_BLOCK).rstrip(b"\0").decode()
        info = tarfile.TarInfo.frombuf(self._exactly(_BLOCK), "utf-8", "surrogateescape")
        info.name = name
        return info

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            if not (piece := self._stream.read(size - len(data))):
                raise EOFError
            data += piece
        return data

    @contextmanager
    def _errors(self, where: str) -> Iterator[None]:
        try:
            yield
        except EOFError:
            raise volumes.cut_off(self.files, self._part_size) from None
        except (gzip.BadGzipFile, zlib.error, tarfile.HeaderError, UnicodeDecodeError) as error:
            refuse(where, str(error))


class _EntrySource:
    """The bytes of one entry, and their checksum."""

    def __init__(self, read: Callable[[int], bytes], size: int, watch: Callable[[int], None]) -> None:
        self._read, self._watch = read, watch
        self._total = hashlib.sha256()
        self._buffer = b""
        self._behind = size  # bytes that are not in the buffer yet

    @property
    def remaining(self) -> int:
        return self._behind + len(self._buffer)

    @property
    def sha256(self) -> str:
        return self._total.hexdigest()

    def pieces(self, size: int) -> Iterable[bytes]:
        """So many bytes. Raises LabError where the entry has less."""
        while size:
            if not self._buffer:
                self._fill(min(size, CHUNK))
            piece, self._buffer = self._buffer[:size], self._buffer[size:]
            size -= len(piece)
            yield piece

    def line(self, most: int) -> bytes:
        """Up to a line's end; empty at the end of the entry. Raises LabError for a longer one."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > most:
                refuse("a folder", f"a line of more than {most >> 10} KiB")
            if not self._behind:
                if self._buffer:
                    refuse("a folder", "it ends in the middle of a line")
                return b""
            self._fill(CHUNK // 16)
        text, _, self._buffer = self._buffer.partition(b"\n")
        if len(text) > most:
            refuse("a folder", f"a line of more than {most >> 10} KiB")
        return text + b"\n"

    def _fill(self, size: int) -> None:
        size = min(size, self._behind)
        if not size:
            refuse("an entry", "it ends before what is said to be in it")
        data = self._read(size)
        self._total.update(data)
        self._behind -= size
        self._buffer += data
        self._watch(size)
