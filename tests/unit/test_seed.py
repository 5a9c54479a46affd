import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pycdlib
import pytest

from provisioner.core.errors import HostError
from provisioner.images.seed import write_seed

USER = "#cloud-config\nhostname: läb\n"
META = "instance-id: seat-1\n"


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    place = tmp_path / "seed.iso"
    write_seed(place, user_data=USER, meta_data=META)
    return place


@pytest.mark.parametrize("tree", ["rr_path", "joliet_path"])
def test_both_trees_have_the_real_names(seed: Path, tree: str) -> None:
    iso = pycdlib.PyCdlib()
    iso.open(str(seed))
    try:
        for name, text in {"user-data": USER, "meta-data": META}.items():
            found = BytesIO()
            iso.get_file_from_iso_fp(found, **{tree: f"/{name}"})
            assert found.getvalue().decode() == text
    finally:
        iso.close()


def test_label_is_the_one_cloud_init_looks_for(seed: Path) -> None:
    blkid = shutil.which("blkid") or shutil.which("blkid", path="/usr/sbin:/sbin")
    if not blkid:
        pytest.skip("blkid is not installed")
    said = subprocess.run([blkid, "-p", "-o", "export", seed], capture_output=True, text=True, check=True)
    assert {"LABEL=CIDATA", "TYPE=iso9660"} <= set(said.stdout.splitlines())


def test_isoinfo_reads_the_same(seed: Path) -> None:
    if not shutil.which("isoinfo"):
        pytest.skip("isoinfo is not installed")
    for option in ("-R", "-J"):
        argv = ["isoinfo", option, "-i", str(seed), "-x", "/user-data"]
        assert subprocess.run(argv, capture_output=True, check=True).stdout.decode() == USER


def test_written_anew_in_place_and_nothing_beside(seed: Path) -> None:
    write_seed(seed, user_data="#cloud-config\n" + "# long\n" * 100_000, meta_data=META)
    assert seed.stat().st_size > 700_000
    assert [p.name for p in seed.parent.iterdir()] == ["seed.iso"]
    assert seed.stat().st_mode & 0o077 == 0


def test_failure_leaves_the_old_seed(seed: Path) -> None:
    """A real limit on the size of files stands for a full disk."""
    resource = pytest.importorskip("resource")
    old = seed.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(HostError, match="cannot write"):
            write_seed(seed, user_data="other", meta_data=META)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert seed.read_bytes() == old
    assert [p.name for p in seed.parent.iterdir()] == ["seed.iso"]
