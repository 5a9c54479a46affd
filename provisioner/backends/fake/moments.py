"""Moments at which a test can hold a fake machine, or make it fail: files in `fake/` of the home, each with one word."""

import time

from provisioner.core.errors import MachineError
from provisioner.core.paths import Home

FOLDER = "fake"


def moment(home: Home, name: str) -> None:
    """`hold` waits until the file is gone, and says `reached` in a file beside it; `fail` raises MachineError, `fail N` only
    the next N times."""
    file = home.state / FOLDER / name
    if not file.exists():
        return
    word, _, times = file.read_text().strip().partition(" ")
    if word == "fail":
        if times == "1":
            file.unlink()
        elif times:
            file.write_text(f"fail {int(times) - 1}")
        raise MachineError(f"the fake machine was told to fail ({name})")
    file.with_suffix(".reached").touch()
    while file.exists():
        time.sleep(0.01)
