"""What Docker says of its containers is held against what the kernel says."""

import os
from pathlib import Path

import pytest

from provisioner.guest.prober.engine import Broken, process_of


def said(pid: int, id_: str, address: str = "172.18.0.2") -> dict[str, object]:
    return {
        "Id": id_, "Name": "/shop", "State": {"Pid": pid}, "NetworkSettings": {"Networks": {"net": {"IPAddress": address}}}
    }  # fmt: skip


def test_a_process_that_is_in_no_control_group_of_the_container() -> None:
    with pytest.raises(Broken, match=rf"process {os.getpid()} is not in the control group of the container shop"):
        process_of(said(os.getpid(), "a" * 64))


@pytest.mark.parametrize("id_", ["", "/", "0"])
def test_an_id_that_is_in_any_line_is_none(id_: str) -> None:
    assert id_ in Path("/proc/self/cgroup").read_text()
    with pytest.raises(Broken, match="control group"):
        process_of(said(os.getpid(), id_))


def test_a_container_that_does_not_run_has_none() -> None:
    assert process_of(said(0, "a" * 64)) == 0
