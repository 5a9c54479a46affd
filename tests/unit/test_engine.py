"""What Docker says of its containers is held against what the kernel says."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.guest.prober.engine import Broken, find_process, zones

ID, NAME = "b" * 64, f"t{os.getpid()}-shop"


def said(pid: int, id_: str, address: str = "172.18.0.2") -> dict[str, object]:
    return {
        "Id": id_, "Name": "/shop", "State": {"Pid": pid}, "NetworkSettings": {"Networks": {"net": {"IPAddress": address}}}
    }  # fmt: skip


def test_a_process_that_is_in_no_control_group_of_the_container() -> None:
    with pytest.raises(Broken, match=rf"process {os.getpid()} is not in the control group of the container shop"):
        find_process(said(os.getpid(), "a" * 64))


@pytest.mark.parametrize("id_", ["", "/", "0"])
def test_an_id_that_is_in_any_line_is_none(id_: str) -> None:
    assert id_ in Path("/proc/self/cgroup").read_text()
    with pytest.raises(Broken, match="control group"):
        find_process(said(os.getpid(), id_))


@pytest.fixture
def container(tmp_path: Path) -> Iterator[int]:
    """A process in a network and a control group of its own, as Docker starts one; its network was given a name."""
    group = Path("/sys/fs/cgroup") / ("" if Path("/sys/fs/cgroup/cgroup.procs").exists() else "pids") / ID
    if os.geteuid() or not os.access(group.parent, os.W_OK):
        pytest.skip("needs root, and control groups that can be written")
    with subprocess.Popen(["unshare", "--net", "sleep", "600"]) as process:
        try:
            group.mkdir()
            (group / "cgroup.procs").write_text(str(process.pid))
            while Path(f"/proc/{process.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
                time.sleep(0.01)
            subprocess.run(["ip", "netns", "attach", NAME, str(process.pid)], check=True)
            yield process.pid
        finally:
            process.kill()
            process.wait()
            subprocess.run(["ip", "netns", "del", NAME], check=False)
            group.rmdir()


def test_a_container_whose_network_has_a_name_of_its_own(container: int) -> None:
    assert find_process(said(container, ID)) == container


def test_a_container_in_the_network_of_a_zone(container: int) -> None:
    zones.add(NAME)
    try:
        with pytest.raises(Broken, match="not in a network namespace of the container"):
            find_process(said(container, ID))
    finally:
        zones.clear()


def test_a_container_that_does_not_run_has_none() -> None:
    assert find_process(said(0, "a" * 64)) == 0
