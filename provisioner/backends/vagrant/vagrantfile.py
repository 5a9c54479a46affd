"""One machine of the project's Vagrantfile, driven through python-vagrant. The only module that imports it.

python-vagrant drops what Vagrant says; here it goes to the seat's log, feeds the progress and is in the error.
"""

import os
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil

from provisioner.core import process, progress
from provisioner.core.errors import HostError, MachineError
from provisioner.core.paths import PACKAGE, private_folder, write_private
from provisioner.core.state_file import Format, Values
from provisioner.seats.seat import Seat

NAME = "lab"  # of the machine, in the topology of a seat
EVIDENCE_LINES = 15
_TRACE = re.compile(r"(\d+: )?from \S+\.rb:\d+:in ")


def _name_mgmt(topology: Values) -> Values:
    """A migration of version 0: the port of the management network was called `door`."""
    return topology if "mgmt" in topology else {**topology, "mgmt": topology.get("door")}


_TOPOLOGY = Format("the topology of a Vagrant machine", (_name_mgmt,))


def boxes() -> Path:
    """Where this user's Vagrant keeps its boxes."""
    return Path(os.environ.get("VAGRANT_HOME") or Path.home() / ".vagrant.d") / "boxes"


def box_folder(name: str, provider: str) -> Path:
    return boxes() / name.replace("/", "-VAGRANTSLASH-") / "0" / provider


