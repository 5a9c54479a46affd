"""What is said about machines: what one is made like, what it is made from, where it answers, how it stands."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from provisioner.core.errors import LabError, MachineError


@dataclass(frozen=True)
class Info:
    """What a driver is. kernel: its machines have one of their own, or share the host's. layers: what it stores of a prepared
    machine; from `disk` one boots, and what was not written down (firewall rules) is gone. converts: the drivers from whose
    layers it can make a machine, where those prepare one quicker. playbooks: whether Ansible sets its machines up; else they
    get the manifest, and run the lab's `setup.sh`."""

    name: str
    kernel: Literal["own", "host"] = "own"
    layers: Literal["none", "disk", "memory"] = "none"
    converts: tuple[str, ...] = ()
    playbooks: bool = True


@dataclass(frozen=True)
class Finding:
    """One thing that a driver needs: found or not, and the command that fixes it."""

    what: str
    is_present: bool
    detail: str = ""
    fix: str = ""
    packages: tuple[str, ...] = ()  # of the distribution, that bring it


@dataclass(frozen=True)
class Spec:
    """What a machine is made like. memory in MiB, disk in GiB; forwards: ports of the machine opened on 127.0.0.1; disposable:
    it may be lost with its host, as a copy that a check disturbs."""

    cpus: int
    memory: int
    disk: int
    internet: bool = False
    forwards: tuple[int, ...] = ()
    disposable: bool = False


@dataclass(frozen=True)
class Layer:
    """A stored state of a machine: its key, and the folder of one build of it (see provisioner/provision/layer_store.py).
    driver: the name of the one that stored it."""

    key: str
    folder: Path
    driver: str = ""


@dataclass(frozen=True)
class Endpoint:
    """Where a machine answers; users and keys are the seat's."""

    address: str
    port: int
    forwards: dict[int, int] = field(default_factory=dict)  # the machine's port -> the port on 127.0.0.1


@dataclass(frozen=True)
class Status:
    """Asked of the back end, never remembered. memory and disk in bytes, on the host. emulated: its processor is a program."""

    state: Literal["running", "stopped", "absent", "broken"]
    detail: str = ""
    memory: int = 0
    disk: int = 0
    emulated: bool = False


class CapabilityLost(MachineError):
    """A back end can do less on this host than it believed, and has made a note of that: who plans anew gets what works."""


class LayerRefused(MachineError):
    """A stored layer that the back end ran with and refused, or cannot read: it is made anew. Never for a fault of the host."""

    def __init__(self, layer: Layer, why: LabError) -> None:
        super().__init__(why.what, evidence=why.evidence, hint=why.hint)
        self.layer = layer.folder.name
