"""Seats: the running copies of labs. This module defines the files of a seat and its lock."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from provisioner.core import process
from provisioner.core.errors import LabError
from provisioner.core.files import remove_tree
from provisioner.core.paths import Home, private_folder, sync_folder, write_private
from provisioner.core.progress import say
from provisioner.core.state_file import Format, Values

SOCKET_LIMIT = 100  # bytes; the kernels' own limits are 104 and 108
_NAME = re.compile(r"[0-9]+(-[A-Za-z0-9-]+)?")


class CorruptRecord(LabError):
    """The record of a seat cannot be read."""


@dataclass
class Record:
    """The stored record of a seat. phase: "making" until the machine is handed to the learner, then "ready"."""

    lab: str
    driver: str
    image: str = ""
    layer: str = ""
    phase: str = "making"
    address: str = "127.0.0.1"
    port: int = 0
    forwards: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)  # exercise -> hints shown
    solved: list[str] = field(default_factory=list)  # exercises that a check has found done
    build_id: str = ""  # the build of the layer that the disk is based on
    variation: int = 0  # the number of the lab's variation
    saves: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> its layer, and the build of that
    unknown: dict[str, object] = field(default_factory=dict)  # fields of other versions, which are kept

    @classmethod
    def read(cls, file: Path) -> "Record":
        """Raises OSError, NewerVersion, and ValueError for an invalid record."""
        values = _FORMAT.read(file)
        if not {"lab", "driver"} <= values.keys():
            raise ValueError("a record has a lab and a driver")
        empty = cls("", "")
        field_names = {f.name for f in fields(cls)} - {"unknown"}
        for name in field_names & values.keys():
            if type(values[name]) is not type(getattr(empty, name)):
                raise ValueError(f"{name} cannot be {values[name]!r}")
        unknown = {name: values.pop(name) for name in values.keys() - field_names}
        return cls(**values, unknown=unknown)

    def write(self, file: Path) -> None:
        values = asdict(self)
        _FORMAT.write(file, values.pop("unknown") | values)


def name_build(values: Values) -> Values:
    """A migration of version 0, whose files call the build `made`."""
    return {"build_id" if name == "made" else name: value for name, value in values.items()}


_FORMAT = Format("the record of a seat", (name_build,))


class Seat:
    """The folder of a seat, or of a layer that is being built, which has the same files."""

    def __init__(self, folder: Path, name: str = "") -> None:
        self.folder = folder
        self.name = name or folder.name
        # The record, and the identity.
        self.record_file = folder / "seat.json"
        self.key = folder / "id_ed25519"
        self.host_key = folder / "host_key"
        self.known_hosts = folder / "known_hosts"
        self.nonce_file = folder / "nonce"
        self.ssh_config = folder / "ssh_config"
        self.tools_config = folder / "tools_ssh_config"  # for tools of the learner's own (cli/own_tools.py)
        # The files of the qemu driver.
        self.disk = folder / "disk.qcow2"
        self.memory = folder / "ram.img"
        self.state = folder / "state"
        self.pause_file = folder / "standing"  # exists while a command has paused the machine; contains the reason
        self.pid = folder / "pid"
        self.qmp = folder / "qmp"
        self.agent = folder / "agent"
        self.seed = folder / "seed.iso"
        self.console = folder / "console.log"
        self.egress_folder = folder / "out"
        self.machine_log = folder / "machine.log"
        # Logs and saved states.
        self.logs = folder / "logs"
        self.scratch = folder / "workplace"
        self.saves = folder / "saves"

    @classmethod
    def locate(cls, home: Home, lab: int, name: str = "") -> "Seat":
        return cls(home.seats / (f"{lab}-{name}" if name else str(lab)))

    @property
    def fork(self) -> "Seat":
        """The seat of a disposable copy of the machine, which a check disturbs."""
        return Seat(self.folder / "fork", f"{self.name}-fork")

    @property
    def nonce(self) -> str:
        """The text that the seat's services answer, which identifies them."""
        return self.nonce_file.read_text().strip()

    @property
    def room(self) -> int:
        """Bytes between its longest socket path and the limit; negative if the path is too long."""
        ssh_adds = 24  # ssh creates `root.ssh` under a temporary name, with a dot and 16 characters more
        return SOCKET_LIMIT - ssh_adds - len(os.fsencode(self.folder / "fork" / self.agent.name))

    def require_room(self) -> None:
        if self.room < 0:
            raise LabError(
                f"the path {self.folder} is too long for the sockets that a seat holds",
                hint="choose a shorter folder: LAB_HOME=/short/path lab ...",
            )

    def exists(self) -> bool:
        return self.record_file.exists()

    def read(self) -> Record | None:
        """The record, or None if there is none. Raises CorruptRecord and NewerVersion."""
        try:
            return Record.read(self.record_file)
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            raise CorruptRecord(
                f"the record of seat {self.name} is corrupt", evidence=f"{self.record_file}: {error}",
                hint=f"lab up {self.name.partition('-')[0]} sets the seat aside with its disk, and starts a new one",
            ) from None  # fmt: skip

    @property
    def corrupt(self) -> bool:
        """Whether its record cannot be read. Raises NewerVersion."""
        try:
            self.read()
        except CorruptRecord:
            return True
        return False

    def write(self, record: Record) -> None:
        record.write(self.record_file)

    def update(self, **changes: Any) -> None:  # noqa: ANN401 - fields of a record
        """Changes fields of the record. The seat must be locked, and have a record."""
        record = self.read()
        assert record is not None
        self.write(replace(record, **changes))

    def create(self, record: Record) -> None:
        """Creates the folder and a new identity: a key pair, a host key, a nonce."""
        self.require_room()
        private_folder(self.folder)
        self.logs.mkdir(exist_ok=True)
        self.write(record)
        for key in (self.key, self.host_key):
            if not key.with_suffix(".pub").exists():  # ssh-keygen writes it last
                key.unlink(missing_ok=True)
                process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab-{self.name}", "-f", str(key)])
        if not self.nonce_file.exists():
            write_private(self.nonce_file, secrets.token_hex(4) + "\n")

    def remove(self) -> None:
        """Removes the seat, whose machine must have ended. Raises HostError if files remain."""
        remove_tree(self.folder)

    def set_aside(self) -> Path:
        """Moves the seat, with its disk, to a folder beside it, and returns that. The name is free for a new seat then."""
        new_folder = self.folder.with_name(f".{self.folder.name}.{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.aside")
        self.folder.rename(new_folder)
        sync_folder(new_folder.parent)
        return new_folder

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Locks the seat for one command; others wait, and say for whom. The kernel releases it after kill -9."""
        with hold_lock(self._lock_file, purpose):
            yield

    @property
    def _lock_file(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.lock")

    @property
    def is_locked(self) -> bool:
        """Whether a command holds the lock, and so is responsible for unfinished work."""
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._lock_file, timeout=0, mode=0o600):
                return False
        except Timeout:
            return True


@contextmanager
def hold_lock(path: Path, purpose: str) -> Iterator[None]:
    """Holds a lock file. Those who wait print the purpose of the holder."""
    from filelock import FileLock, Timeout

    private_folder(path.parent)
    lock = FileLock(path, mode=0o600)
    note = path.with_suffix(".who")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"… waiting for {read_holder(note) or 'another lab command'}")
        lock.acquire()
    try:
        note.write_text(f"{purpose} (process {os.getpid()})\n")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def read_holder(note: Path) -> str:
    """Empty where the holder is writing it, or is done."""
    try:
        return note.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def make_layer_seat(home: Home, layer_key: str) -> Seat:
    """Where a layer is built: a folder like a seat's."""
    return Seat(home.layers / f"b-{layer_key[:8]}")


def seats(home: Home) -> list[Seat]:
    """All existing seats, in order. Ignores other files in their folder."""
    if not home.seats.is_dir():
        return []
    all_seats = [Seat(f) for f in home.seats.iterdir() if _NAME.fullmatch(f.name) and f.is_dir()]
    return sorted((s for s in all_seats if s.exists()), key=lambda s: (int(s.name.split("-")[0]), s.name))


def set_aside(home: Home) -> list[Path]:
    """The folders of seats that were set aside, the oldest first."""
    return sorted(home.seats.glob(".*.aside"), key=lambda folder: folder.name.rsplit(".", 2)[1])
