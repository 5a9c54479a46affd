"""The file of a dispute: one JSON document with a version. Who reads it trusts nothing in it: it is of the right type, within
its sizes and of a version that is known, or it is refused."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from provisioner.core import guest_input
from provisioner.core.errors import UsageError
from provisioner.verify.dispute import Dispute
from provisioner.verify.submission import LIMIT

SCHEMA, VERSION = "lab-dispute", 1
MAX_BYTES = 8 << 20  # of a file
MAX_LINES, MAX_TEXT = 10_000, 20_000  # of a list of it, and characters of a line or a name
MAX_COMMENT = 4000
HINT = "a file of `lab dispute`, or of `lab check --submission SCRIPT --record FILE`"
_NAME, _DRIVER = r"[a-z0-9][a-z0-9-]{0,80}", r"[a-z]{1,20}(:[a-z_]{1,30})?"


def dump(dispute: Dispute) -> str:
    """Escapes all but ASCII: whatever a machine said does nothing in a terminal."""
    return json.dumps({"schema": SCHEMA, "version": VERSION, **asdict(dispute)}, indent=1) + "\n"


def read(file: Path) -> Dispute:
    """Raises UsageError for what is no such file."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint=HINT) from None
    try:
        return parse(content)
    except ValueError as error:
        raise UsageError(f"{file} cannot be replayed", evidence=str(error)[:1000], hint=HINT) from None


def parse(content: bytes) -> Dispute:
    """Raises ValueError, which says why."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
    try:
        values = guest_input.decode(content, dict[str, object])
        if values.pop("schema", None) != SCHEMA:
            raise ValueError(f"not a document of the schema {SCHEMA}")
        _require_version(values.pop("version", None))
        dispute = guest_input.fit(values, Dispute)
    except guest_input.BadAnswer as error:
        raise ValueError(error.evidence.partition("\n")[0].replace("answer", "the document", 1)) from None
    _check_texts(values, "the document")
    for at, (text, pattern) in _patterns(dispute).items():
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{at} cannot be {text[:60]!r}")
    if not (0 <= dispute.lab.variation < 1000 and 0 < dispute.number < 1000 and 0 <= dispute.lab.number < 100):
        raise ValueError("a number is out of range")
    return dispute


def _require_version(version: object) -> None:
    if type(version) is not int or version < 1:
        raise ValueError(f"version cannot be {version!r:.20}")
    if version > VERSION:
        raise ValueError(f"written by a newer version of lab: version {version}; this lab reads up to {VERSION}")


def _patterns(dispute: Dispute) -> dict[str, tuple[str, str]]:
    named = {f"solved[{n}]": (name, _NAME) for n, name in enumerate(dispute.solved)}
    return named | {
        "lab.slug": (dispute.lab.slug, _NAME), "exercise": (dispute.exercise, _NAME), "driver": (dispute.driver, _DRIVER),
        "lab.digest": (dispute.lab.digest, r"([0-9a-f]{64})?"), "draw": (dispute.draw, r"[!-~]{1,200}"),
        "date": (dispute.date, r"[0-9T:+.Z-]{10,40}"), "comment": (dispute.comment, rf"(?s).{{0,{MAX_COMMENT}}}"),
        "script.text": (dispute.script.text, rf"[^\0]{{0,{LIMIT}}}"),
    }  # fmt: skip


def _check_texts(value: object, at: str) -> None:
    """Nothing that cannot be written as UTF-8, and nothing long but scripts, and what a machine said."""
    inner: dict[str, Any] = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inner = {f"[{n}]": item for n, item in enumerate(value)}
    if len(inner) > MAX_LINES:
        raise ValueError(f"{at} has more than {MAX_LINES} entries")
    texts = [*(inner if isinstance(value, dict) else ()), *([value] if isinstance(value, str) else ())]
    for text in texts:
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise ValueError(f"{at} is no text")
        if len(text) > MAX_TEXT and not at.endswith(".text"):
            raise ValueError(f"{at} is longer than {MAX_TEXT} characters")
    for name, item in inner.items():
        _check_texts(item, f"{at}{'' if name.startswith('[') else '.'}{name[:60]}")
