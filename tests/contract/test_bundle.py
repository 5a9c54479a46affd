"""`lab bundle` on fake machines: packed, installed in an empty home, used there; damaged and malicious ones are refused."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.bundle import archive, volumes
from provisioner.bundle import install as work
from provisioner.bundle.archive import Bundle
from provisioner.bundle.scratch import folder_of
from provisioner.core.paths import Home
from provisioner.page.parts import key
from provisioner.provision import layer_store
from tests.contract.bundles import Member, Parts, listing, node
from tests.contract.conftest import Cli, fresh_home
from tests.contract.labs import write_lab

NAME = "course.lab"
BUILT = ("Setting up lab", "Preparing the machine", "Storing it")  # what stderr says where a layer is made


def make_key(folder: Path, name: str) -> Path:
    """A private key; the public one is beside it."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", str(folder / name)]
    subprocess.run(words, check=True)
    return folder / name


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of the trainer, and of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    return make_key(folder, "trainer"), make_key(folder, "stranger")


@pytest.fixture(scope="module")
def office() -> Iterator[Cli]:
    """A home with two labs of its own, where bundles are made. The page's parts are a file: nothing is fetched."""
    with fresh_home() as cli:
        write_lab(cli.labs, 4, "other-shop")
        page = Home.find().cache / "page" / key()
        page.mkdir(parents=True)
        (page / "terminal.js").write_text("// a terminal\n")
        yield cli


