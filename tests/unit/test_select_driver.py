"""Which driver is taken where none is named."""

import re
from pathlib import Path

import pytest

from provisioner import images
from provisioner.backends.qemu import accelerator
from provisioner.cli.seats import _driver
from provisioner.content.lab import load
from provisioner.core.errors import UsageError
from provisioner.core.model import Finding
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.lxc import Lxc
from provisioner.drivers.qemu import Qemu
from provisioner.host.select_driver import default, quickest
from provisioner.seats.seat import Record


@pytest.fixture(autouse=True)
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_DRIVER", raising=False)


def _programs(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A host on whose path there are these programs only. virsh answers with success."""
    monkeypatch.setenv("PATH", str(folder))
    for name in names:
        (folder / name).write_text("#!/bin/sh\nexit 0\n")
        (folder / name).chmod(0o755)


def test_the_embedded_one_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path, monkeypatch, "qemu-system-x86_64", "qemu-system-aarch64", "qemu-img", "ssh", "vagrant", "VBoxManage")
    told: list[str] = []
    assert default(told.append) == "qemu"
    assert len(told) == 1
    assert "qemu" in told[0]


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (("vagrant", "VBoxManage", "virsh"), "vagrant:virtualbox"),
        (("vagrant", "virsh"), "vagrant:libvirt"),
        (("vagrant", "prlctl"), "vagrant:parallels"),
        (("VBoxManage",), "qemu"),  # without Vagrant it is of no use: what the embedded one lacks is offered
        ((), "qemu"),
    ],
)
def test_without_qemu_the_first_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], taken: str
) -> None:
    _programs(tmp_path, monkeypatch, "ssh", *there)
    assert default() == taken


def test_the_configuration_then_the_environment_then_the_seat_then_the_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("driver: vagrant:libvirt\n")
    assert _driver(None, None) == "vagrant:libvirt"
    monkeypatch.setenv("LAB_DRIVER", "ssh:root@203.0.113.7")
    assert _driver(None, None) == "ssh:root@203.0.113.7"
    assert _driver(Record("vm-and-docker", "qemu"), None) == "qemu"
    assert _driver(Record("vm-and-docker", "qemu"), "vagrant") == "vagrant"


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("vagrant:libvirt\n")
    with pytest.raises(UsageError, match="config.yaml cannot be read"):
        default()


@pytest.mark.parametrize(("accelerated", "taken"), [("tcg", "lxc"), ("kvm", "qemu")])
def test_labs_are_verified_where_it_isquickest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], accelerated: str, taken: str
) -> None:
    monkeypatch.setattr(images, "ensure", lambda *_: images.Image("debian-13", tmp_path, "d", "raw"))
    monkeypatch.setattr(accelerator, "choose", lambda *_: accelerated)
    for driver in (Qemu, Lxc):
        monkeypatch.setattr(driver, "preflight", lambda _: [])
    assert quickest(Home.find(), load(labs_folders(), "3"), None, yes=False).info.name == taken
    assert ("driver lxc" in capsys.readouterr().err) == (taken == "lxc")


def test_what_would_be_quicker_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(images, "ensure", lambda *_: images.Image("debian-13", tmp_path, "d", "raw"))
    monkeypatch.setattr(accelerator, "choose", lambda *_: "tcg")
    monkeypatch.setattr(Qemu, "preflight", lambda _: [])
    monkeypatch.setattr(Lxc, "preflight", lambda _: [Finding("LXC", False, packages=("lxc",))])
    assert quickest(Home.find(), load(labs_folders(), "3"), None, yes=False).info.name == "qemu"
    assert re.search(r"system containers would take less .*install.* lxc", capsys.readouterr().err)
