"""What a learner has is kept, whatever happened to QEMU, to the record or to the command before."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from provisioner import images
from provisioner.backends.qemu import accelerator, arguments
from provisioner.backends.qemu import monitor as monitor_module
from provisioner.backends.qemu.machine import QemuMachine
from provisioner.backends.qemu.monitor import Monitor, StateBlocked
from provisioner.core import signals
from provisioner.core.errors import LabError, MachineError
from provisioner.core.model import CapabilityLost, Layer, LayerRefused, Spec, Status
from provisioner.core.paths import Home
from provisioner.drivers.base import Forks, Snapshots
from provisioner.drivers.qemu import Qemu
from provisioner.provision import layer_store
from provisioner.provision.layer_builder import plan_again
from provisioner.recovery import resume_paused
from provisioner.seats.seat import Record, Seat

from .command import Cli

MACHINE = Spec(1, 128, 1)

needs_qemu = pytest.mark.skipif(
    sys.platform != "linux" or not Path("/usr/bin", arguments.program()).exists(), reason="needs QEMU on Linux"
)


@pytest.fixture
def layer(home: Home) -> Layer:
    """A stored layer, as far as a start looks at it before QEMU runs."""
    image = home.images / "tiny.1"
    image.mkdir(parents=True)
    (image / "image.json").write_text(json.dumps({"name": "tiny", "digest": "1", "format": "raw"}))
    folder = home.layers / "abc-1"
    folder.mkdir(parents=True)
    (folder / "image").write_text("tiny.1\n")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(folder / "disk.qcow2"), "1M"], check=True)
    with (folder / "ram.img").open("wb") as memory:
        memory.truncate(MACHINE.memory << 20)
    (folder / "state").touch()
    note = {"stage": "lab", "key": "abc", "image": "tiny.1", "build_id": "1", "driver": "qemu", "parent": None}
    layer_store.write_note(folder, {**note, "files": layer_store.sizes(folder), "sums": layer_store.checksums(folder)})
    found = images.at(home, "tiny.1")
    assert found
    accelerator.remember(home, found, "tcg")
    return Layer("abc", folder, "qemu")


@needs_qemu
def test_a_qemu_that_dies_at_once_is_the_hosts_fault_and_is_seen_at_once(home: Home, layer: Layer, seat: Seat) -> None:
    """With too little memory for it: nobody waits for its monitor, and the layer is as good as before."""
    seat.create(Record("lab", "qemu"))
    huge = Spec(1, 4 << 20, 1)  # 4 TiB
    with (layer.folder / "ram.img").open("r+b") as memory:
        memory.truncate(huge.memory << 20)
    note = layer_store.read_note(layer.folder)
    assert note
    layer_store.write_note(layer.folder, {**note, "files": layer_store.sizes(layer.folder)})
    began = time.monotonic()
    with pytest.raises(MachineError, match="QEMU ended with code 1") as error:
        Qemu(home).start(seat, huge, layer)
    assert time.monotonic() - began < 15  # its monitor would have been waited for 20 s
    assert type(error.value) is MachineError
    assert "memory" in error.value.evidence
    assert layer_store.damage(layer) == ""


@needs_qemu
def test_a_state_that_qemu_ran_with_and_refused_is_evidence_about_the_layer(home: Home, layer: Layer, seat: Seat) -> None:
    (layer.folder / "state").write_bytes(b"QEVM\0\0\0\3" + b"\7" * 100)
    seat.create(Record("lab", "qemu"))
    with pytest.raises(MachineError) as error:
        Qemu(home).start(seat, MACHINE, layer)
    assert isinstance(error.value, LayerRefused), error.value.evidence
    assert error.value.layer == layer.folder.name


@needs_qemu
def test_the_zeroed_head_of_a_layers_disk_is_found(home: Home, layer: Layer, seat: Seat) -> None:
    """Its size is as it was, and qemu-img says no more than that it is no disk."""
    seat.create(Record("lab", "qemu"))
    with (layer.folder / "disk.qcow2").open("r+b") as disk:
        disk.write(bytes(4096))
    assert layer_store.find(home, "abc") == layer
    with pytest.raises(LabError):
        Qemu(home).start(seat, MACHINE, layer)
    assert layer_store.damage(layer) == "disk.qcow2 changed on the disk"


class Running:
    """A QEMU without a guest, that holds what a seat's would hold."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        command = [
            arguments.program(), "-machine", "none", "-nodefaults", "-display", "none", "-S",
            "-netdev", "user,id=mgmt,hostfwd=tcp:127.0.0.1:0-10.0.3.15:22",
            "-qmp", f"unix:{seat.qmp},server=on,wait=off", "-pidfile", str(seat.pid),
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            with Monitor(seat.qmp):
                pass
        except BaseException:
            self.process.kill()
            raise

    @property
    def status(self) -> str:
        with Monitor(self.seat.qmp) as monitor:
            return monitor.status()


