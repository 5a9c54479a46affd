import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from provisioner.backends.qemu import arguments
from provisioner.backends.qemu.agent import make_pipe
from provisioner.backends.qemu.arguments import Kernel
from provisioner.core.files import free_port


def test_commas_in_paths_are_doubled() -> None:
    odd = Path("/home/a,b/seats/3/f")
    parts = [
        *arguments.memory(1024, odd, arguments.PRIVATE), *arguments.disk(odd, durable=True), *arguments.agent(odd),
        *arguments.seed(odd),
        *arguments.control(odd, Path("/pid")),
    ]  # fmt: skip
    holding = [part for part in parts if "home" in part]
    assert len(holding) == 5
    assert all("/home/a,,b/seats/3/f" in part for part in holding)


def test_paths_that_are_a_word_of_their_own_are_not() -> None:
    odd = Path("/a,b")
    assert arguments.kernel(Kernel(odd, odd), "kvm")[:4] == ["-kernel", "/a,b", "-initrd", "/a,b"]
    assert "/a,b" in arguments.control(Path("/qmp"), odd)


@pytest.mark.parametrize(("accelerator", "there"), [("tcg", True), ("kvm", False)])
def test_only_emulated_machines_know_their_addresses_beforehand(accelerator: str, there: bool) -> None:
    command_line = arguments.kernel(Kernel(Path("/k"), Path("/i")), accelerator)[-1]
    assert ("norandmaps" in command_line.split()) is there


@pytest.mark.parametrize(("internet", "restrict"), [(True, "restrict=off"), (False, "restrict=on")])
def test_the_way_out_is_open_only_where_it_is_wanted(internet: bool, restrict: str) -> None:
    assert restrict in arguments.uplink(internet, {})[1].split(",")


def test_forwards_listen_on_this_host_only() -> None:
    net = arguments.uplink(False, {8081: 40001, 8080: 40000})[1]
    assert net.split(",")[3:] == [
        "hostfwd=tcp:127.0.0.1:40000-10.0.2.15:8080", "hostfwd=tcp:127.0.0.1:40001-10.0.2.15:8081",
    ]  # fmt: skip


def test_the_management_network_carries_ssh_and_nothing_else() -> None:
    net = arguments.management(2222)[1].split(",")
    assert "restrict=on" in net
    assert [part for part in net if part.startswith("hostfwd")] == ["hostfwd=tcp:127.0.0.1:2222-10.0.3.15:22"]


@pytest.mark.parametrize(("host", "there"), [("Linux", True), ("Darwin", False), ("Windows", False)])
def test_the_sandbox_is_a_matter_of_linux(host: str, there: bool) -> None:
    assert bool(arguments.sandbox(host)) is there


@pytest.mark.parametrize(
    ("machine", "program"),
    [("x86_64", "qemu-system-x86_64"), ("AMD64", "qemu-system-x86_64"), ("arm64", "qemu-system-aarch64"),
     ("aarch64", "qemu-system-aarch64")],
)  # fmt: skip
def test_the_emulator_is_of_the_processors_kind(machine: str, program: str) -> None:
    assert arguments.program(arguments.is_arm(machine)) == program


@pytest.mark.parametrize("arm", [False, True])
def test_the_emulator_takes_the_whole_command(arm: bool, tmp_path: Path) -> None:
    """A real one, which is told to end before its guest runs."""
    if not shutil.which(arguments.program(arm)):
        pytest.skip(f"{arguments.program(arm)} is not installed")
    for file in (tmp_path / "memory", tmp_path / "seed"):
        file.touch()
        os.truncate(file, 256 << 20)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(tmp_path / "disk"), "1G"], check=True)
    make_pipe(tmp_path / "agent")
    command = [
        arguments.program(arm), *arguments.common("lab-test", 1)[1:], *arguments.machine("tcg", arm),
        *arguments.memory(256, tmp_path / "memory", arguments.PRIVATE), *arguments.disk(tmp_path / "disk", durable=False),
        *arguments.uplink(False, {}), *arguments.management(free_port()), *arguments.agent(tmp_path / "agent"),
        *arguments.generation(arm), *arguments.seed(tmp_path / "seed", arm), *arguments.sandbox(),
    ]  # fmt: skip
    done = subprocess.run(
        [*command, "-S", "-monitor", "stdio"], input="info status\nquit\n", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "VM status: paused" in done.stdout


def test_boards_and_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert arguments.machine("kvm", arm=False)[1].startswith("q35,")
    assert arguments.machine("kvm", arm=False)[-1] == "host"
    assert arguments.machine("tcg", arm=False)[-1].startswith("qemu64,")
    assert arguments.machine("tcg")[3].startswith("tcg,thread=multi")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=10 << 30))
    sizes = [arguments.translations(other_machines) for other_machines in (0, 1, 3, 9, 19, 63)]
    assert sizes == [768, 640, 320, 128, 64, 32], "the first are quick, many are small"
    assert arguments.machine("tcg", other_machines=9)[3].endswith(",tb-size=128")
    assert arguments.machine("hvf", arm=True)[1].startswith("virt,")


def test_a_layers_memory_is_shared_with_its_file_and_a_seats_is_not() -> None:
    assert arguments.memory(512, Path("/m"), arguments.SHARED)[3].endswith(",share=on")
    assert arguments.memory(512, Path("/m"), arguments.PRIVATE)[3].endswith(",share=off")
    assert arguments.memory(512, Path("/m"), arguments.PRIVATE)[:2] == ["-m", "512"]


@pytest.mark.skipif(not shutil.which(arguments.program()) or os.uname().sysname != "Linux", reason="QEMU in its sandbox")
def test_qemu_starts_no_program(tmp_path: Path) -> None:
    """As an escape from its emulated devices would; the kernel ends it for that."""
    started = tmp_path / "started"
    bare = [arguments.program(), "-machine", "none", "-nodefaults", "-display", "none"]
    with subprocess.Popen([*bare, *arguments.sandbox(), "-incoming", f"exec:touch {started}"], stderr=subprocess.PIPE) as qemu:
        while qemu.poll() is None and not started.exists():
            time.sleep(0.05)
        qemu.kill()
    assert not started.exists()
    assert qemu.returncode == -signal.SIGSYS
