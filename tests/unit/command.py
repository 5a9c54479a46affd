"""`lab` as a process of its own, as its users have it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def next(self) -> str:
        """The step that an error proposes."""
        return next((line.removeprefix("  next: ") for line in self.err.splitlines() if "next: " in line), "")


@dataclass(frozen=True)
class Cli:
    """trust: what runs a lab is let to."""

    home: Path
    labs: Path
    trust: bool = True

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LAB_HOME": str(self.home), "LAB_LABS": str(self.labs), "LAB_BUILTIN": "no"}

    def __call__(self, *words: str, python: tuple[str, ...] = (), cwd: Path | None = None, **environment: str) -> Said:
        trust = ("--trust",) if self.trust and words else ()
        done = subprocess.run(
            [sys.executable, *python, "-m", "provisioner", *trust, *words],
            env={**self.environment, **environment}, cwd=cwd,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)
