"""A real VirtualBox, driven by Vagrant through the project's Vagrantfile. Where the host cannot start its machines, what is
managed is what is tested; with LAB_TEST_VIRTUALBOX_BOX=FILE (a box whose sshd answers) the machine is started as well.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.backends.vagrant import virtualbox
from provisioner.backends.vagrant.vagrantfile import Vagrantfile, box_folder
from provisioner.core.errors import MachineError
from provisioner.drivers.vagrant import BEGINNING
from provisioner.seats.seat import Seat

BOX = os.environ.get("LAB_TEST_VIRTUALBOX_BOX", "")
TOPOLOGY = {
    "title": "lab-test", "prefix": "lab-test_", "box": "lab/test", "cpus": 1, "memory": 256, "disk": 1,
    "forwards": {"8080": 18080}, "mgmt": 18022, "driver": "kvm",
}  # fmt: skip

pytestmark = pytest.mark.skipif(
    not (shutil.which("VBoxManage") and shutil.which("vagrant")), reason="VirtualBox or Vagrant is not here"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Boxes, settings and machines apart from those of whoever runs the tests."""
    path = Path(tempfile.mkdtemp(prefix="lab-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAGRANT_HOME", str(path / "vagrant"))
        patch.setenv("VBOX_USER_HOME", str(path / "settings"))
        _manage("setproperty", "machinefolder", str(path / "machines"))
        yield path
        left = _manage("list", "vms")
    shutil.rmtree(path)
    assert left == "", "machines are left over"


@pytest.fixture(scope="module")
def machine(folder: Path) -> Iterator[Vagrantfile]:
    its = Vagrantfile(Seat(folder / "seat"), "virtualbox")
    its.seat.folder.mkdir()
    its.add_box("lab/test", Path(BOX) if BOX else _empty_box(folder))
    its.write(TOPOLOGY)
    yield its
    its.destroy()
    assert its.state() == "not_created"
    virtualbox.forget(box_folder("lab/test", "virtualbox"))
    its.remove_box("lab/test")


def _manage(*words: str) -> str:
    done = subprocess.run(["VBoxManage", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _empty_box(folder: Path) -> Path:
    """A machine with an empty disk, exported as `vagrant package` does it."""
    disk, box = folder / "empty.vmdk", folder / "empty.box"
    _manage("createmedium", "disk", "--filename", str(disk), "--size", "64", "--format", "VMDK")
    _manage("createvm", "--name", "box", "--ostype", "Linux_64", "--register")
    _manage("modifyvm", "box", "--memory", "256", "--nic1", "nat", "--audio-driver", "none")
    _manage("storagectl", "box", "--name", "SATA", "--add", "sata", "--portcount", "2")
    _manage("storageattach", "box", "--storagectl", "SATA", "--port", "0", "--type", "hdd", "--medium", str(disk))
    _manage("export", "box", "-o", str(folder / "box.ovf"))
    _manage("unregistervm", "box", "--delete")
    (folder / "metadata.json").write_text('{"provider": "virtualbox"}\n')
    (folder / "Vagrantfile").write_text('Vagrant.configure("2") { |config| config.vm.base_mac = "080027D14C66" }\n')
    with tarfile.open(box, "w:gz") as tar:
        for name in ("metadata.json", "Vagrantfile", *(p.name for p in folder.glob("box*.*") if p.suffix in {".ovf", ".vmdk"})):
            tar.add(folder / name, name)
    return box


def test_a_machine_is_a_linked_clone_with_a_door_and_nothing_beyond_loopback(
    machine: Vagrantfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    if BOX:
        machine.up()
    else:
        monkeypatch.setenv("LAB_BOOT_TIMEOUT", "5")  # nothing on its disk answers
        with pytest.raises(MachineError, match="start the machine") as said:
            machine.up()
        assert "Booting VM" in said.value.evidence, said.value.evidence
    assert machine.id
    told = _manage("showvminfo", machine.id, "--machinereadable").splitlines()
    assert 'name="lab-test"' in told
    assert "memory=256" in told
    assert '\nnic2="nat"' in "\n".join(told)
    assert 'natnet2="10.0.3.0/24"' in told
    assert 'macaddress2="5254001AB00D"' in told
    assert any(line.startswith("Forwarding") and line.endswith(',tcp,127.0.0.1,18080,,8080"') for line in told)
    assert any(line.endswith('="mgmt,tcp,127.0.0.1,18022,10.0.3.15,22"') for line in told)
    forwards = [line.split(",")[2] for line in told if line.startswith("Forwarding")]
    assert len(forwards) == 3
    assert set(forwards) == {"127.0.0.1"}
    assert not [line for line in told if line.startswith("nic") and line.endswith(("hostonly", 'bridged"'))]
    assert any("/Snapshots/" in line for line in told), "its disk is an overlay on that of the box"


@pytest.mark.skipif(not BOX, reason="asked for by LAB_TEST_VIRTUALBOX_BOX")
def test_its_ways_in(machine: Vagrantfile) -> None:
    address, port = machine.way_in
    assert address == "127.0.0.1"
    assert port > 0
    assert machine.shell("echo first >/tmp/note; id -u").strip() == "0"


def test_a_state_is_saved_and_saved_again(machine: Vagrantfile) -> None:
    machine.save(BEGINNING, first=True)
    assert machine.saves() == [BEGINNING]
    machine.save(BEGINNING)
    assert machine.saves() == [BEGINNING]


@pytest.mark.skipif(not BOX, reason="asked for by LAB_TEST_VIRTUALBOX_BOX")
def test_a_restored_machine_is_as_it_was_saved(machine: Vagrantfile) -> None:
    uptime = "cut -d. -f1 /proc/uptime"
    before = int(machine.shell(uptime))
    machine.shell("echo second >/tmp/note")
    machine.restore(BEGINNING)
    assert machine.shell("cat /tmp/note", timeout=300).strip() == "first"
    assert int(machine.shell(uptime)) >= before, "it was not booted anew"


@pytest.mark.skipif(not BOX, reason="asked for by LAB_TEST_VIRTUALBOX_BOX")
def test_it_is_put_aside_and_goes_on(machine: Vagrantfile) -> None:
    machine.suspend()
    assert machine.state() == "saved"
    machine.resume()
    assert machine.shell("cat /tmp/note", timeout=300).strip() == "first"
