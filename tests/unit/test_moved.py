"""A home that is somewhere else than it was: disks find what they stand on by the names of layers and images."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner import images
from provisioner.backends.disk_chain import chain, make_overlay, stands_on
from provisioner.backends.qemu import arguments, qemu_process
from provisioner.backends.qemu.monitor import Monitor
from provisioner.core.errors import LabError
from provisioner.core.paths import Home
from provisioner.seats.seat import Seat

pytestmark = pytest.mark.skipif(not shutil.which("qemu-img"), reason="needs qemu-img")
SIZE = 1 << 20


def put(home: Home, relative: str, content: bytes = b"") -> Path:
    file = home.state / relative
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def made(home: Home) -> tuple[Seat, list[Path]]:
    """A seat on a layer on a layer on an image, with all that they stand on, the uppermost first."""
    image = put(home, "cache/images/tiny.1/disk.raw", b"what the image has".ljust(SIZE, b"\0"))
    put(home, "cache/images/tiny.1/image.json", json.dumps({"name": "tiny", "digest": "1", "format": "raw"}).encode())
    lower, upper = (put(home, f"cache/layers/{name}/disk.qcow2") for name in ("aaa-1", "bbb-2"))
    for file in (put(home, "cache/layers/aaa-1/layer.json"), put(home, "cache/layers/bbb-2/layer.json")):
        file.write_text('{"files": {}}')
    seat = Seat.locate(home, 3)
    seat.folder.mkdir(parents=True, exist_ok=True)
    make_overlay(image, "raw", lower, 1)
    make_overlay(lower, "qcow2", upper, 1)
    make_overlay(upper, "qcow2", seat.disk, 1)
    return seat, [upper, lower, image]


def absolute(seat: Seat, below: list[Path]) -> None:
    """As older versions made them."""
    for disk, under in zip([seat.disk, *below], below, strict=False):
        kind = under.suffix.removeprefix(".")
        subprocess.run(["qemu-img", "rebase", "-u", "-b", str(under), "-F", kind, str(disk)], check=True)


def relative(seat: Seat, below: list[Path]) -> None:
    """As they are."""


def moved(home: Home, target: Path) -> Home:
    subprocess.run(["cp", "-a", "--sparse=always", str(home.state), str(target)], check=True)
    home.state.rename(home.state.with_name(f"{home.state.name}-away"))
    return Home(target, target / "cache")


@pytest.fixture
def elsewhere(home: Home, tmp_path: Path) -> Callable[[], Home]:
    return lambda: moved(Home(home.state / "h", home.state / "h" / "cache"), tmp_path / "another, place")


@pytest.fixture
def first(home: Home) -> Home:
    (home.state / "h").mkdir()
    return Home(home.state / "h", home.state / "h" / "cache")


@pytest.mark.slow
def test_disks_find_each_other_after_a_move(first: Home, elsewhere: Callable[[], Home]) -> None:
    made(first)
    there = Seat.locate(elsewhere(), 3)
    info = subprocess.run(
        ["qemu-img", "info", "--backing-chain", "--output=json", str(there.disk)], capture_output=True, text=True, check=True
    ).stdout
    assert len(json.loads(info)) == 4
    subprocess.run(["qemu-img", "check", "-q", str(there.disk)], check=True)
    raw = there.folder / "raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", str(there.disk), str(raw)], check=True)
    assert raw.read_bytes().startswith(b"what the image has")


@pytest.mark.parametrize("as_made", [relative, absolute])
def test_a_chain_is_of_this_home(
    first: Home, elsewhere: Callable[[], Home], as_made: Callable[[Seat, list[Path]], None]
) -> None:
    seat, below = made(first)
    as_made(seat, below)
    assert chain(first, seat) == below
    home = elsewhere()
    assert chain(home, Seat.locate(home, 3)) == [home.state / file.relative_to(first.state) for file in below]


def test_a_chain_of_which_something_is_gone(first: Home) -> None:
    seat, below = made(first)
    shutil.rmtree(below[1].parent)
    with pytest.raises(LabError, match="stands on is gone") as error:
        chain(first, seat)
    assert "aaa-1" in error.value.evidence


def test_what_a_seat_stands_on_is_read_from_both_kinds_of_disks(first: Home) -> None:
    seat, below = made(first)
    assert "bbb-2" in stands_on(seat.folder)
    absolute(seat, below)
    assert "bbb-2" in stands_on(seat.folder)


def test_a_home_whose_cache_is_a_link(first: Home, tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (first.state / "cache").symlink_to(tmp_path / "room")
    seat, below = made(first)
    subprocess.run(["qemu-img", "info", "--backing-chain", str(seat.disk)], check=True, stdout=subprocess.DEVNULL)
    assert chain(first, seat) == below


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which(arguments.program()), reason="needs QEMU on Linux")
@pytest.mark.parametrize("as_made", [relative, absolute])
def test_qemu_opens_the_disk_of_a_moved_seat_and_of_a_copy_in_it(
    first: Home, elsewhere: Callable[[], Home], as_made: Callable[[Seat, list[Path]], None]
) -> None:
    as_made(*made(first))
    home = elsewhere()
    seat = Seat.locate(home, 3)
    seat.fork.folder.mkdir()
    shutil.copy(seat.disk, seat.fork.disk)
    for one in (seat, seat.fork):
        command = [
            *arguments.common("lab-3", 1), *arguments.machine("tcg"), *arguments.memory(64, one.memory, arguments.SHARED),
            *arguments.disk(one.disk, chain(home, one), durable=True), *arguments.agent(one.agent),
            *arguments.control(one.qmp, one.pid), "-S",
        ]  # fmt: skip
        with qemu_process.launch(one, command) as qemu, Monitor(one.qmp, alive=qemu.require_life) as monitor:
            said = monitor.ask("query-named-block-nodes")
            qemu_process.end(one)
        opened = {node["file"] for node in said if node["drv"] == "file"}
        assert opened >= {str(file) for file in chain(home, one)}


def test_images_are_found_in_the_home_that_is_asked(first: Home, elsewhere: Callable[[], Home]) -> None:
    made(first)
    home = elsewhere()
    image = images.at(home, "tiny.1")
    assert image
    assert image.disk.is_file()