@pytest.fixture(scope="module")
def course(office: Cli, keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed bundle of both labs."""
    file = tmp_path_factory.mktemp("course") / NAME
    office.run("bundle", "3", "4", "-o", str(file), "--key", str(keys[0]))
    return file


@pytest.fixture
def room() -> Iterator[Cli]:
    """Another home, which has nothing."""
    with fresh_home() as cli:
        shutil.rmtree(cli.labs)
        yield cli


@pytest.fixture
def unsigned(course: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(course, tmp_path / NAME))


def install_args(course: Path, keys: tuple[Path, Path]) -> tuple[str, ...]:
    return ("bundle", "install", str(course), "--signer", str(keys[0].with_suffix(".pub")))


# --- packed, installed, used


@pytest.mark.slow
def test_a_room_starts_from_the_layers_of_the_bundle(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    out, err = room.said(*install_args(course, keys))
    assert "signed by trainer@example.org" in err
    assert "lab up 3" in out
    home = Home.find()
    layers = sorted(folder.name for folder in home.layers.glob("[!.]*/"))
    assert (home.cache / "page" / key() / "terminal.js").read_text() == "// a terminal\n"
    for number in ("3", "4"):
        err = room.said("up", number)[1]
        assert not [words for words in BUILT if words in err]
    assert sorted(folder.name for folder in home.layers.glob("[!.]*/")) == layers
    assert room.inside("cat /etc/services-here").strip() == "5"
    assert room.outcomes("3", "--quick", expect=1)[1] == "not yet", "the labs' checks are there as well"


def test_what_labs_share_is_packed_once(office: Cli, course: Path) -> None:
    shown = office.json("bundle", "show", str(course))
    assert [layer["stage"] for layer in shown["layers"]] == ["bare", "fake-shop", "other-shop"]
    assert [lab["number"] for lab in shown["labs"]] == [3, 4]
    assert shown["size"] == course.stat().st_size < shown["unpacked"] + 10_000
    assert "ED25519 key SHA256:" in shown["key"]


@pytest.mark.slow
def test_it_is_installed_twice_without_a_change(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    room.run(*install_args(course, keys))
    before = listing(room.home)
    assert [lab["state"] for lab in room.json(*install_args(course, keys))["labs"]] == ["ready", "ready"]
    assert listing(room.home) == before


@pytest.mark.slow
def test_a_layer_that_works_is_not_replaced_and_a_damaged_one_is(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    room.run(*install_args(course, keys))
    good, bad = sorted(Home.find().layers.glob("[!.]*/"))[:2]
    (good / "disk" / "mine").write_text("kept")
    (bad / layer_store.NOTE).write_text("{")
    room.run(*install_args(course, keys))
    assert (good / "disk" / "mine").read_text() == "kept"
    assert layer_store.damage(layer_store.layer_in(bad)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("upgraded", [False, True])
def test_another_back_end_makes_layers_anew_from_their_disks(
    room: Cli, course: Path, keys: tuple[Path, Path], *, upgraded: bool
) -> None:
    """Nothing that takes a network is done again. upgraded: after the bundle was installed, which is done once more."""
    if upgraded:
        room.run(*install_args(course, keys))
    room.told("version", "9.9")
    err = room.said(*install_args(course, keys))[1]
    assert err.count("made anew from its disk, without the network") == 2
    assert "this host has fake 1024 8 9.9" in err
    assert "Setting up lab" not in err
    for layer in Parts.of(course).manifest["layers"]:
        assert not (Home.find().layers / layer["folder"] / "memory").exists()
    err = room.said("up", "3")[1]
    assert not [words for words in BUILT if words in err]
    assert room.inside("cat /etc/services-here").strip() == "5"


def test_an_image_keeps_its_holes(room: Cli, unsigned: Path) -> None:
    parts = Parts.of(unsigned)
    note = {"id": "debian-13.0123456789ab", "name": "debian-13", "digest": "0123456789abcdef", "format": "raw"}
    parts.manifest["images"] = [note]
    parts.add("images/debian-13.0123456789ab/image.json", json.dumps({"version": 1, **note}).encode())
    parts.add("images/debian-13.0123456789ab/disk.raw", b"begin" + b"end", length=1 << 30, extents=[0, 5, (1 << 30) - 3, 3])
    parts.write(unsigned)
    room.run("bundle", "install", str(unsigned), "--yes")
    disk = Home.find().images / "debian-13.0123456789ab" / "disk.raw"
    assert disk.stat().st_size == 1 << 30
    assert disk.stat().st_blocks * 512 < 1 << 20
    with disk.open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(-3, os.SEEK_END)
        assert file.read() == b"end"


def test_a_file_with_a_long_name(course: Path, tmp_path: Path) -> None:
    """As wheels have them: more than a plain header of tar holds."""
    name = f"a_package-{'1' * 90}-cp311-abi3-manylinux_2_17_x86_64.whl"
    (tmp_path / name).write_bytes(b"a wheel")
    entry = archive.measure(archive.Source(tmp_path / name), f"python/{name}", "file", lambda _: None)
    with Bundle(course) as bundle:
        labs = tuple(replace(lab, root="") for lab in bundle.manifest.labs)
        manifest = replace(bundle.manifest, labs=labs, entries=(entry,))
    target = tmp_path / f"long-{NAME}"
    with volumes.Writer(target, 0) as writer:
        archive.write(manifest, manifest.write(), [archive.Source(tmp_path / name)], writer, lambda _: None)
        writer.finish({})
    with tarfile.open(target) as tar:
        assert tar.getnames() == ["manifest.json", f"python/{name}"]
    with Bundle(target) as bundle:
        bundle.unpack(tmp_path / "unpacked", lambda _: None)
    assert (tmp_path / "unpacked" / "python" / name).read_bytes() == b"a wheel"


# --- labs of one's own


def test_a_lab_that_is_there_already_is_used_where_it_is(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    write_lab(room.labs)
    room.run(*install_args(course, keys))
    assert [folder.name for folder in Home.find().bundled.glob("*/*")] == ["04-other-shop"]
    assert not [words for words in BUILT if words in room.said("up", "3")[1]]


def test_another_lab_of_that_number_is_no_one_s_to_replace(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    write_lab(room.labs, changed={"setup.sh": "true\n"})
    before = listing(room.home)
    assert "move " in room.next(*install_args(course, keys))
    assert listing(room.home) == before


@pytest.mark.slow
def test_a_newer_course_replaces_the_labs_of_the_older(
    room: Cli, office: Cli, course: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    room.run(*install_args(course, keys))
    readme = office.labs / "03-fake-shop" / "README.md"
    readme.write_text("# A newer shop\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_HOME", str(office.home))
        office.run("bundle", "make", "3", "-o", str(tmp_path / NAME), "--without-page")
    readme.write_text("# A shop\n")
    room.run("bundle", "install", str(tmp_path / NAME), "--yes")
    assert sorted(folder.name for folder in Home.find().bundled.glob("*/*")) == ["03-fake-shop", "04-other-shop"]
    assert next(Home.find().bundled.glob("*/03-*/README.md")).read_text() == "# A newer shop\n"


# --- signatures


def test_an_unsigned_bundle_is_installed_by_those_who_say_so(room: Cli, unsigned: Path, keys: tuple[Path, Path]) -> None:
    _, err = room.said("bundle", "install", str(unsigned), expect=2)
    assert "it is not signed" in err
    assert "--yes" in err
    assert Bundle(unsigned).sha256 in err
    assert f"copy {NAME}.sig" in room.next(*install_args(unsigned, keys))
    room.run("bundle", "install", str(unsigned), "--yes")


def test_an_allowed_signers_file_names_the_maker(room: Cli, course: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    public = [key.with_suffix(".pub").read_text() for key in reversed(keys)]
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(f'stranger {public[0]}teacher,ops namespaces="lab-bundle" {public[1]}')
    err = room.said("bundle", "install", str(course), "--signer", str(allowed))[1]
    assert "signed by teacher" in err


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_a_signature_that_does_not_fit_is_refused_always(
    room: Cli, course: Path, keys: tuple[Path, Path], tmp_path: Path, options: tuple[str, ...]
) -> None:
    parts = Parts.of(course)
    parts.manifest["labs"][0]["title"] = "Another"
    parts.write(tmp_path / NAME)
    shutil.copy(f"{course}.sig", tmp_path)
    before = listing(room.home)
    for words in (("--signer", str(keys[0].with_suffix(".pub"))), options):
        assert "does not fit" in room.said("bundle", "install", str(tmp_path / NAME), *words, expect=2)[1]
    assert listing(room.home) == before


# --- in parts


@pytest.fixture(scope="module")
def in_parts(office: Cli, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """With something that does not become smaller, so that there are four parts."""
    folder = tmp_path_factory.mktemp("parts")
    blob = office.labs / "03-fake-shop" / "blob"
    blob.write_bytes(os.urandom(200 << 10))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_HOME", str(office.home))
        office.run("bundle", "3", "-o", str(folder / NAME), "--part-size", "64K", "--without-page")
    blob.unlink()
    return sorted(folder.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("first", [f"{NAME}.001", NAME])
def test_parts_are_installed_by_the_name_of_the_first_or_of_all(room: Cli, in_parts: list[Path], first: str) -> None:
    assert [part.name for part in in_parts] == [f"{NAME}.00{number}" for number in (1, 2, 3, 4)]
    assert {part.stat().st_size for part in in_parts[:-1]} == {64 << 10}
    room.run("bundle", "install", str(in_parts[0].with_name(first)), "--yes")
    assert not [words for words in BUILT if words in room.said("up", "3")[1]]


@pytest.mark.parametrize(
    ("number", "size", "message"),
    [
        (2, None, "is missing"),
        (1, 1000, "is short: it has 1000 of 65536 bytes"),
        (4, None, "is missing"),
        (4, 100, "is cut off"),
    ],
)
def test_a_part_that_was_not_copied_whole_is_named(
    room: Cli, in_parts: list[Path], tmp_path: Path, number: int, size: int | None, message: str
) -> None:
    for part in in_parts:
        shutil.copy(part, tmp_path)
    part = tmp_path / f"{NAME}.00{number}"
    if size is None:
        part.unlink()
    else:
        os.truncate(part, size)
    before = listing(room.home)
    _, err = room.said("bundle", "install", str(tmp_path / NAME), "--yes", expect=2)
    assert f"{part.name} {message}" in err
    assert f"copy {part.name} again" in err
    assert listing(room.home) == before
    shutil.copy(in_parts[number - 1], tmp_path)
    room.run("bundle", "install", str(tmp_path / NAME), "--yes")


# --- interrupted


def test_an_interrupted_install_goes_on(room: Cli, unsigned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, count, take = Home.find(), 0, Bundle._take

    def interrupt(self: Bundle, *words: object) -> None:
        nonlocal count
        if (count := count + 1) > 3:
            raise KeyboardInterrupt
        take(self, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(Bundle, "_take", interrupt)
    with Bundle(unsigned) as bundle, pytest.raises(KeyboardInterrupt):
        work.install(home, bundle)
    assert not home.layers.exists()
    with Bundle(unsigned) as bundle:
        scratch = folder_of(home, bundle)
    verified = {path.relative_to(scratch): path.stat().st_ino for path in scratch.glob("layers/*/*")}
    assert len(verified) == 3
    room.run("bundle", "install", str(unsigned), "--yes")
    assert {path: (home.cache / path).stat().st_ino for path in verified} == verified, "what was verified is not written again"
    assert not scratch.exists()


def test_a_layer_keeps_the_checksums_that_it_was_stored_with(room: Cli, unsigned: Path) -> None:
    room.run("bundle", "install", str(unsigned), "--yes")
    folder = next(Home.find().layers.glob("[!.]*/"))
    (folder / "disk" / "etc" / "image").write_text("another")
    assert "changed on the disk" in layer_store.damage(layer_store.layer_in(folder))


def test_interrupted_writing_leaves_nothing(office: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioner.__main__ import _run

    monkeypatch.setenv("LAB_HOME", str(office.home))
    monkeypatch.setenv("LAB_LABS", str(office.labs))
    monkeypatch.setenv("LAB_BUILTIN", "no")

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "_padding", interrupt)
    words = ["--trust", "bundle", "3", "-o", str(tmp_path / NAME), "--driver", "fake"]
    assert _run(words) == 130
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    (tmp_path / f".{NAME}.new").mkdir()  # as kill -9 leaves it
    (tmp_path / f".{NAME}.new" / NAME).write_text("half")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_HOME", str(office.home))
        office.run(*words[1:])
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_bundle_is_not_overwritten(office: Cli, course: Path) -> None:
    before = course.read_bytes()
    assert "is there already" in office.said("bundle", "3", "-o", str(course), expect=2)[1]
    assert "name of a part" in office.said("bundle", "3", "-o", f"{course}.002", expect=2)[1]
    assert "no size of a part" in office.said("bundle", "3", "-o", f"{course}2", "--part-size", "lots", expect=2)[1]
    assert course.read_bytes() == before


# --- damaged and malicious


def _entry_path(path: str) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.entry("layers/")["path"] = parts.member("layers/").name = path

    return edit


def _member_path(path: str) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.member("layers/").name = path

    return edit


def _kind(kind: bytes, target: str = "") -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        member = parts.member("layers/")
        member.kind, member.target = kind, target

    return edit


def _value(start: str, name: str, value: object) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.entry(start)[name] = value

    return edit


def _top(name: str, value: object) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.manifest[name] = value

    return edit


def _note(list_name: str, name: str, value: object) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.manifest[list_name][-1][name] = value

    return edit


def _append(start: str, *nodes: bytes) -> Callable[[Parts], None]:
    """More files in a folder that is an entry, whose checksum is right."""

    def edit(parts: Parts) -> None:
        parts.change(start, lambda data: data + b"".join(nodes))

    return edit


def _not_named(parts: Parts) -> None:
    parts.members.append(Member("layers/more", b"more"))


def _images(parts: Parts) -> None:
    for layer in parts.manifest["layers"]:
        layer["image"] = "../../x"


def _layers_of(driver: str) -> Callable[[Parts], None]:
    def edit(parts: Parts) -> None:
        parts.manifest["layers"][0]["driver"] = driver

    return edit


def _left_out(parts: Parts) -> None:
    del parts.members[-1]


def _twice(parts: Parts) -> None:
    parts.members.insert(1, parts.members[0])


def _named_twice(parts: Parts) -> None:
    _twice(parts)
    parts.manifest["entries"].insert(1, parts.manifest["entries"][0])


def _other_bytes(parts: Parts) -> None:
    member = parts.member("layers/")
    member.data = member.data[:-1] + bytes([member.data[-1] ^ 1])


def _tail(parts: Parts) -> None:
    parts.tail = b"more"


def _too_large(parts: Parts) -> None:
    """More than any disk has room for, in entries that are no larger than may be."""
    size = 200 << 30
    for number in range(50):
        parts.add(f"python/{number}.whl", b"", size=size, length=size, extents=[0, size])


def _image(disk: bytes) -> Callable[[Parts], None]:
    """An image whose disk stands on a file of the host."""

    def edit(parts: Parts) -> None:
        note = {"id": "debian-13.0123456789ab", "name": "debian-13", "digest": "0123456789abcdef", "format": "qcow2"}
        parts.manifest["images"] = [note]
        parts.add("images/debian-13.0123456789ab/image.json", json.dumps({"version": 1, **note}).encode())
        parts.add("images/debian-13.0123456789ab/disk.qcow2", disk)

    return edit


def _qcow2(backing: str = "", features: int = 0) -> bytes:
    """The header of a disk, as QEMU's docs/interop/qcow2.rst has it."""
    name = backing.encode()
    header = b"QFI\xfb" + (3).to_bytes(4) + (112 if name else 0).to_bytes(8) + len(name).to_bytes(4)
    header = header.ljust(72, b"\0") + features.to_bytes(8)
    return header.ljust(100, b"\0") + (104).to_bytes(4) + bytes(8) + name


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(_entry_path("/etc/cron.d/lab"), "an absolute path", id="absolute path"),
        pytest.param(_member_path("/etc/cron.d/lab"), "an absolute path", id="absolute path in the archive only"),
        pytest.param(_entry_path("layers/../../../.bashrc"), "leaves its folder", id="dot dot"),
        pytest.param(_member_path("layers/../x"), "leaves its folder", id="dot dot in the archive only"),
        pytest.param(_entry_path("layers/.hidden/disk"), "a name that nothing in a bundle has", id="hidden"),
        pytest.param(_entry_path("seats/3/seat.json"), "no such place in a bundle", id="another place"),
        pytest.param(_kind(tarfile.SYMTYPE, "/etc"), "a symbolic link", id="symbolic link"),
        pytest.param(_kind(tarfile.LNKTYPE, "manifest.json"), "a hard link", id="hard link"),
        pytest.param(_kind(tarfile.CHRTYPE), "a device", id="device"),
        pytest.param(_kind(tarfile.FIFOTYPE), "a pipe", id="pipe"),
        pytest.param(_kind(tarfile.XHDTYPE), "no plain file", id="extended header"),
        pytest.param(_not_named, "more in it than its manifest names", id="not in the manifest"),
        pytest.param(_left_out, "the archive ends before it", id="in the manifest only"),
        pytest.param(_twice, "does not name it at this place", id="twice in the archive"),
        pytest.param(_named_twice, "in the manifest twice", id="twice in both"),
        pytest.param(_value("labs/", "size", 10), "the manifest says 10", id="a size too small"),
        pytest.param(_value("labs/", "size", 1 << 50), "cannot be one", id="a size too large"),
        pytest.param(_value("layers/", "sha256", "0" * 64), "checksum", id="a wrong checksum"),
        pytest.param(_other_bytes, "refused", id="other bytes"),
        pytest.param(_tail, "something follows", id="bytes behind the end"),
        pytest.param(_top("format", 2), "the format 2", id="a newer format"),
        pytest.param(_top("architecture", "s390x"), "made for s390x", id="another architecture"),
        pytest.param(_top("driver", "nosuch"), "which no bundle can have", id="a driver that is none"),
        pytest.param(_top("driver", "fake:plain"), "which no bundle can have", id="a driver without layers"),
        pytest.param(_layers_of("vagrant"), "which no bundle can have", id="layers of another driver"),
        pytest.param(_top("labs", []), "no lab", id="no labs"),
        pytest.param(_top("entries", {}), "not of the type list", id="a manifest of another shape"),
        pytest.param(_too_large, "too little room", id="larger than the disk"),
        pytest.param(_note("layers", "folder", "../../x"), "key and build", id="a layer elsewhere"),
        pytest.param(_note("layers", "parent", "../x"), "does not come before", id="a layer on what is elsewhere"),
        pytest.param(_note("layers", "image", "../../x"), "does not come before", id="an image elsewhere"),
        pytest.param(_images, "no such name", id="images elsewhere"),
        pytest.param(_note("labs", "root", "labs/other"), "its folder is not in the bundle", id="a lab elsewhere"),
        pytest.param(_note("labs", "name", "04-another"), "is not in it", id="a lab that is not in it"),
        pytest.param(_append("labs/", node("03-fake-shop/x", "link", target="/etc/passwd")), "a link", id="link among labs"),
        pytest.param(_append("labs/", node("../x", "file", b"x")), "leaves its folder", id="dot dot among labs"),
        pytest.param(_append("labs/", node("03-fake-shop/README.md", "file", b"x")), "twice", id="twice among labs"),
        pytest.param(_append("labs/", node("05-x/lab.yaml", "file", b"x")), "no folder of its own", id="no folder among labs"),
        pytest.param(_append("labs/", node("03-fake-shop/x", "file")[:-1]), "middle of a line", id="no JSON among labs"),
        pytest.param(_append("labs/", node("03-fake-shop/x", "file", b"x")[:-1]), "ends before", id="a file too short"),
        pytest.param(
            _append("layers/", node("a", "link", target="/etc"), node("a/x", "file", b"x")), "no folder of its own",
            id="through a link in a layer",
        ),
        pytest.param(_append("layers/", node("h", "hard", target="/etc/passwd")), "hard link", id="hard link out of a layer"),
        pytest.param(_append("layers/", node("/etc/x", "file", b"x")), "an absolute path", id="absolute path in a layer"),
        pytest.param(_append("layers/", node("b", "device")), "is not one of", id="device in a layer"),
        pytest.param(_image(_qcow2("/etc/shadow")), "it stands on '/etc/shadow'", id="a disk on a file of the host"),
        pytest.param(_image(_qcow2(features=4)), "its data is in another file", id="a disk with its data elsewhere"),
        pytest.param(_image(b"no disk"), "no qcow2 file", id="a disk that is none"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_a_malicious_bundle_is_refused(room: Cli, unsigned: Path, edit: Callable[[Parts], None], message: str) -> None:
    parts = Parts.of(unsigned)
    edit(parts)
    parts.write(unsigned)
    _require_refusal(room, unsigned, message)


@pytest.mark.parametrize(
    ("length", "extents", "message"),
    [
        (1 << 50, [0, 5], "said to be"),  # a file that no disk has room for
        (1 << 30, [0, 5, 3, 5], "outside of it, or twice"),
        (100, [98, 5], "outside of it, or twice"),
        (1 << 30, [0, 5, 10], "half an extent"),
        (1 << 30, [0, 500], "of another size"),
    ],
)
@pytest.mark.slow
def test_a_sparse_file_that_lies_is_refused(room: Cli, unsigned: Path, length: int, extents: list[int], message: str) -> None:
    parts = Parts.of(unsigned)
    parts.add("python/x.whl", b"12345", length=length, extents=extents)
    parts.write(unsigned)
    _require_refusal(room, unsigned, message)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda data: data[: len(data) // 2], "is cut off", id="cut off"),
        pytest.param(lambda data: data[:-4], "is cut off", id="without its last bytes"),
        pytest.param(lambda data: data[:1500] + bytes([data[1500] ^ 0x40]) + data[1501:], "refused", id="a flipped bit"),
        pytest.param(lambda data: data[:-6] + bytes([data[-6] ^ 1]) + data[-5:], "refused", id="another checksum"),
        pytest.param(lambda data: data + b"more", "refused", id="more behind it"),
        pytest.param(lambda _: b"no bundle", "refused", id="no bundle"),
        pytest.param(lambda _: b"", "is cut off", id="empty"),
    ],
)
@pytest.mark.slow
def test_a_damaged_bundle_is_refused(room: Cli, unsigned: Path, damage: Callable[[bytes], bytes], message: str) -> None:
    unsigned.write_bytes(damage(unsigned.read_bytes()))
    _require_refusal(room, unsigned, message)


def test_a_bundle_of_another_maker_is_refused(room: Cli, course: Path, keys: tuple[Path, Path]) -> None:
    _require_refusal(room, course, "signed by another key", "--signer", str(keys[1].with_suffix(".pub")))


def _require_refusal(room: Cli, file: Path, message: str, *options: str) -> None:
    """Exit code 2, a message with a next step, and a home as it was."""
    before = listing(room.home)
    _, err = room.said("bundle", "install", str(file), *(options or ("--yes",)), expect=2)
    assert message in err
    assert "internal error" not in err
    assert "  next: " in err
    assert listing(room.home) == before
