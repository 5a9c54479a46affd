"""The same machine by Vagrant, as it is used by hand: started from a box of the prepared lab, restored from a snapshot."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner import lifecycle
from provisioner.backends.vagrant.vagrantfile import Vagrantfile, root
from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.core.process import CommandFailed, Completed
from provisioner.core.progress import step
from provisioner.drivers.registry import load
from provisioner.drivers.vagrant import BEGINNING, Vagrant
from provisioner.images import Image
from provisioner.provision import layer_builder, stages
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

if TYPE_CHECKING:
    from provisioner.bench import Bench

PROVIDER = "libvirt"
ANSWERED = "docker ps -q"


class Hypervisor:
    """Adds its figures to those of a benchmark. A context manager: it removes what it made, but for the boxes."""

    def __init__(self, bench: "Bench") -> None:
        self.bench = bench
        driver = load(f"vagrant:{PROVIDER}")
        assert isinstance(driver, Vagrant)
        self.driver = driver
        self.seat = Seat.locate(bench.home, bench.lab.number, "benchvagrant")

    def __enter__(self) -> "Hypervisor":
        return self

    def __exit__(self, *error: object) -> None:
        if self.seat.folder.exists():
            lifecycle.tidy(self.bench.home, self.seat)
            layer_builder.discard(self.seat)

    def missing(self) -> str:
        """What of it this host does not have; empty if nothing."""
        return ", ".join(f.what for f in self.driver.preflight() if not f.is_present)

    def run(self) -> None:
        """vagrant up and vagrant snapshot restore of the prepared lab, each to an answered docker ps."""
        bench = self.bench
        with step("Preparing the same for Vagrant", key="bench vagrant prepare"):
            layer = self._layer()
            self.seat.create(Record(bench.lab.slug, self.driver.info.name, self._image().name, layer.key))
            self.driver.start(self.seat, stages.spec_of(bench.lab), layer)
        vagrant = Vagrantfile(self.seat, PROVIDER)
        with step("Measuring: vagrant snapshot restore", key="bench vagrant restore"):
            for _ in range(bench.rounds):
                with bench.timed("restore", "`vagrant snapshot restore` of the prepared lab, to the same answer", "up"):
                    vagrant.restore(BEGINNING)
                    _patient(vagrant)
        with step("Measuring: lab reset with Vagrant", key="bench vagrant reset"):
            for _ in range(bench.rounds):
                with bench.timed("vagrantreset", f"`lab reset` with {self.driver.info.name}, to the same answer", "vagrant"):
                    self.driver.start(self.seat, stages.spec_of(bench.lab), layer)
                    ssh.run(self.seat, *ANSWERED.split())
        with step("Measuring: vagrant up", key="bench vagrant up"):
            for _ in range(bench.rounds):
                vagrant.destroy()
                with bench.timed("vagrant", "`vagrant up` of the prepared lab, to the same answer", "up"):
                    vagrant.up()
                    _patient(vagrant)

    def cold(self) -> None:
        """Everything but the image made anew: by lab up, and by vagrant up with Vagrant's own Ansible provisioner."""
        bench = self.bench
        image = self._image()
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            home = Path(folder)
            shutil.copytree(bench.home.images, home / "cache" / "images", copy_function=os.link)
            env = os.environ | {"LAB_HOME": str(home)}
            number = str(bench.lab.number)
            lab = [sys.executable, "-m", "provisioner"]
            try:
                with step("Measuring: lab up, cold", key="bench cold"), bench.timed("cold", "lab up, cold, from the image"):
                    _run([*lab, "up", number, "--driver", "qemu", "--yes"], env)
            finally:
                _run([*lab, "destroy", "--all"], env)
        with tempfile.TemporaryDirectory(prefix="lab-") as folder:
            self.seat.create(Record(bench.lab.slug, self.driver.info.name))
            name = f"lab{bench.lab.number}"
            env = os.environ | {"VAGRANT_DOTFILE_PATH": folder, "LAB_BOX": self.driver.box_for(self.seat, image)}
            try:
                with (
                    step("Measuring: vagrant up with its Ansible provisioner", key="bench vagrant cold"),
                    bench.timed("vagrantcold", "`vagrant up` with its Ansible provisioner, from the image", "cold"),
                ):
                    _run(["vagrant", "up", name, f"--provider={PROVIDER}"], env)
            finally:
                _run(["vagrant", "destroy", "-f", name], env)

    def _image(self) -> Image:
        return self.driver.image(self.bench.lab.manifest.images)

    def _layer(self) -> Layer:
        machine = stages.spec_of(self.bench.lab)
        plan, _ = stages.stages(self.bench.lab, self.driver)
        return layer_builder.prepare(self.bench.home, self.driver, machine, self._image(), plan)


def _patient(vagrant: Vagrantfile) -> None:
    """Vagrant says that it is done before a restored machine's network is back."""
    for chance in range(60):
        try:
            vagrant.shell(ANSWERED, timeout=60)
        except LabError:
            if chance == 59:
                raise
        else:
            return


def _run(words: list[str], env: dict[str, str]) -> None:
    result = subprocess.run(words, cwd=root(), env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise CommandFailed(Completed(tuple(words), result.returncode, result.stdout, result.stderr))