@pytest.fixture
def running(seat: Seat) -> Iterator[Running]:
    if not Path("/usr/bin", arguments.program()).exists():
        pytest.skip("QEMU is not installed")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(seat.disk), "1M"], check=True)
    record = seat.read()
    assert record
    record.phase = "ready"
    seat.write(record)
    found = Running(seat)
    yield found
    found.process.kill()
    found.process.wait()


@needs_qemu
def test_a_machine_that_stands_still_goes_on_and_a_half_written_state_does_not_stay(running: Running, seat: Seat) -> None:
    seat.pause_file.write_text("stop\n")
    for stale in (seat.state, seat.state.with_suffix(".new")):
        stale.write_text("of a stop that was cut off")
    assert running.status == "prelaunch"
    with Monitor(seat.qmp) as monitor:
        monitor.ask("cont")
        monitor.ask("stop")
    assert running.status == "paused"
    resume_paused(seat)
    assert running.status == "running"
    assert not seat.pause_file.exists()
    assert not seat.state.exists()
    assert not seat.state.with_suffix(".new").exists()


@needs_qemu
@pytest.mark.slow
def test_a_signal_at_any_moment_leaves_who_clears_up_a_monitor_that_answers(running: Running, seat: Seat) -> None:
    main_thread = threading.get_ident()
    interrupted = 0
    with signals.restored():
        signals.take_ending()
        for number in range(150):
            with Monitor(seat.qmp) as monitor:
                with pytest.raises(signals.Ended):  # noqa: PT012 - it may come at any of them
                    threading.Timer(number / 50_000, signal.pthread_kill, (main_thread, signal.SIGTERM)).start()
                    while True:
                        monitor.ask("query-status")
                interrupted += monitor.status() == "prelaunch"
    assert interrupted == 150


@needs_qemu
def test_a_qemu_that_answers_no_more_is_not_waited_for_after_a_signal(running: Running, seat: Seat) -> None:
    process = psutil.Process(running.process.pid)
    with Monitor(seat.qmp) as monitor, signals.restored():
        signals.take_ending()
        process.suspend()
        try:
            threading.Timer(0.2, signal.pthread_kill, (threading.get_ident(), signal.SIGTERM)).start()
            began = time.monotonic()
            with pytest.raises(signals.Ended):
                monitor.ask("query-status")
            assert time.monotonic() - began < monitor_module.ANSWER / 2
        finally:
            process.resume()
        assert monitor.status() == "prelaunch", "the connection is as good as before"


@needs_qemu
def test_a_command_that_is_at_work_is_left_alone(running: Running, seat: Seat) -> None:
    seat.pause_file.write_text("copy\n")
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; from pathlib import Path; from provisioner.seats.seat import Seat\n"
         "with Seat(Path(sys.argv[1])).lock('a copy'): print('held', flush=True); sys.stdin.readline()", str(seat.folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    resume_paused(seat)
    assert seat.pause_file.exists()
    holder.communicate("\n")
    resume_paused(seat)
    assert not seat.pause_file.exists()


@needs_qemu
@pytest.mark.slow
def test_a_qemu_that_was_stopped_by_a_signal_goes_on(running: Running, home: Home, seat: Seat) -> None:
    with Monitor(seat.qmp) as monitor:
        monitor.ask("cont")
    process = psutil.Process(running.process.pid)
    process.suspend()
    while process.status() != psutil.STATUS_STOPPED:  # on a busy host it takes a moment
        time.sleep(0.01)
    try:
        assert Qemu(home).attach(seat).status().detail == f"QEMU (process {process.pid}) was stopped by a signal"
        status = Qemu(home).attach(seat).revive()
    finally:
        process.resume()
    assert status.state == "running"
    assert running.status == "running"


class Late(QemuMachine):
    """On a host so busy that QEMU's monitor is late whenever it is asked how the machine stands."""

    def status(self) -> Status:
        return Status("broken", "timed out after 2 s")


@needs_qemu
def test_a_machine_that_goes_on_again_is_not_started_anew_because_its_host_is_busy(
    running: Running, home: Home, seat: Seat
) -> None:
    """What does not run is started from its disk then: its memory would be lost."""
    with Monitor(seat.qmp) as monitor:
        monitor.ask("cont")
        monitor.ask("stop")
    assert Late(home, seat).revive().state == "running"
    assert running.status == "running"


@needs_qemu
@pytest.mark.parametrize("word", ["up", "status", "check", "stop", "ssh"])
def test_no_command_removes_the_disk_of_a_seat_whose_record_is_corrupt(
    lab: Cli, running: Running, home: Home, seat: Seat, word: str
) -> None:
    """`up` sets it aside, and fails here for an image that is not there; nothing else touches it."""
    seat.disk.write_bytes(seat.disk.read_bytes() + b"the learner's")
    seat.record_file.write_text("{half")
    words = {"status": (), "up": ("3", "--image", "nothing")}.get(word, ("3",))
    said = lab(word, *words, LAB_DRIVER="qemu")
    if word == "up":
        assert "set aside" in said.err
    elif word != "status":
        assert (said.code, said.next) == (2, "lab up 3 sets the seat aside with its disk, and starts a new one")
    disks = [f for f in home.seats.rglob("disk.qcow2") if f.read_bytes().endswith(b"the learner's")]
    assert len(disks) == 1


def test_another_driver_does_not_take_the_place_of_a_machine_without_being_told_so(lab: Cli, seat: Seat) -> None:
    record = seat.read()
    assert record
    record.phase, record.driver = "ready", "lxc"
    seat.write(record)
    (seat.folder / "lxc" / "upper").mkdir(parents=True)
    (seat.folder / "lxc" / "upper" / "notes").write_text("the learner's")
    said = lab("up", "3", "--driver", "qemu")
    assert said.code == 2
    assert "has a machine of the driver lxc" in said.err
    assert "--yes" in said.next
    assert (seat.folder / "lxc" / "upper" / "notes").read_text() == "the learner's"


def test_one_bad_seat_keeps_nobody_from_seeing_and_removing_the_others(lab: Cli, home: Home) -> None:
    for number, driver in (("3", "qemu"), ("3-bad", "from-the-future"), ("3-good", "qemu")):
        Seat(home.seats / number).create(Record("vm-and-docker", driver, phase="ready"))
    (home.seats / "stray").mkdir()
    (home.seats / "stray" / "seat.json").write_text("{}")
    (home.seats / "3" / "seat.json").write_text("{half")
    rows = {row["seat"]: row for row in json.loads(lab("status", "--json").out)}
    assert rows["3"]["state"] == rows["3-bad"]["state"] == "broken"
    assert "no driver is called 'from-the-future'" in rows["3-bad"]["detail"]
    assert rows["3-good"]["state"] == "absent"
    assert lab("destroy", "--all").code == 0
    assert [f.name for f in home.seats.iterdir() if f.is_dir()] == ["stray"]


def test_what_cannot_be_removed_is_told(lab: Cli, seat: Seat) -> None:
    """A file system that is mounted in it is not ours to remove."""
    there = seat.folder / "lxc" / "docker"
    there.mkdir(parents=True)
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(there)], check=False).returncode:
        pytest.skip("needs root, to mount a file system")
    try:
        said = lab("destroy", "3")
        assert said.code == 2
        assert "cannot be removed" in said.err
        assert "removed" not in said.out
    finally:
        for line in Path("/proc/mounts").read_text().splitlines():
            if str(seat.folder.parent) in line:
                subprocess.run(["umount", line.split()[1]], check=True)