class Vagrantfile:
    """The seat's machine as Vagrant knows it. topology: what the Vagrantfile reads (see there)."""

    def __init__(self, seat: Seat, provider: str) -> None:
        self.seat, self.provider = seat, provider
        self.folder = seat.folder / "vagrant"
        self.file = self.folder / "topology.json"
        self.ssh_config = self.folder / "ssh_config"
        self.log = seat.logs / "vagrant.log"  # kept where a preparation failed

    @property
    def topology(self) -> dict[str, Any]:
        try:
            return _TOPOLOGY.read(self.file)
        except (OSError, ValueError):
            return {}

    @property
    def id(self) -> str:
        """The back end's name of the machine; empty if there is none."""
        try:
            return (self.folder / "machines" / NAME / self.provider / "id").read_text().strip()
        except OSError:
            return ""

    def write(self, topology: Mapping[str, Any]) -> None:
        private_folder(self.folder)
        _TOPOLOGY.write(self.file, {"name": NAME, **topology})

    def up(self) -> None:
        """Creates the machine or starts it, and notes its way in."""
        self._do("start the machine", lambda v: v.up(provider=self.provider, no_provision=True))
        write_private(self.ssh_config, self._do("tell the way in", lambda v: v.ssh_config()))

    def end_orphans(self) -> None:
        """A killed `lab` leaves its Vagrant running, which keeps the machine locked. The seat's lock says it is nobody's."""
        orphans = [p for p in psutil.process_iter() if _environment(p).get("VAGRANT_DOTFILE_PATH") == str(self.folder)]
        for orphan in orphans:
            with suppress(psutil.Error):
                orphan.terminate()
        for orphan in psutil.wait_procs(orphans, timeout=10)[1]:
            with suppress(psutil.Error):
                orphan.kill()

    def halt(self) -> None:
        self._do("stop the machine", lambda v: v.halt())

    def suspend(self) -> None:
        self._do("suspend the machine", lambda v: v.suspend())

    def resume(self) -> None:
        """With its memory; Vagrant does nothing where there is none. It waits for the machine's ordinary sshd, which the
        learner may have shut: where there is a management network, not for long."""
        patience = {"LAB_BOOT_TIMEOUT": "30"} if self.topology["mgmt"] else {}
        self._do("resume the machine", lambda v: v.resume(), **patience)

    def destroy(self) -> None:
        self._do("remove the machine", lambda v: v.destroy())

    def save(self, name: str, *, first: bool = False) -> None:
        """Saving over a name would be refused: the old one goes first. first: there is none, and need not be looked for."""
        if not first and name in self.saves():
            self._do(f"remove the state {name}", lambda v: v.snapshot_delete(name))
        self._do(f"save the state {name}", lambda v: v.snapshot_save(name))

    def restore(self, name: str) -> None:
        self._do(f"restore the state {name}", lambda v: v.snapshot_restore(name))

    def saves(self) -> list[str]:
        """python-vagrant returns lines of Vagrant's talk as well."""
        lines = self._do("list the saved states", lambda v: v.snapshot_list())
        return [line for line in lines if line and not line.startswith("==>")]

    def state(self) -> str:
        """running, saved, poweroff, aborted, not_created, or a provider's own word."""
        states = self._do("tell its state", lambda v: v.status())
        return str(states[0].state) if states else "not_created"

    def package(self, box: Path) -> None:
        self._do("pack the machine as a box", lambda v: v.package(output=str(box)))

    def add_box(self, name: str, file: Path) -> None:
        self._do(f"take the box {name}", lambda v: v.box_add(name, str(file), provider=self.provider, force=True))

    @property
    def way_in(self) -> tuple[str, int]:
        """Address and port of the machine's ordinary sshd, as Vagrant told them."""
        words = dict(line.split(None, 1) for line in self.ssh_config.read_text().splitlines() if " " in line.strip())
        return words["HostName"].strip(), int(words["Port"])

    def shell(self, script: str, timeout: float = 120) -> str:
        """Runs a script as root in the machine, by Vagrant's own way in. Raises MachineError, CommandFailed."""
        ssh = ["ssh", "-F", str(self.ssh_config), "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR", NAME, "sudo", "sh", "-s"]
        return process.run(ssh, input=script, timeout=timeout).out

    def remove_box(self, name: str) -> None:
        self._do(f"remove the box {name}", lambda v: v.box_remove(name, self.provider))

    def _do(self, purpose: str, call: Any, **extra: str) -> Any:  # noqa: ANN401 - python-vagrant is not typed
        import vagrant

        @contextmanager
        def log() -> Iterator[IO[str]]:
            with self.log.open("a") as file:
                yield file

        env = os.environ | {
            "VAGRANT_DOTFILE_PATH": str(self.folder), "VAGRANT_DEFAULT_PROVIDER": self.provider,
            "VAGRANT_CHECKPOINT_DISABLE": "1", "LAB_TOPOLOGY": str(self.file), **extra,
        }  # fmt: skip
        self.log.parent.mkdir(parents=True, exist_ok=True)
        offset = self.log.stat().st_size if self.log.exists() else 0
        client: Any = vagrant.Vagrant(root=str(root()), env=env, out_cm=log, err_cm=log)  # type: ignore[no-untyped-call]
        try:
            with _following(self.log, offset):
                return call(client)
        except subprocess.CalledProcessError as error:
            output = "\n".join(_lines(self.log, offset)[-EVIDENCE_LINES:])
            raise MachineError(
                f"Vagrant could not {purpose} (code {error.returncode})", evidence=output, hint=f"the whole log: {self.log}"
            ) from None
        except FileNotFoundError:
            raise HostError("Vagrant is not installed", hint="lab doctor names the command that installs it") from None


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ() if "vagrant" in process.name() or "ruby" in process.name() else {}
    except psutil.Error:
        return {}


def root() -> Path:
    """Where the Vagrantfile is: beside the package in a checkout, else in it."""
    return PACKAGE.parent if (PACKAGE.parent / "Vagrantfile").exists() else PACKAGE


def _lines(log: Path, offset: int) -> list[str]:
    """What was said since then, without the redrawn lines of progress bars and without Ruby's way to an error."""
    with log.open(errors="replace") as file:
        file.seek(offset)
        text = file.read()
    parts = [line.rpartition("\r")[2].replace("\x1b[K", "").strip() for line in text.split("\n")]
    return [p.removeprefix(f"==> {NAME}: ") for p in parts if p and not p.startswith("Progress:") and not _TRACE.match(p)]


@contextmanager
def _following(log: Path, offset: int) -> Iterator[None]:
    """Vagrant's newest line is the detail of the step under way."""
    end = threading.Event()

    def follow() -> None:
        while not end.wait(0.5):
            if log.exists() and (lines := _lines(log, offset)):
                progress.detail(lines[-1])

    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        end.set()
        watcher.join()
