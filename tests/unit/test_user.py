"""Who QEMU is, with a real one that has opened its files and runs no guest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from provisioner.backends.qemu import arguments, qemu_process, user
from provisioner.backends.qemu.monitor import Monitor
from provisioner.seats.seat import Seat

only_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which(arguments.program()), reason="needs Linux, root and QEMU"
)


def uids(pid: int) -> set[int]:
    return {getattr(psutil.Process(pid).uids(), which) for which in ("real", "effective", "saved")}


def command(seat: Seat, port: int) -> list[str]:
    number = user.number(port)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(seat.disk), "1G"], check=True)
    return [
        *arguments.common("lab-test", 1), *arguments.machine("tcg"), *arguments.memory(128, seat.memory, arguments.SHARED),
        *arguments.disk(seat.disk, durable=False), *arguments.agent(seat.agent),
        *arguments.control(seat.qmp, seat.pid),
        *user.options(number), *arguments.sandbox(changes_user=number is not None), "-S",
    ]  # fmt: skip


@only_root
def test_started_by_root_it_is_an_ordinary_user_of_its_own(seat: Seat) -> None:
    seat.disk.parent.chmod(0o700)
    with qemu_process.launch(seat, command(seat, 40001)) as qemu, Monitor(seat.qmp) as monitor:
        try:
            monitor.ask("cont")  # its disk is written to from here on
            assert 0 not in uids(qemu.process.pid)
            assert uids(qemu.process.pid) != uids(os.getpid())
            rights = Path(f"/proc/{qemu.process.pid}/status").read_text()
            assert "CapEff:\t0000000000000000" in rights
            assert "CapPrm:\t0000000000000000" in rights
            there = qemu_process.find(seat)
            assert there is not None
            assert there.pid == qemu.process.pid
            monitor.ask("stop")
            monitor.save(seat.folder / "whole", without_memory=False)  # disks are closed for that, and opened again
            monitor.ask("cont")
            assert monitor.ask("query-status")["running"]
        finally:
            qemu_process.end(seat)


@only_root
def test_two_machines_are_two_users() -> None:
    assert user.number(40001) != user.number(40002)


@only_root
def test_a_container_with_few_numbers_has_nobody_and_one_with_none_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "few").write_text("         0     100000      65536\n")
    assert user.number(40001, tmp_path / "few") == 65534
    (tmp_path / "none").write_text("         0       1000          1\n")
    assert user.number(40001, tmp_path / "none") is None
    assert "QEMU runs as root" in capsys.readouterr().err


def test_an_ordinary_user_stays_who_he_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert user.number(40001) is None
    assert user.options(None) == []


@pytest.mark.parametrize(
    ("version", "first"), [("7.2.22 (Debian 1:7.2)", "-runas"), ("9.0.2", "-runas"), ("10.0.3 (Debian)", "-run-with")]
)
def test_the_option_is_one_that_this_qemu_knows(monkeypatch: pytest.MonkeyPatch, version: str, first: str) -> None:
    monkeypatch.setattr(arguments, "version", lambda: version)
    assert user.options(1879089153)[0] == first
