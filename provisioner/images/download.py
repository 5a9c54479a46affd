"""Downloads an image: continues after an interruption, and compares it with a checksum where there is one.

Until the file is whole, `<name>.part` (the bytes so far) and `<name>.part.tag` lie beside its place; the tag
is what the server calls the version those bytes belong to, so that two versions are never mixed.
"""

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, cast
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from provisioner.core.errors import HostError, LabError, UsageError
from provisioner.images.checksums import ALGORITHMS, Expected, Signature, find_expected, name_of

Progress = Callable[[int, int | None], None]

CHUNK = 1 << 20  # bytes
LONGEST_LIST = 1 << 20  # bytes of a list of checksums
LARGEST_IMAGE = 16 << 30  # bytes; those of distributions have 0.3 to 3 GB
PATIENCE = 20.0  # seconds without a byte before the server counts as gone
PAUSES = (0.5, 1.0, 2.0)  # seconds before each retry of a transfer that broke off

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # EFBIG: 4 GiB on FAT, or a limit of the shell


class Unreachable(HostError):
    """The publisher cannot be reached, or does not have the file: the caller may build the image instead."""


class _BrokenOff(Unreachable):
    """The transfer had begun: worth another try."""

    def __init__(self, evidence: str) -> None:
        hint = "run the same command again: it continues where it stopped"
        super().__init__("the download broke off", evidence=evidence, hint=hint)


def fetch(
    url: str,
    place: Path,
    *,
    sums_url: str | None = None,
    signature: Signature | None = None,
    sums_algorithm: str = "sha256",
    expected: Expected | None = None,
    progress: Progress | None = None,
) -> str:
    """Downloads url into place, whole or not at all, and returns its hex digest. signature: of the list.

    The digest is the expected one, or that of the list at sums_url, of which the file must be a member; without
    either it is sums_algorithm's. progress gets bytes done and bytes in total, None if the server does not say.
    Raises Unreachable, HostError (no room on the disk), UsageError, LabError (checksum).
    """
    part = _Part(place)
    with _disk_errors(part):
        place.parent.mkdir(parents=True, exist_ok=True)
        if sums_url and not expected:
            expected = find_expected(url, sums_url, _read_small, signature)
        _download(url, part, progress or (lambda size, total: None))
        algorithm = ALGORITHMS[len(expected.digest)] if expected else sums_algorithm
        with part.path.open("rb") as file:
            observed = hashlib.file_digest(file, algorithm).hexdigest()
        if expected and expected.digest != observed:
            part.discard()
            raise LabError(
                f"{name_of(url)} is not the expected file: wrong {algorithm}, deleted",
                evidence=f"from     {url}\nlist     {expected.place}\nexpected {expected.digest}\nobserved {observed}",
                hint="try again in a minute (a release may be under way); never use a file that stays so",
            )
        part.finish(place)
    return observed


class _Part:
    """The file under way; total is its full length in bytes, once the server has said it."""

    def __init__(self, place: Path) -> None:
        self.path = place.with_name(place.name + ".part")
        self.tag_file = place.with_name(place.name + ".part.tag")
        self.total: int | None = None

    @property
    def tag(self) -> str:
        return self.tag_file.read_text(encoding="utf-8") if self.tag_file.exists() else ""

    @property
    def offset(self) -> int:
        """Bytes that can be kept; none if the server gave no means to tell versions apart."""
        return self.path.stat().st_size if self.tag and self.path.exists() else 0

    def restart(self, tag: str) -> None:
        self.path.write_bytes(b"")  # first: old bytes must never stand beside a new tag
        self.tag_file.write_text(tag, encoding="utf-8")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.tag_file.unlink(missing_ok=True)

    def finish(self, place: Path) -> None:
        with self.path.open("r+b") as file:  # a power cut must not leave the name without the bytes
            os.fsync(file.fileno())
        self.path.replace(place)
        self.tag_file.unlink(missing_ok=True)


def _download(url: str, part: _Part, progress: Progress) -> None:
    """Continues until the part is whole; only a transfer that had begun is tried again."""
    started = False
    for pause in PAUSES:
        try:
            return _continue(url, part, progress)
        except _BrokenOff:
            started = True
        except Unreachable:
            if not started:
                raise
        time.sleep(pause)
    return _continue(url, part, progress)


def _continue(url: str, part: _Part, progress: Progress) -> None:
    """One request: from where the part ends if the server agrees, else from the beginning."""
    offset = part.offset
    headers = {"Range": f"bytes={offset}-", "If-Range": part.tag} if offset else {}
    with closing(_open(url, headers)) as reply:
        first, total = _extent(reply)
        if reply.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and total == offset:
            progress(offset, total)  # it was whole already
            return
        if reply.status == HTTPStatus.OK:
            offset = 0
            part.restart(_tag(reply.headers))
        elif first != offset or _tag(reply.headers) not in ("", part.tag):
            part.discard()
            raise _BrokenOff(f"{url} has changed at its publisher")
        part.total = total
        _require_size(url, part, total or 0)
        _check_room(part.path.parent, total - offset if total else 0)
        _store(url, reply, part, offset, progress)


