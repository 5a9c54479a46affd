"""Which accelerator works here: found by running a guest with it, because /dev/kvm may open and yet fail.

The answer is remembered until this host starts again, or its QEMU or the rights to the device change. One that fails at a real
start all the same is believed no longer; nor is one with which no machine's guest has ever answered, if the first one does not.
"""

import os
import platform
import re
import stat
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from provisioner.backends.qemu import arguments, tiny_guest, user
from provisioner.backends.qemu.arguments import Kernel
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.core.state_file import Format, NewerVersion, Values
from provisioner.images import Image

KVM, PROCESSOR = Path("/dev/kvm"), Path("/proc/cpuinfo")
PATIENCE = 20.0  # seconds; a kernel that is truly accelerated gets there in 2
_NOTE = Format("the note of the accelerator")
_KERNEL_RUNS = re.compile(rb"as init process|Attempted to kill init|No working init|systemd\[1\]")
_BLAMED = re.compile(r"\bkvm|\bhvf|HV_|accelerat|MSR|hardware error|emulation failure", re.IGNORECASE)


def candidates(host: str = platform.system(), kvm: Path = KVM) -> list[str]:
    """What this kind of host could have, best first; tcg always works. Windows' own (WHPX) cannot store a machine."""
    native = {"Linux": ["kvm"] if kvm.exists() else [], "Darwin": ["hvf"]}
    return [*native.get(host, []), "tcg"]


def none_here(kvm: Path = KVM, processor: Path = PROCESSOR) -> bool:
    """Whether a Linux host is sure to emulate, as far as can be told before there is a QEMU to try with."""
    with suppress(OSError):
        flags = re.search(r"^flags\s*:.*", processor.read_text(), re.M)  # x86 lists them; others have no such line
        return not kvm.exists() or (flags is not None and not re.search(r" (vmx|svm)\b", flags[0]))
    return False


def in_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def advice(
    kvm: Path = KVM, processor: Path = PROCESSOR, *, contained: bool = in_container(), release: str = platform.release()
) -> str:  # fmt: skip
    """The one command or setting with which a Linux host would have KVM."""
    text = processor.read_text(errors="replace") if processor.exists() else ""
    flag = re.search(r"^flags\s*:.* (vmx|svm)\b", text, re.M)
    if not kvm.exists() and "microsoft" in release.lower():
        return r"nestedVirtualization=true below [wsl2] in %UserProfile%\.wslconfig, then: wsl --shutdown    (Windows 11)"
    if kvm.exists() and not os.access(kvm, os.R_OK | os.W_OK):
        return f"{_open_to_group(kvm)}sudo usermod -aG kvm $USER    and log in again"
    if kvm.exists() or (not flag and re.search(r"^flags\s*:.* hypervisor\b", text, re.M)):
        return "this host is a virtual machine itself: switch on nested virtualization where it runs"
    if flag and contained:
        return "start this container with --device /dev/kvm"
    if flag:
        return f"sudo modprobe {'kvm_intel' if flag[1] == 'vmx' else 'kvm_amd'}"
    return "switch on virtualization (VT-x, AMD-V) in the firmware's settings"


def _open_to_group(kvm: Path) -> str:
    """A distribution's own rules give the device to the group kvm; a container's device may be root's alone."""
    status = kvm.stat()
    is_for_group = status.st_gid != 0 and status.st_mode & stat.S_IWGRP
    return "" if is_for_group else f"sudo chgrp kvm {kvm} && sudo chmod g+rw {kvm} && "


def choose(home: Home, image: Image) -> str:
    """The best accelerator that runs a guest here. Raises HostError where QEMU is missing."""
    note = _read(home, image)
    if note.get("accelerator"):
        return str(note["accelerator"])
    failed = list(note.get("failed", []))
    choice = "tcg"
    for name in candidates():
        if name == "tcg":
            break
        if name in failed:
            continue
        with step(f"Trying the accelerator {name}", key=f"try {name}") as bar:
            problem = try_out(name, image)
            bar.result("works" if not problem else "does not work here")
        if not problem:
            choice = name
            break
        _say_slower(name, problem)
    remember(home, image, choice, failed)
    return choice


def give_up(home: Home, image: Image, name: str, problem: str) -> None:
    """The accelerator failed at a real start: it is not chosen again, as long as nothing changes. problem: what was seen."""
    _say_slower(name, problem)
    remember(home, image, "", [*_read(home, image).get("failed", []), name])


