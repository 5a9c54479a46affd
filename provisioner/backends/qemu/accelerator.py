"""Which accelerator works here: found by trying to boot a kernel with it, because /dev/kvm may open and yet fail.

The answer is remembered per host start, QEMU and kernel; "a kernel runs" means that its console says so.
"""

import platform
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from provisioner.backends.qemu import arguments, user
from provisioner.backends.qemu.arguments import Kernel
from provisioner.core.paths import Home
from provisioner.core.progress import say, step
from provisioner.core.state_file import Format, NewerVersion
from provisioner.images import Image

_NOTE = Format("the note of the accelerator")
PATIENCE = 20.0  # seconds; a kernel that is truly accelerated gets there in 2
_RUNS = re.compile(rb"as init process|Attempted to kill init|No working init|systemd\[1\]")


def candidates(host: str = platform.system()) -> list[str]:
    """What this kind of host could have, best first; tcg always works."""
    native = {"Linux": ["kvm"] if Path("/dev/kvm").exists() else [], "Darwin": ["hvf"], "Windows": ["whpx"]}
    return [*native.get(host, []), "tcg"]


def none_here(kvm: Path = Path("/dev/kvm"), processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether a Linux host is sure to emulate, as far as can be told before there is a QEMU to try with."""
    with suppress(OSError):
        flags = re.search(r"^flags\s*:.*", processor.read_text(), re.M)  # x86 lists them; others have no such line
        return not kvm.exists() or (flags is not None and not re.search(r" (vmx|svm)\b", flags[0]))
    return False


def choose(home: Home, image: Image) -> str:
    """The best accelerator that boots this image's kernel. Raises HostError where QEMU is missing."""
    if remembered_name := remembered(home, image):
        return remembered_name
    choice = "tcg"
    for name in candidates():
        if name == "tcg":
            break
        with step(f"Trying the accelerator {name}", key=f"try {name}") as bar:
            problem = try_out(name, image)
            bar.result("works" if not problem else "does not work here")
        if not problem:
            choice = name
            break
        say(f"! {name}: {problem}; going on with tcg (emulation: slower, same results)")
    home.accelerator.parent.mkdir(parents=True, exist_ok=True)
    if not _NOTE.is_newer(home.accelerator):
        _NOTE.write(home.accelerator, {"asked": _identify(image), "accelerator": choice})
    return choice


def remembered(home: Home, image: Image) -> str:
    """What choose() found before for the same QEMU, kernel and start of this host, else empty."""
    with suppress(FileNotFoundError, ValueError, KeyError, NewerVersion):
        note = _NOTE.read(home.accelerator)
        if note["asked"] == _identify(image):
            return str(note["accelerator"])
    return ""


def _identify(image: Image) -> str:
    return f"{arguments.version()} {psutil.boot_time():.0f} {image.digest}"


def try_out(name: str, image: Image, patience: float = PATIENCE) -> str:
    """Boots the image's kernel without a root disk until it starts its init. Empty, or what was seen instead."""
    if image.kernel is None:
        return _opens(name)
    boot = Kernel(image.kernel, image.initrd, "console=ttyS0 rdinit=/bin/false panic=-1")
    number = user.number(0)
    command = [
        arguments.program(), *arguments.machine(name), "-m", "512", "-object", "memory-backend-ram,id=ram,size=512M",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
        *arguments.kernel(boot, name), *user.options(number),
        *arguments.sandbox(changes_user=number is not None),
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        log = Path(folder) / "console"
        with log.open("wb") as out:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and not _RUNS.search(log.read_bytes()):
                if child.poll() is not None:
                    break
                time.sleep(0.1)
        finally:
            child.kill()
            child.wait()
        output = log.read_bytes()
    return "" if _RUNS.search(output) else _reason(output, patience)


def _opens(name: str) -> str:
    """For an image that boots by itself there is no kernel to try: does QEMU accept the accelerator at all?"""
    command = [arguments.program(), "-machine", "none", "-accel", name, "-display", "none", "-monitor", "stdio"]
    result = subprocess.run(command, input=b"quit\n", capture_output=True, timeout=20, check=False)
    return "" if result.returncode == 0 else _reason(result.stderr, 0)


def _reason(output: bytes, patience: float) -> str:
    lines = output.decode(errors="replace").splitlines()
    for line in lines:
        if re.search(r"internal error|failed|denied|not supported|invalid accelerator", line, re.IGNORECASE):
            return line.strip()[:120]
    return f"no sign of a running kernel within {patience:.0f} s"
