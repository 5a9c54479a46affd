"""QEMU's command line, from small pure functions."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provisioner.core import process

MGMT_MAC = "52:54:00:1a:b0:0d"  # known to guest/rootfs/usr/local/lib/lab/mgmt-net
MGMT_ADDRESS = "10.0.3.15"
UPLINK_MAC = "52:54:00:1a:b0:01"
SHARED = "share=on"  # the file is the memory: what a layer is made of
PRIVATE = "share=off"  # copy on write: what a seat resumes from

_ARM_FIRMWARE = (Path("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"), Path("/usr/share/edk2/aarch64/QEMU_EFI.fd"))
# MiB for the translated code of one machine; for that of all, at most this part of the host's memory.
MOST_TRANSLATIONS, LEAST_TRANSLATIONS, SHARE = 768, 32, 1 / 8
# Of the kernel, for what /usr/local/lib/lab/tune-emulation does later. Programs at the same addresses each time they start:
# with random ones more than a third of an emulated machine's work is translating. Memory is cleared where it is asked for.
TUNED = "norandmaps init_on_alloc=0"


@dataclass(frozen=True)
class Kernel:
    image: Path
    initrd: Path
    append: str = "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off quiet"


def is_arm(machine: str = platform.machine()) -> bool:
    return machine.lower() in ("aarch64", "arm64")


ARM = is_arm()
PACKAGES = ("qemu-system-arm", "qemu-efi-aarch64") if ARM else ("qemu-system-x86",)  # of Debian


def program(arm: bool = ARM) -> str:
    """The emulator of this processor's own kind."""
    return "qemu-system-aarch64" if arm else "qemu-system-x86_64"


@cache
def version() -> str:
    """As QEMU says it, with the distribution's revision: a stored state is bound to it. Raises HostError."""
    return process.run([program(), "--version"], timeout=30).out.splitlines()[0].removeprefix("QEMU emulator version ")