def prove(home: Home, image: Image, name: str) -> None:
    """A machine's guest has answered with it, which says more than a kernel that starts."""
    note = _read(home, image)
    if note.get("accelerator") == name and not note.get("proved") and not _NOTE.is_newer(home.accelerator):
        _NOTE.write(home.accelerator, {**note, "proved": True})


def is_proved(home: Home, image: Image, name: str) -> bool:
    """Whether a guest has answered with it before. What needs no proof is emulation."""
    note = _read(home, image)
    return name == "tcg" or (note.get("accelerator") == name and bool(note.get("proved")))


def find_blame(name: str, log: str) -> str:
    """The line in which a QEMU that failed blames its accelerator, if there is one. log: what it said."""
    lines = [line for line in log.splitlines() if _BLAMED.search(line)] if name != "tcg" else []
    return _shorten(lines[0]) if lines else ""


def remembered(home: Home, image: Image) -> str:
    """What choose() found before, if nothing has changed, else empty."""
    return str(_read(home, image).get("accelerator", ""))


def remember(home: Home, image: Image, choice: str, failed: Sequence[str] = ()) -> None:
    """choice: empty if one has to be found. failed: those that are not to be tried."""
    home.accelerator.parent.mkdir(parents=True, exist_ok=True)
    if not _NOTE.is_newer(home.accelerator):
        _NOTE.write(home.accelerator, {"asked": _identify(image), "accelerator": choice, "failed": list(failed)})


def _say_slower(name: str, problem: str) -> None:
    hint = f"  → {advice()}" if name == "kvm" else ""
    say(f"! {name} does not work here ({problem}): machines are emulated, which is slower{hint}")


def _read(home: Home, image: Image) -> Values:
    with suppress(FileNotFoundError, ValueError, NewerVersion):
        note = _NOTE.read(home.accelerator)
        if note.get("asked") == _identify(image):
            return note
    return {}


def _identify(image: Image, kvm: Path = KVM) -> str:
    """What the answer depends on. A device that is made anew (its module was loaded) or whose rights change has another time
    of change."""
    device = "no device"
    with suppress(OSError):
        status = kvm.stat()
        access = "opens" if os.access(kvm, os.R_OK | os.W_OK) else "denied"
        device = f"{stat.filemode(status.st_mode)} {status.st_gid} {status.st_ctime_ns} {access}"
    return f"{arguments.version()} {psutil.boot_time():.0f} {image.digest} {device}"


def try_out(name: str, image: Image, patience: float = PATIENCE) -> str:
    """Boots the image's kernel without a root disk until it starts its init; or the tiny guest, where the disk has its own
    kernel. Empty, or what was seen instead."""
    number = user.number(0)
    with TemporaryDirectory() as folder:
        if image.kernel is None:
            sign = re.compile(re.escape(tiny_guest.SAYS.rstrip()))
            guest = tiny_guest.write(Path(folder))
        else:
            sign = _KERNEL_RUNS
            guest = arguments.kernel(Kernel(image.kernel, image.initrd, "console=ttyS0 rdinit=/bin/false panic=-1"), name)
        command = [
            arguments.program(), *arguments.machine(name), "-m", "512", "-object", "memory-backend-ram,id=ram,size=512M",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio", *guest,
            *user.options(number), *arguments.sandbox(changes_user=number is not None),
        ]  # fmt: skip
        output = _watch(command, Path(folder) / "console", sign, patience)
    return "" if sign.search(output) else _reason(output, patience)


def _watch(command: list[str], log: Path, sign: "re.Pattern[bytes]", patience: float) -> bytes:
    """What a guest wrote until there was the sign, QEMU ended or the time was over."""
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not sign.search(log.read_bytes()):
            if child.poll() is not None:
                break
            time.sleep(0.1)
    finally:
        child.kill()
        child.wait()
    return log.read_bytes()


def _reason(output: bytes, patience: float) -> str:
    for line in output.decode(errors="replace").splitlines():
        if re.search(r"internal error|failed|denied|not supported|invalid accelerator", line, re.IGNORECASE):
            return _shorten(line)
    return f"no sign of a running guest within {patience:.0f} s"


def _shorten(line: str) -> str:
    return line.strip().removeprefix(f"{arguments.program()}: ")[:120]
