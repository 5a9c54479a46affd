"""Starts QEMU from a disk, with or without a stored state, and gives the guest its seat's identity."""

import re
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from provisioner.backends import egress as way
from provisioner.backends.disk_chain import chain
from provisioner.backends.qemu import accelerator, agent, arguments, console, guest_dns, qemu_process, user
from provisioner.backends.qemu.arguments import Kernel
from provisioner.backends.qemu.monitor import Monitor
from provisioner.core.errors import HostError, MachineError
from provisioner.core.files import free_port, tail
from provisioner.core.model import CapabilityLost, Endpoint, Spec
from provisioner.core.paths import Home, private_folder, sync_folder
from provisioner.core.progress import say
from provisioner.images import Image
from provisioner.seats import identity
from provisioner.seats.seat import Seat, seats

BOOT_PATIENCE = {"tcg": 300.0}  # seconds until the guest's agent answers; accelerated: a minute
RESUME_PATIENCE = 180.0  # a second, unless a room of them is resumed at once
PORT_TRIES = 5
# What QEMU says where a state is not for it. One that the host has no memory or no room for may be good.
_REFUSED = re.compile(
    "Machine type received is|Unknown (savevm|ramblock)|load of migration failed: (?!Cannot allocate|No space)"
)
# The agent answers early in a boot. Failed units are the learner's business: a degraded machine is up.
_BOOTED = "systemctl is-system-running --wait >/dev/null || systemctl is-active --quiet lab-mgmt.socket"


@dataclass(frozen=True)
class Memory:
    """Where a machine's memory comes from. shared: the file is the machine's own, not a private view of a stored one. state:
    that of the devices, with which it resumes; whole: it has the memory, too. consume: it is a learner's machine, suspended
    with this state. Before it runs the state is removed, which the disk would no longer fit; from then on its memory is
    nowhere else, and it is not ended for a guest that responds late. inherited: descriptors that the file needs."""

    file: Path
    shared: bool
    state: Path | None = None
    whole: bool = True
    consume: bool = False
    inherited: Sequence[int] = ()


def start(home: Home, seat: Seat, spec: Spec, image: Image, memory: Memory, *, online: bool = False) -> Endpoint:
    """Starts QEMU and, with a state, resumes it; then gives the guest its identity. online: it is being prepared, and may fetch
    packages whatever the lab says. Raises MachineError, HostError; StateRefused where QEMU ran, and the state is not for it;
    CapabilityLost where its accelerator fails: the next call takes another one."""
    accel = accelerator.choose(home, image)
    outward = online or spec.internet
    isolated = outward and _can_be_apart(seat)
    common = [
        *arguments.common(f"lab-{seat.name}", spec.cpus),
        *arguments.machine(accel, other_machines=sum(qemu_process.find(other) is not None for other in seats(home))),
        *arguments.memory(spec.memory, memory.file, arguments.SHARED if memory.shared else arguments.PRIVATE),
        *arguments.disk(seat.disk, chain(home, seat), durable=not (online or spec.disposable)),
        *_devices(seat),
        *_boot_source(seat, image, accel),
        *(["-incoming", "defer", "-S"] if memory.state else []),
    ]
    patience = RESUME_PATIENCE if memory.state else BOOT_PATIENCE.get(accel, 90)
    for _ in range(PORT_TRIES):
        end = Endpoint("127.0.0.1", free_port(), {port: free_port() for port in spec.forwards})
        command = [*common, *_network(seat, end, outward=outward, isolated=isolated)]
        if isolated:
            command = way.command(private_folder(seat.egress_folder), [end.port, *end.forwards.values()], command)
        try:
            with suppress(_PortTaken):
                _run(seat, command, memory, patience, outward=outward)
                accelerator.prove(home, image, accel)
                return end
        except MachineError as error:
            problem = accelerator.find_blame(accel, _log(seat))
            if isinstance(error, NoAnswer) and not memory.state and not accelerator.is_proved(home, image, accel):
                problem = problem or f"the first machine did not answer within {patience:.0f} s"
            if problem:
                accelerator.give_up(home, image, accel, problem)
                raise CapabilityLost(error.what, evidence=error.evidence, hint=error.hint) from None
            raise
    raise HostError("no free ports on 127.0.0.1", evidence=_log(seat))


def _devices(seat: Seat) -> list[str]:
    return [
        *arguments.agent(seat.agent), *arguments.generation(), *arguments.balloon(),
        *arguments.control(seat.qmp, seat.pid), *console.ARGUMENTS,
    ]  # fmt: skip


