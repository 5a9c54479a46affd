"""Which folders of a machine have changed."""

import os
from pathlib import Path

import pytest

from provisioner.lxc import before


def test_a_folder_made_anew_in_the_place_and_with_the_number_of_another(tmp_path: Path) -> None:
    folder = tmp_path / "ufw"
    folder.mkdir()
    old = before.files(tmp_path)
    assert before.files(tmp_path) == old
    try:
        os.setxattr(folder, "trusted.overlay.opaque", b"y")  # as the kernel does; nothing else tells the two apart
    except OSError as error:
        pytest.skip(f"only root may, and not on all file systems: {error}")
    assert before.files(tmp_path) != old
