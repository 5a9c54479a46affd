"""Files of lab are its user's alone (seats, keys, caches, and those of the programs that it runs); what is written for others
is made as this user makes files."""

import os
from pathlib import Path

PRIVATE = 0o077
PUBLIC = 0o022  # a system's own files: packages that are installed, the root of an image


class _Usual:
    mask = PUBLIC


def restrict() -> None:
    """For all that follows."""
    _Usual.mask = os.umask(PRIVATE)


def usual() -> int:
    """The user's own, as it was before."""
    return _Usual.mask


def write(file: Path, text: str) -> None:
    """A file that the user has asked for by its name."""
    old_mask = os.umask(_Usual.mask)
    try:
        file.write_text(text, encoding="utf-8")
    finally:
        os.umask(old_mask)
