"""What of a machine has changed, and what is put back."""

import os
from pathlib import Path

import pytest

from provisioner.backends.lxc import file_rollback
from provisioner.backends.lxc.firewall_rules import Rules
from provisioner.backends.lxc.rewind import _Network


def test_a_folder_made_anew_in_the_place_and_with_the_number_of_another(tmp_path: Path) -> None:
    folder = tmp_path / "ufw"
    folder.mkdir()
    old = file_rollback.files(tmp_path)
    assert file_rollback.files(tmp_path) == old
    try:
        os.setxattr(folder, "trusted.overlay.opaque", b"y")  # as the kernel does; nothing else tells the two apart
    except OSError as error:
        pytest.skip(f"only root may, and not on all file systems: {error}")
    assert file_rollback.files(tmp_path) != old


def test_of_settings_only_those_that_change_no_others_are_put_back() -> None:
    def network(redirects: int, forward: int) -> _Network:
        text = f"lab\n/proc/sys/net/ipv4/conf/all/accept_redirects:{redirects}\n/proc/sys/net/ipv4/ip_forward:{forward}\n"
        return _Network(Rules({}, ()), frozenset(), (text,))

    assert network(1, 0).settings_to(network(0, 1)) == "echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects"
    assert network(0, 0).settings_to(network(0, 1)) == ""