def _network(seat: Seat, end: Endpoint, *, outward: bool, isolated: bool) -> list[str]:
    """Its cards; and the user that QEMU becomes, whose number is of the port that it listens to."""
    listen, number = way.ADDRESS if isolated else "127.0.0.1", user.number(end.port)
    return [
        *arguments.uplink(outward, end.forwards, listen), *arguments.management(end.port, listen),
        *arguments.sandbox(changes_user=number is not None), *user.options(number),
    ]  # fmt: skip


def _run(seat: Seat, command: list[str], memory: Memory, patience: float, *, outward: bool) -> None:
    with qemu_process.launch(seat, command, memory.inherited) as qemu:
        try:
            if memory.state:
                _load(seat, qemu, memory.state, ignore_shared=not memory.whole, consume=memory.consume)
            _greet(seat, qemu, patience, after_boot=not memory.state)
            if memory.state and outward:
                guest_command(seat, guest_dns.KNOW)
        except MachineError as error:
            log = _last_words(seat, qemu)
            if "host forwarding" in log:
                raise _PortTaken from None
            if not qemu.is_kept:
                kind = StateRefused if memory.state and _REFUSED.search(log) else type(error)
                raise kind(error.what, evidence=f"{error.evidence}\n{log}", hint=error.hint) from None
            say(f"! {error.what}: it goes on, and `lab status` tells of it")


class _PortTaken(Exception):
    """Somebody took the port between our asking and QEMU's."""


class NoAnswer(MachineError):
    """QEMU runs, and nothing in its machine answers."""


class StateRefused(MachineError):
    """QEMU ran, and did not take a stored state: that is of another QEMU, or damaged."""


def guest_command(seat: Seat, script: str, patience: float = RESUME_PATIENCE, alive: Callable[[], None] | None = None) -> str:
    """Runs a script in the guest through its agent, patience in seconds; returns what it said. Raises MachineError."""
    result = agent.run(seat.agent, script, timeout=patience, alive=alive)
    if result.code:
        raise MachineError(f"guest command failed (exit {result.code})", evidence=f"{script}\n{result.out}")
    return result.out


def _can_be_apart(seat: Seat) -> bool:
    """Whether a machine with a way out can be kept from this host. Where it cannot, it is started all the same, which is
    said: an ordinary user's laptop would have no machine at all, and nothing of a guest's has run yet when it is prepared."""
    if reason := way.works(private_folder(seat.egress_folder)):
        say(f"! while this machine may call out, it can also reach services of this computer ({reason})")
    return not reason


def _boot_source(seat: Seat, image: Image, accel: str) -> list[str]:
    if image.kernel is not None:
        return arguments.kernel(Kernel(image.kernel, image.initrd), accel)
    from provisioner.images.cloud_init import write

    write(seat, arguments.UPLINK_MAC)
    return arguments.seed(seat.seed)


def _load(seat: Seat, qemu: qemu_process.Launched, state: Path, *, ignore_shared: bool, consume: bool) -> None:
    with Monitor(seat.qmp, patience=20, alive=qemu.require_life) as monitor:
        monitor.load(state, without_memory=ignore_shared)
        if consume:
            qemu.keep()
            state.unlink()
            sync_folder(state.parent)
        monitor.ask("cont")


def _greet(seat: Seat, qemu: qemu_process.Launched, patience: float, *, after_boot: bool) -> None:
    """Waits until the guest's agent has taken the seat's identity."""

    def alive() -> None:
        qemu.require_life()
        if "Kernel panic" in console.take(seat):  # it answers no more, however long it is waited for
            raise MachineError("its kernel has panicked")

    try:
        guest_command(seat, identity.make_script(seat), patience, alive)
        if after_boot:
            guest_command(seat, _BOOTED, patience, alive)
    except MachineError as error:
        if qemu.process.poll() is None:
            raise NoAnswer(
                "the machine started, and its guest does not answer", evidence=f"{error.what}\n{console.take(seat)}",
                hint=f"its console: {seat.console}",
            ) from None  # fmt: skip
        raise MachineError(error.what, evidence=console.take(seat)) from None


def _last_words(seat: Seat, qemu: qemu_process.Launched) -> str:
    """What QEMU said; of one that is just ending, all of it."""
    with suppress(subprocess.TimeoutExpired):
        qemu.process.wait(0.5)
    return _log(seat)


def _log(seat: Seat) -> str:
    return tail(seat.machine_log)
