"""`vagrant up lab3` without the lab command ends where `lab up 3` does: the same checks say so."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import images
from provisioner.checks import run
from provisioner.content.lab import load
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.vagrant import Vagrant
from provisioner.provision import stages
from provisioner.seats import identity, ssh
from provisioner.seats.seat import Record, Seat

from .conftest import ROOT, require_time


@pytest.fixture(scope="module")
def seat(libvirt: str, home: Home) -> Iterator[Seat]:
    """Vagrant's machine with the key and the nonce of a seat, as somebody with `vagrant ssh` can give them to it."""
    require_time()
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
    seat = Seat(folder / "seat")
    seat.create(Record("none", libvirt))
    box = Vagrant("libvirt", home).box_for(seat, images.ensure(home, ["debian-13"]))
    env = os.environ | {"LAB_BOX": box, "VAGRANT_DOTFILE_PATH": str(folder / "vagrant")}
    env.pop("LAB_TOPOLOGY", None)

    def vagrant(*words: str) -> str:
        done = subprocess.run(["vagrant", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        assert done.returncode == 0, done.stderr
        return done.stdout

    try:
        vagrant("up", "lab3", "--provider=libvirt")
        config = folder / "ssh_config"
        config.write_text(vagrant("ssh-config", "lab3"))
        words = dict(line.split(None, 1) for line in config.read_text().splitlines() if line.strip())
        said = subprocess.run(
            ["ssh", "-F", str(config), "lab3", "sudo", "sh", "-s"], input=identity.make_script(seat) + identity.admit(seat),
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        identity.pin_host_key(seat, said)
        ssh.configure(seat, words["HostName"].strip(), int(words["Port"]))
        yield seat
    finally:
        ssh.close(seat)
        vagrant("destroy", "-f", "lab3")
        Vagrant("libvirt", home).discard(_note(folder, box))
        shutil.rmtree(folder)


def _note(folder: Path, box: str) -> Path:
    """What a stored layer notes of its box, so that it can be given back."""
    (folder / "name").write_text(box)
    return folder


def test_the_checks_agree(seat: Seat) -> None:
    lab = load(labs_folders(), "3")
    before = run.check(lab, seat, list(lab.exercises), disruption_target=None, explain=False)
    assert {v.outcome for v in before} == {"not yet"}, before
    for exercise in lab.exercises:
        stages.apply(seat, exercise.solutions[0])
    after = run.check(lab, seat, list(lab.exercises), disruption_target=None, explain=False)
    assert {v.outcome for v in after} <= {"done", "not checked"}, after
