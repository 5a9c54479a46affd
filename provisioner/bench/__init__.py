"""What it costs here to be ready, to go back, to check, and to have one seat more; each beside what it could cost.

Figures of one run on one host: their ratios mean something, the seconds alone little.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from provisioner import images, lifecycle
from provisioner.backends.qemu import qemu_process
from provisioner.checks import run
from provisioner.checks.probe import Probe, Result
from provisioner.checks.probe_client import Prober
from provisioner.content.lab import Lab
from provisioner.core.files import room
from provisioner.core.model import Layer
from provisioner.core.paths import Home
from provisioner.core.process import CommandFailed, Completed
from provisioner.core.progress import step
from provisioner.drivers.registry import load
from provisioner.provision import layer_builder, stages
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

DOCKER_PS = ("docker", "ps", "-q")
ARTICLE_DISK = 700 << 20  # bytes that the article gives each guest


@dataclass
class Figure:
    """unit: s, ms, or MiB. values: one per round."""

    what: str
    unit: str = "s"
    values: list[float] = field(default_factory=list)
    against: str = ""  # the figure that this one is set against

    @property
    def median(self) -> float:
        return median(self.values)


class Bench:
    """Measures with seats of its own, named bench. Use it as a context manager: it removes them."""

    def __init__(self, home: Home, lab: Lab, rounds: int, more_seats: int, *, cold: bool = False) -> None:
        self.home, self.lab, self.rounds, self.cold = home, lab, rounds, cold
        self.driver = load("qemu")
        self.seats = [Seat.locate(home, lab.number, f"bench{n or ''}") for n in range(more_seats)]
        self.seat = self.seats[0]
        self.figures: dict[str, Figure] = {}
        self.left_out: list[str] = []  # what could not be measured here, and why

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *error: object) -> None:
        for seat in self.seats:
            if seat.folder.exists():
                lifecycle.tidy(self.home, seat)
                layer_builder.discard(seat)

    @property
    def _works(self) -> tuple[Callable[[], None], ...]:
        return self._ready, self._reset, self._bare, self._boot, self._container, self._check, self._page, self._seats

    def plan(self) -> list[str]:
        """What run() measures, in order."""
        hypervisor = ["the same by Vagrant, where it is", *(["all of it from nothing, beside Vagrant"] if self.cold else [])]
        return [
            f"prepare lab {self.lab.number}",
            *(f"measure {_title(work)}" for work in self._works),
            *(f"measure {w}" for w in hypervisor),
        ]

    def run(self) -> None:
        with step("Preparing what is not prepared yet", key="bench prepare"):
            self._lab("up")
        for work in self._works:
            with step(f"Measuring: {_title(work)}", key=f"bench {work.__name__}"):
                work()
        self._hypervisor()

    @contextmanager
    def timed(self, key: str, what: str, against: str = "") -> Iterator[None]:
        """One value of a figure: seconds. against: the key of the figure that it is set against."""
        start = time.monotonic()
        yield
        self.figures.setdefault(key, Figure(what, against=against)).values.append(time.monotonic() - start)

    def note(self, key: str, what: str, value: float, unit: str, against: str = "") -> None:
        """One value of a figure that is not a time of something that was called."""
        self.figures.setdefault(key, Figure(what, unit, against=against)).values.append(value)

    # --- what is measured

    def _ready(self) -> None:
        """lab up of a prepared lab, from the call to an answered docker ps."""
        for _ in range(self.rounds):
            self._lab("destroy")
            with self.timed("up", "lab up, prepared, to `docker ps` over SSH", "bare"):
                self._lab("up")
                ssh.run(self.seat, *DOCKER_PS)

    def _reset(self) -> None:
        """lab reset, to an answered docker ps."""
        for _ in range(self.rounds):
            with self.timed("reset", "lab reset, to `docker ps` over SSH", "bare"):
                self._lab("reset")
                ssh.run(self.seat, *DOCKER_PS)

    def _bare(self) -> None:
        """QEMU's resume and one ssh login without anything of lab around them."""
        layer, image = self._layer(), images.ensure(self.home, self.lab.manifest.images)
        for _ in range(self.rounds):
            self.driver.attach(self.seat).end()
            with self.timed("bare", "the limit: QEMU resumes, one ssh login with `docker ps`"):
                self._start(layer, image)
                self._login()

    def _boot(self) -> None:
        """a cold boot of the same disk, to an answered docker ps."""
        for _ in range(self.rounds):
            ssh.run(self.seat, "sync")
            qemu_process.end(self.seat)
            with self.timed("boot", "a cold boot of the same disk, to the same answer", "up"):
                self.driver.attach(self.seat).resume(stages.spec_of(self.lab))  # there is no memory to resume
                self._login()
        self._lab("up")  # anew: of what was started here without it, lab knows nothing

    def _container(self) -> None:
        """docker run of a container in the machine."""
        name = f"lab/{self.lab.manifest.containers[0]}"
        for _ in range(self.rounds):
            with self.timed("container", "`docker run` of a container in the machine", "up"):
                ssh.run(self.seat, "docker", "run", "--rm", "--entrypoint", "/bin/busybox", name, "true")

    def _check(self) -> None:
        """lab check of all exercises, with all but the last solved, and the same probes one by one."""
        exercises = list(self.lab.exercises)
        self._lab("goto", exercise=len(exercises))  # as expected: nothing is waited for, and no packet is asked twice
        for _ in range(self.rounds):
            with self.timed("check", "lab check --quick, all exercises", "plain"):
                run.check(self.lab, self.seat, exercises, disruption_target=None, explain=False)
        for _ in range(self.rounds):
            with self.timed("plain", "the same checks, an ssh connection a probe, one after another"):
                run.check(self.lab, self.seat, exercises, disruption_target=None, explain=False, prober=OneByOne(self.seat))

    def _page(self) -> None:
        """the page in the browser, and the echo of its terminals."""
        from provisioner.bench.page import Page

        with Page(self) as page:
            page.run()

    def _seats(self) -> None:
        """disk and memory of more seats."""
        for number, seat in enumerate(self.seats, start=1):
            self._lab("up", seat)
            ssh.run(seat, *DOCKER_PS)
            if number in (1, 2, 10, 20) or number == len(self.seats):
                time.sleep(5)
                status = self.driver.attach(seat).status()
                self.note(f"disk{number}", f"disk of seat {number}", status.disk / (1 << 20), "MiB")
                self.note(f"memory{number}", f"memory of seat {number} (PSS)", status.memory / (1 << 20), "MiB")
        self.note("full", "disk of a full copy", _disk(self._layer()) / (1 << 20), "MiB")
        self.note("article", "disk of a guest, says the article", ARTICLE_DISK / (1 << 20), "MiB")

    def _hypervisor(self) -> None:
        from provisioner.bench.hypervisor import Hypervisor

        with Hypervisor(self) as vagrant:
            if missing := vagrant.missing():
                self.left_out.append(f"what Vagrant takes for the same was not measured: {missing} not found here")
                return
            vagrant.run()
            if self.cold:
                vagrant.cold()

    # --- how

    def _lab(self, command: str, seat: Seat | None = None, exercise: int | None = None) -> None:
        """As a user calls it: a process of its own."""
        name = (seat or self.seat).name.partition("-")[2]
        target = f"{self.lab.number}.{exercise}" if exercise else str(self.lab.number)
        words = [sys.executable, "-m", "provisioner", command, target, "--seat", name]
        result = subprocess.run(words, capture_output=True, text=True, check=False)
        if result.returncode:
            raise CommandFailed(Completed(tuple(words), result.returncode, result.stdout, result.stderr))

    def _layer(self) -> Layer:
        image = images.ensure(self.home, self.lab.manifest.images)
        plan, _ = stages.stages(self.lab, self.driver)
        return layer_builder.prepare(self.home, self.driver, stages.spec_of(self.lab), image, plan)

    def _start(self, layer: Layer, image: images.Image) -> None:
        self.seat.create(Record(self.lab.slug, self.driver.info.name, image.name, layer.key))
        self.driver.start(self.seat, stages.spec_of(self.lab), layer)

    def _login(self) -> None:
        bare = ssh.command(self.seat, *DOCKER_PS, options=("-o", "ControlMaster=no", "-o", "ControlPath=none"))
        subprocess.run(bare, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class OneByOne(Prober):
    """As testinfra's ssh backend works: each command is a connection of its own."""

    def send(self, probes: list[Probe]) -> list[Result]:
        return [self._alone(probe) for probe in probes]

    def _alone(self, probe: Probe) -> Result:
        ssh.close(self._seat)
        try:
            return super().send([probe])[0]
        finally:
            self.close()


def _title(work: Callable[[], None]) -> str:
    return (work.__doc__ or "").rstrip(".")


def _disk(layer: Layer) -> int:
    return sum(room(f) for f in layer.folder.iterdir())
