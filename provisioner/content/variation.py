"""Other values for a lab: a seat draws its ports, addresses and names, so that a neighbour's command does not fit.

A lab's files are written with concrete values. A variation is the lab's folder with others in their place, in all of
its files: the manifest, the playbook and what it copies, tasks, hints, checks, solutions. Nothing else of the tool
needs to know. Values are exchanged, so that each variation's manifest names all the others below its own `vary`.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from provisioner.content.lab import Lab, load
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, private_folder
from provisioner.seats.seat import hold_lock


def count(lab: Lab) -> int:
    """How many variations there are besides the lab as it is written (which is number 0)."""
    return len(next(iter(lab.manifest.vary.values()), ()))


def draw(lab: Lab, seed: str) -> int:
    """The number that a seed stands for. Raises UsageError for a lab without variations."""
    if not lab.manifest.vary:
        raise UsageError(f"lab {lab.number} has no values that vary", hint=f"without --seed: lab up {lab.number}")
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % (count(lab) + 1)


def of(home: Home, lab: Lab, number: int) -> Lab:
    """That variation of a lab (as it is written), its folder made in the cache if need be. Raises UsageError."""
    if number == 0:
        return lab
    if number > count(lab):
        raise UsageError(f"lab {lab.number} has no variation {number} any more", hint=f"lab destroy {lab.number}; lab up again")
    root = home.varied / _key(lab, number)
    if not root.exists():
        with hold_lock(home.varied / f".{root.name}.lock", f"writing variation {number} of lab {lab.number}"):
            if not root.exists():  # another command may have written it meanwhile
                _write(lab, number, root)
    return load(root, str(lab.number), number, lab.folder)


def values_of(lab: Lab) -> dict[str, str]:
    """The lab's values that vary, as they are written, each with the one in its place in this variation."""
    number = lab.variation
    if not number:
        return {value: value for value in lab.manifest.vary}
    # A variation's manifest names all the others below its own values, in their places.
    return {alternatives[number - 1]: value for value, alternatives in lab.manifest.vary.items()}


def foreign(lab: Lab) -> dict[str, str]:
    """Values that other seats of this lab have, each with the one in its place here."""
    return {alternative: value for value, alternatives in lab.manifest.vary.items() for alternative in alternatives}


def swapped(text: str, pairs: Mapping[str, str]) -> str:
    """The text with each value in the place of the other one of its pair."""
    values = {**pairs, **{new: old for old, new in pairs.items()}}
    return _tokens(values).sub(lambda match: values[match[0]], text)


def mentioned(text: str, values: Mapping[str, str]) -> list[str]:
    """Which of these values stand in a text, each once, in order."""
    return list(dict.fromkeys(_tokens(values).findall(text))) if values else []


def _tokens(values: Mapping[str, str]) -> re.Pattern[str]:
    """Whole values only: 80 is no part of 8080, and 198.51.100.2 none of 198.51.100.20 or 198.51.100.2.1."""
    return re.compile("|".join(map(_token, sorted(values, key=len, reverse=True))))


def _token(value: str) -> str:
    lookbehind, lookahead = r"(?<!\w)(?<!\d\.)", r"(?!\w)(?!\.\d)"
    if ":" in value:  # an IPv6 address; beside a port or an IPv4 address a colon is no part of it
        lookbehind, lookahead = lookbehind + r"(?<![0-9a-f]:)", lookahead + r"(?!:[0-9a-f])"
    return f"{lookbehind}{re.escape(value)}{lookahead}"


def _key(lab: Lab, number: int) -> str:
    seed = hashlib.sha256(f"{number}\0".encode())
    for file in _files(lab.folder):
        seed.update(file.relative_to(lab.folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return seed.hexdigest()[:12]


def _files(folder: Path) -> Iterator[Path]:
    return (f for f in sorted(folder.rglob("*")) if f.is_file() and "__pycache__" not in f.parts)


def _write(lab: Lab, number: int, root: Path) -> None:
    """Beside its place, then renamed into it."""
    pairs = {value: alternatives[number - 1] for value, alternatives in lab.manifest.vary.items()}
    foreign_values = foreign(lab)
    staging = root.with_name(f".{root.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    for file in _files(lab.folder):
        copy = staging / lab.folder.name / file.relative_to(lab.folder)
        private_folder(copy.parent)
        text = file.read_text(encoding="utf-8")
        if file.name != "lab.yaml" and (mentions := mentioned(text, foreign_values)):
            raise UsageError(
                f"{file} names {mentions[0]}, which `vary` gives to other seats", hint="choose another value there"
            )
        copy.write_text(swapped(text, pairs), encoding="utf-8")
        shutil.copymode(file, copy)
    staging.rename(root)