@pytest.mark.slow
@needs_qemu
def test_an_accelerator_that_fails_at_a_real_start_is_forgotten(home: Home, layer: Layer, seat: Seat) -> None:
    """It was believed to work: the start fails, and the next one takes what works."""
    image = images.at(home, "tiny.1")
    assert image
    if not Path("/dev/kvm").exists() or not accelerator.try_out("kvm", image):
        pytest.skip("needs a /dev/kvm that opens and fails: this host knows no such")
    accelerator.remember(home, image, "kvm")
    with pytest.raises(CapabilityLost):
        Qemu(home).start(seat, MACHINE, layer)
    assert accelerator.choose(home, image) == "tcg"
    with pytest.raises(LayerRefused):  # this QEMU ran: the empty state is what it takes offence at
        Qemu(home).start(seat, MACHINE, layer)


@needs_qemu
def test_a_qemu_that_refuses_what_it_has_just_stored_is_believed_to_refuse_all(home: Home, layer: Layer, seat: Seat) -> None:
    driver = Qemu(home)
    key = driver.fingerprint(MACHINE, images.of_layer(home, layer.folder))
    with pytest.raises(LayerRefused):  # the first time the layer may be damaged: it is made anew
        driver.start(seat, MACHINE, layer)
    assert driver.info.layers == "memory"
    with pytest.raises(CapabilityLost):
        driver.start(seat, MACHINE, layer)
    assert Qemu(home).info.layers == "disk"
    assert Qemu(home).fingerprint(MACHINE, images.of_layer(home, layer.folder)) != key
    assert not isinstance(Qemu(home).attach(seat), (Snapshots, Forks))


@needs_qemu
def test_a_device_that_cannot_be_stored_is_told_by_name(home: Home, seat: Seat) -> None:
    command = [
        arguments.program(), *arguments.machine("tcg"), "-m", "64", "-object", "memory-backend-ram,id=ram,size=64M",
        "-nodefaults", "-display", "none", "-S", "-device", "nvme,serial=lab", "-qmp", f"unix:{seat.qmp},server=on,wait=off",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as qemu:
        try:
            with Monitor(seat.qmp) as monitor, pytest.raises(StateBlocked, match="cannot store") as raised:
                monitor.save(seat.state, without_memory=False)
        finally:
            qemu.kill()
    assert "nvme" in raised.value.evidence


def test_who_plans_again_gets_what_works() -> None:
    lost, plans = [CapabilityLost("an accelerator"), CapabilityLost("storing")], []

    def work() -> str:
        plans.append(len(lost))
        if lost:
            raise lost.pop()
        return "started"

    assert plan_again(work) == "started"
    assert plans == [2, 1, 0]
    lost += [CapabilityLost("for ever")] * 9
    with pytest.raises(CapabilityLost):
        plan_again(work)
