"""Which accelerator is used, with real QEMUs: one that works, a /dev/kvm that fails, one that may not be opened, and none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.backends.qemu import accelerator, arguments, tiny_guest
from provisioner.core.paths import Home
from provisioner.images import Image

needs_qemu = pytest.mark.skipif(sys.platform != "linux" or not shutil.which(arguments.program()), reason="needs QEMU on Linux")
IMAGE = Image("cloud", Path("/nowhere"), "1", "qcow2")  # boots by itself: no kernel beside it
ROOT = Path(__file__).resolve().parents[2]
CHOOSE = """
import sys
from pathlib import Path
from provisioner.backends.qemu import accelerator
from provisioner.core.paths import Home
from provisioner.images import Image
home = Home(Path(sys.argv[1]), Path(sys.argv[1]) / "cache")
print(accelerator.choose(home, Image("cloud", Path("/nowhere"), "1", "qcow2")))
"""


def _choose(home: Path, *before: str) -> tuple[str, str]:
    """What another process chooses, and what it says."""
    command = [*before, sys.executable, "-c", CHOOSE, str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip(), done.stderr


def _kvm_works() -> bool:
    return Path("/dev/kvm").exists() and not accelerator.try_out("kvm", IMAGE)


@needs_qemu
def test_a_guest_without_a_kernel_of_ours_runs_at_once() -> None:
    assert accelerator.try_out("tcg", IMAGE, patience=60) == ""


@pytest.mark.skipif(not shutil.which("qemu-system-aarch64"), reason="qemu-system-aarch64 is not installed")
def test_so_does_an_arm_guest(tmp_path: Path) -> None:
    command = ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max", "-m", "64", "-nodefaults", "-display", "none"]
    guest = ["-serial", "stdio", *tiny_guest.write(tmp_path, arm=True)]
    with subprocess.Popen([*command, *guest], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as qemu:
        try:
            assert qemu.stdout
            assert qemu.stdout.read(len(tiny_guest.SAYS)) == tiny_guest.SAYS
        finally:
            qemu.kill()


@pytest.mark.slow
@needs_qemu
def test_what_opens_and_fails_is_not_chosen_and_the_line_says_what_to_do(home: Home) -> None:
    if not Path("/dev/kvm").exists() or not os.access("/dev/kvm", os.R_OK | os.W_OK) or _kvm_works():
        pytest.skip("needs a /dev/kvm that opens and fails: this host knows no such")
    choice, said = _choose(home.state)
    assert choice == "tcg"
    assert "! kvm does not work here (" in said
    assert f"→ {accelerator.advice()}" in said
    assert _choose(home.state) == ("tcg", ""), "it is remembered"


@needs_qemu
def test_what_may_not_be_opened_is_told_with_the_group(home: Home) -> None:
    if os.geteuid() != 0 or not Path("/dev/kvm").exists() or Path("/dev/kvm").stat().st_mode & 0o006:
        pytest.skip("needs root, and a /dev/kvm that is not for everybody: not on all file systems")
    home.state.chmod(0o755)
    folder = home.state / "other"
    folder.mkdir()
    shutil.chown(folder, 65534, 65534)
    # The checkout may be in a folder that nobody else may enter: the right to search folders is all that is kept.
    caps = "-all,+dac_read_search"
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={caps}", f"--ambient-caps={caps}"]
    choice, said = _choose(folder, *as_nobody, f"--bounding-set={caps}")
    assert choice == "tcg"
    assert "sudo usermod -aG kvm $USER    and log in again" in said


@needs_qemu
def test_without_a_device_nothing_is_tried(home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: not on all file systems")
    device_less = (
        "mount -t tmpfs none /mnt && mkdir /mnt/shm && for d in null zero random urandom; do "
        'touch /mnt/$d && mount --bind /dev/$d /mnt/$d; done && mount --rbind /mnt /dev && exec "$@"'
    )
    assert _choose(home.state, "unshare", "--mount", "sh", "-ec", device_less, "sh") == ("tcg", "")


@pytest.mark.parametrize(
    ("note", "remembered"),
    [({}, "kvm"), ({"asked": "another QEMU"}, ""), ({"version": 99}, ""), ({"accelerator": ""}, "")],
)
@needs_qemu
def test_an_answer_is_for_what_was_asked(home: Home, note: dict[str, object], remembered: str) -> None:
    accelerator.remember(home, IMAGE, "kvm")
    home.accelerator.write_text(json.dumps({**json.loads(home.accelerator.read_text()), **note}))
    assert accelerator.remembered(home, IMAGE) == remembered


@needs_qemu
def test_an_answer_expires_when_the_rights_to_the_device_change(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    answers = [accelerator._identify(IMAGE, device)]
    device.touch(mode=0o600)
    answers.append(accelerator._identify(IMAGE, device))
    device.chmod(0o660)
    answers.append(accelerator._identify(IMAGE, device))
    device.unlink()
    device.touch(mode=0o660)  # its module was loaded again
    answers.append(accelerator._identify(IMAGE, device))
    assert len(set(answers)) == 4
    assert accelerator._identify(IMAGE, device) == answers[-1]


@needs_qemu
def test_what_failed_is_not_tried_again(home: Home) -> None:
    accelerator.remember(home, IMAGE, "kvm")
    accelerator.give_up(home, IMAGE, "kvm", "it ended")
    assert json.loads(home.accelerator.read_text())["failed"] == ["kvm"]
    assert accelerator.choose(home, IMAGE) == "tcg"


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\nmore", "error: failed to set MSR 0x10a to 0x69"),
        ("KVM: entry failed, hardware error 0x80000021", "KVM: entry failed, hardware error 0x80000021"),
        ("Error: ret = HV_ERROR (0xfae94001, at hvf.c:1)", "Error: ret = HV_ERROR (0xfae94001, at hvf.c:1)"),
        ("qemu-system-x86_64: -drive file=x: Could not open 'x'", ""),
    ],
)
def test_only_what_blames_the_accelerator_counts(log: str, line: str) -> None:
    assert accelerator.find_blame("kvm", log) == line
    assert accelerator.find_blame("tcg", log) == ""


@pytest.mark.parametrize(
    ("device", "processor", "contained", "advice"),
    [
        (False, "flags : fpu vmx", False, "sudo modprobe kvm_intel"),
        (False, "flags : svm fpu", False, "sudo modprobe kvm_amd"),
        (False, "flags : svm fpu", True, "--device /dev/kvm"),
        (False, "flags : fpu hypervisor", False, "nested virtualization"),
        (False, "flags : fpu", False, "firmware"),
        (False, "", False, "firmware"),
        (True, "flags : fpu hypervisor", True, "nested virtualization"),
    ],
)
def test_the_advice_fits_the_host(tmp_path: Path, device: bool, processor: str, contained: bool, advice: str) -> None:
    (tmp_path / "cpuinfo").write_text(processor)
    if device:
        (tmp_path / "kvm").touch()
    assert advice in accelerator.advice(tmp_path / "kvm", tmp_path / "cpuinfo", contained=contained)


def test_wsl_is_told_where_windows_switches_it_on(tmp_path: Path) -> None:
    release = "5.15.153.1-microsoft-standard-WSL2"
    assert ".wslconfig" in accelerator.advice(tmp_path / "kvm", tmp_path / "cpuinfo", release=release)


def test_a_device_that_is_the_groups_already_only_needs_the_user_in_it(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    device.touch(mode=0o600)
    assert accelerator._open_to_group(device) == f"sudo chgrp kvm {device} && sudo chmod g+rw {device} && "
    if os.geteuid() == 0:
        os.chown(device, 0, 108)
        device.chmod(0o660)
        assert accelerator._open_to_group(device) == ""


@pytest.mark.parametrize(("host", "names"), [("Darwin", ["hvf", "tcg"]), ("Windows", ["tcg"])])
def test_what_a_host_could_have(host: str, names: list[str]) -> None:
    assert accelerator.candidates(host) == names
