"""Faults made by hand in what orchestrates: each must be noticed by the tests that are named with it.

    python -m tools.mutants            all of them; ends with 1 if one survives
    python -m tools.mutants sweep lock  those whose name has one of these words

Each is a replacement of text, in a copy of the project. What cannot be replaced any more is told: the code has moved on.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "*.egg-info")
PATIENCE = 900.0  # seconds for the tests of one


@dataclass(frozen=True)
class Fate:
    """verdict: killed, survived, or why neither can be told."""

    mutant: Mutant
    verdict: str
    seconds: float


def tried(mutant: Mutant, copy: Path) -> Fate:
    file = copy / "provisioner" / mutant.file
    before, began = file.read_text(encoding="utf-8"), time.monotonic()
    if before.count(mutant.old) != 1:
        return Fate(mutant, f"its text is there {before.count(mutant.old)} times", 0)
    file.write_text(before.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return Fate(mutant, _verdict(mutant, copy), time.monotonic() - began)
    finally:
        file.write_text(before, encoding="utf-8")


def _verdict(mutant: Mutant, copy: Path) -> str:
    where, _, words = mutant.tests.partition(" ")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{where}", "-k", words or "test"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "killed"  # it never ends
    return {0: "survived", 1: "killed"}.get(done.returncode, f"pytest ended with {done.returncode}: {done.stdout[-200:]}")


def main() -> int:
    words = sys.argv[1:]
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    fates = []
    with TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT, symlinks=True)
        for mutant in chosen:
            fates.append(fate := tried(mutant, copy))
            sys.stdout.write(f"{fate.verdict:<10} {fate.seconds:5.0f} s  {mutant.name:<44} {mutant.file}\n")
            sys.stdout.flush()
    killed = sum(fate.verdict == "killed" for fate in fates)
    sys.stdout.write(f"\n{killed} of {len(fates)} killed\n")
    return 0 if killed == len(fates) else 1


if __name__ == "__main__":
    raise SystemExit(main())
