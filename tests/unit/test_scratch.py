"""What works for a seat on this host ends with it, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from provisioner.provision.layer_builder import discard
from provisioner.provision.scratch import clear, workplace
from provisioner.seats.seat import Seat


def _worker(folder: str) -> psutil.Process:
    """In a session of its own, as Ansible's, and nobody's child when it is looked for."""
    code = (
        "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(c.pid)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": folder}, capture_output=True, text=True, check=True
    )
    return psutil.Process(int(said.stdout))


@pytest.mark.slow
def test_who_works_there_ends_and_nobody_else(seat: Seat, tmp_path: Path) -> None:
    other = _worker(str(tmp_path))
    try:
        with workplace(seat) as folder:
            assert Path(folder).parent == Path(tempfile.gettempdir())
            Path(folder, "socket").touch()
            worker = _worker(folder)
        worker.wait(5)
        assert not Path(folder).exists()
        assert other.is_running()
        assert not seat.scratch.exists()
    finally:
        other.kill()


@pytest.mark.slow
def test_an_interruption_ends_it(seat: Seat) -> None:
    workers: list[psutil.Process] = []

    def work() -> None:
        with workplace(seat) as folder:
            workers.append(_worker(folder))
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()
    workers[0].wait(5)


@pytest.mark.parametrize("by", ["the next one", "the end of the seat"])
@pytest.mark.slow
def test_what_a_killed_command_left(seat: Seat, by: str) -> None:
    cut = workplace(seat)
    folder = cut.__enter__()
    worker = _worker(folder)
    if by == "the next one":
        with workplace(seat) as another:
            assert another != folder
    else:
        discard(seat)
        assert not seat.folder.exists()
    worker.wait(5)
    assert not Path(folder).exists()
    clear(seat)  # twice is as good as once
