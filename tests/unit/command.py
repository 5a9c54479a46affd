"""`lab` as a process of its own, as its users have it."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.forked import Python, begun


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

    def __call__(
        self, *words: str, python: tuple[str, ...] = (), cwd: Path | None = None, anew: bool = False, **environment: str
    ) -> Said:
        """anew: by a Python that has just started, and not by a fork of one."""
        trust = ("--trust",) if self.trust and words else ()
        all_, there = ("provisioner", *trust, *words), {**self.environment, **environment}
        anew = (
            anew or bool(python) or any(name.startswith(("PYTHON", "LC_")) for name in environment)
        )  # about how Python starts
        with Python([*python, "-m", *all_], there, cwd) if anew else begun(*all_, environment=there, folder=cwd) as child:
            out, err = child.communicate()
        assert "Traceback" not in err
        assert child.returncode is not None
        return Said(child.returncode, out, err)