def _require_size(url: str, part: _Part, size: int) -> None:
    if size > LARGEST_IMAGE:
        part.discard()
        raise LabError(f"{name_of(url)} is no image: it has more than {_mib(LARGEST_IMAGE)}", evidence=url)


def _store(url: str, reply: HTTPResponse, part: _Part, size: int, progress: Progress) -> None:
    due = None if part.total is None else part.total - size
    with part.path.open("ab") as sink:
        for chunk in _chunks(reply, due):
            sink.write(chunk)
            size += len(chunk)
            _require_size(url, part, size)
            progress(size, part.total)


def _chunks(reply: HTTPResponse, due: int | None) -> Iterator[bytes]:
    """The body as it arrives: due bytes, or, if that is None, until the server ends. Raises _BrokenOff."""
    size = 0
    while due is None or size < due:
        try:
            chunk = reply.read1(CHUNK if due is None else min(CHUNK, due - size))
        except (OSError, HTTPException) as error:
            raise _BrokenOff(repr(error)) from None
        if not chunk and due is not None:
            raise _BrokenOff(f"{due - size} of {due} bytes are missing")
        if not chunk:
            return
        size += len(chunk)
        yield chunk


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to http and https only, and from https to nothing that can be changed on the way."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        safe = ("https",) if urlsplit(req.full_url).scheme == "https" else ("https", "http")
        if urlsplit(newurl).scheme not in safe:
            fp.close()
            raise LabError(
                f"refused a redirect from {urlsplit(req.full_url).scheme} to {urlsplit(newurl).scheme}",
                evidence=f"from {req.full_url}\nto   {newurl}",
                hint="somebody on the way (a portal of this network, a proxy) may have changed the answer: try another network",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: Mapping[str, str]) -> HTTPResponse:
    """A reply of status 2xx, or 416 if a Range was asked for; anything else is Unreachable."""
    if not re.match("https?://", url):
        raise UsageError(f"not an address to download from: {url}", hint="it begins with https:// or http://")
    request = Request(url, headers={"User-Agent": "lab-provisioner", **headers})  # noqa: S310 (checked above)
    try:
        reply: HTTPResponse = build_opener(_Redirects).open(request, timeout=PATIENCE)
    except HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and "Range" in headers:
            return cast(HTTPResponse, error.fp)  # the reply itself, which says how long the file is
        error.close()
        raise Unreachable(
            f"{urlsplit(url).hostname} does not give {name_of(url)}: {error.code} {error.reason}",
            evidence=url,
            hint="the address may be out of date, or the server may be in trouble: look at it in a browser",
        ) from None
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a redirect to what is no address
        raise Unreachable(
            f"{urlsplit(url).hostname} cannot be reached",
            evidence=f"{url}\n{getattr(error, 'reason', None) or repr(error)}",
            hint="check the network, and HTTPS_PROXY if this network needs a proxy",
        ) from None
    return reply


def _tag(headers: HTTPMessage) -> str:
    """What names this version in If-Range, which takes no weak ETag."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")


def _extent(reply: HTTPResponse) -> tuple[int, int | None]:
    """The first byte that this reply brings, and the length of the whole file if it is known."""
    if reply.status == HTTPStatus.OK:
        length = reply.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+)", reply.headers.get("Content-Range", ""))
    return (int(match[1] or -1), int(match[2])) if match else (-1, None)


def _read_small(url: str) -> bytes:
    """A list of checksums, or its signature."""
    content = b""
    with closing(_open(url, {})) as reply:
        for chunk in _chunks(reply, _extent(reply)[1]):
            content += chunk
            if len(content) > LONGEST_LIST:
                hint = "the address is wrong, or something on the way answers in its place"
                raise LabError(f"{name_of(url)} has more than 1 MiB", evidence=url, hint=hint)
    return content


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{_mib(free)} free, {_mib(needed)} more needed", str(folder))


@contextmanager
def _disk_errors(part: _Part) -> Iterator[None]:
    """Every OSError in here is the disk's: the network's have become Unreachable where they arise."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise HostError(f"cannot write {part.path}", evidence=str(error)) from None
        size = _mib(part.total) if part.total else "more room than there is"
        part.discard()  # half a file would fill the disk for everything else
        raise HostError(
            f"no room for the download: it needs {size} in {part.path.parent}",
            evidence=str(error),
            hint="make room there, or set LAB_HOME to a folder on another disk",
        ) from None


def _mib(size: int) -> str:
    return f"{-(-size >> 20)} MiB"