def translations(other_machines: int) -> int:
    """MiB for translated code of an emulated machine, beside so many others. Where it is full, all of it is thrown away: an
    exercise's container restarted and another one made anew take 370, and with 256 a third more of work; with a tenth of that
    a guest is half as fast. It is never given back, so that many seats get less each."""
    import psutil

    all_of_them = int(psutil.virtual_memory().total * SHARE) >> 20
    return max(LEAST_TRANSLATIONS, min(MOST_TRANSLATIONS, all_of_them // (other_machines + 1)))


def machine(accelerator: str, arm: bool = ARM, other_machines: int = 0) -> list[str]:
    """other_machines: those that run at the same time."""
    board = "virt" if arm else "q35,sata=off,smbus=off"  # what no disk of ours is at: drivers less to load at each boot
    accel = {"tcg": f"tcg,thread=multi,tb-size={translations(other_machines)}"}.get(accelerator, accelerator)
    return ["-machine", f"{board},memory-backend=ram", "-accel", accel, "-cpu", processor(accelerator, arm)]


def processor(accelerator: str, arm: bool = ARM) -> str:
    """The model, which a stored state is bound to. Emulated it is one that programs find few instructions on, and these
    few cheap: with all that QEMU can emulate (`max`: AVX, its wider registers saved at each switch) a start of Python
    takes 1.4 times as long, and a boot 1.2 times. x86-64-v2 is what images of today ask for."""
    if arm:
        return "max"
    return "qemu64,ssse3=on,sse4.1=on,sse4.2=on,popcnt=on" if accelerator == "tcg" else "host"


def memory(size: int, file: Path, sharing: str) -> list[str]:
    """size in MiB."""
    backend = f"memory-backend-file,id=ram,size={size}M,mem-path={_quoted(file)},{sharing}"
    return ["-m", str(size), "-object", backend]


def disk(file: Path, backing_files: Sequence[Path] = (), *, durable: bool) -> list[str]:
    """backing_files: the uppermost first; the name in the file may be of another place. durable: what the guest has written and
    synced survives a power cut of the host. A disposable machine or one that is prepared need not: a layer is synced when it
    is stored."""
    cache = "writeback" if durable else "unsafe"
    node = f"file={_quoted(file)},if=none,id=disk,format=qcow2,cache={cache},discard=unmap,detect-zeroes=unmap"
    # Writable at once: it could not be opened a second time by who QEMU is then (user.py).
    node += ",auto-read-only=off"
    for depth, under in enumerate(backing_files, 1):
        name = "backing." * depth
        node += f",{name}driver={under.suffix[1:]},{name}file.driver=file,{name}file.filename={_quoted(under)}"
    return ["-drive", node, "-device", "virtio-blk-pci,drive=disk"]


def uplink(internet: bool, forwards: Mapping[int, int], listen: str = "127.0.0.1") -> list[str]:
    """The machine's own card. Without internet it reaches nothing of the host, whose loopback would be 10.0.2.2. listen:
    where QEMU does, if not on the host itself."""
    forwarded = "".join(f",hostfwd=tcp:{listen}:{host}-10.0.2.15:{guest}" for guest, host in sorted(forwards.items()))
    net = f"user,id=up,restrict={'off' if internet else 'on'}{forwarded}"
    return ["-netdev", net, "-device", f"virtio-net-pci,netdev=up,mac={UPLINK_MAC},romfile="]


def management(port: int, listen: str = "127.0.0.1") -> list[str]:
    """The card that carries SSH and nothing else; port is on the host's 127.0.0.1."""
    net = f"user,id=mgmt,net=10.0.3.0/24,restrict=on,hostfwd=tcp:{listen}:{port}-{MGMT_ADDRESS}:22"
    return ["-netdev", net, "-device", f"virtio-net-pci,netdev=mgmt,mac={MGMT_MAC},romfile="]


def agent(pipe: Path) -> list[str]:
    # A pipe counts as connected at all times: the agent in the guest sleeps in read() instead of polling.
    return [
        "-device", "virtio-serial-pci", "-chardev", f"pipe,id=agent,path={_quoted(pipe)}",
        "-device", "virtserialport,chardev=agent,name=lab.agent",
    ]  # fmt: skip


def sandbox(host: str = platform.system(), *, changes_user: bool = False) -> list[str]:
    """changes_user: QEMU becomes another one itself, who may not become a third."""
    if host != "Linux":
        return []
    elevate = "allow" if changes_user else "deny"
    return ["-sandbox", f"on,obsolete=deny,elevateprivileges={elevate},spawn=deny,resourcecontrol=deny"]


def kernel(boot: Kernel, accelerator: str) -> list[str]:
    append = f"{boot.append} {TUNED}" if accelerator == "tcg" else boot.append
    return ["-kernel", str(boot.image), "-initrd", str(boot.initrd), "-append", append]


def seed(iso: Path, arm: bool = ARM) -> list[str]:
    """cloud-init's data, for images that boot by themselves: a PC's board brings the firmware for that, ARM's does not."""
    firmware = next((str(file) for file in _ARM_FIRMWARE if file.exists()), "edk2-aarch64-code.fd")  # QEMU's own, by its name
    return ["-drive", f"file={_quoted(iso)},if=virtio,format=raw,readonly=on", *(["-bios", firmware] if arm else [])]


def control(qmp: Path, pid: Path) -> list[str]:
    # -qmp unix:... would take a path with an equals sign for an option.
    socket = f"socket,id=qmp,path={_quoted(qmp)},server=on,wait=off"
    return ["-chardev", socket, "-mon", "chardev=qmp,mode=control", "-pidfile", str(pid)]


def common(name: str, cpus: int) -> list[str]:
    return [
        program(), "-name", name, "-nodefaults", "-no-user-config", "-display", "none", "-smp", str(cpus),
        "-device", "virtio-rng-pci",
    ]  # fmt: skip


def generation(arm: bool = ARM) -> list[str]:
    """A new number at every start: after a resume the guest's kernel reseeds its random generator. A PC's device: where
    it is not, seats/identity.py's random numbers are all there is."""
    return [] if arm else ["-device", "vmgenid,guid=auto"]


def balloon() -> list[str]:
    """Takes memory that the guest lends: see balloon.py."""
    return ["-device", "virtio-balloon-pci"]


def _quoted(path: Path) -> str:
    """QEMU's option syntax takes a doubled comma for a comma."""
    return str(path).replace(",", ",,")
