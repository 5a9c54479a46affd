import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.backends.qemu import accelerator
from provisioner.content.lab import load as load_lab
from provisioner.core.errors import LabError, MachineError
from provisioner.core.files import remove_tree
from provisioner.core.model import Finding, Info, Layer, LayerRefused, Spec, Status
from provisioner.core.paths import Home, labs_folders
from provisioner.core.progress import Step
from provisioner.drivers import registry
from provisioner.drivers.base import LayerStore
from provisioner.images import Image
from provisioner.provision import layer_store, stages
from provisioner.provision.layer_builder import prepare, use
from provisioner.provision.layer_store import Stage, find, key, keys, read_note, remove
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Record, Seat

MACHINE = Spec(2, 1024, 8)


class Folder(Machine):
    """Its disk is a text."""

    def status(self) -> Status:
        return Status("running" if self.seat.disk.exists() else "absent")

    def resume(self, spec: Spec) -> None:
        raise AssertionError

    def end(self) -> None:
        self.seat.disk.unlink(missing_ok=True)


class Folders:
    """A driver whose machine is a text file: what layers do is the same."""

    info = Info("folders", layers="memory")

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.log: list[str] = []

    def preflight(self) -> list[Finding]:
        return []

    def image(self, preferred: Sequence[str]) -> Image:
        raise AssertionError

    def fingerprint(self, spec: Spec, image: Image) -> str:
        return f"{self.version} {spec.memory}"

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        text = (origin.folder / "text").read_text() if isinstance(origin, Layer) else origin.name
        seat.disk.write_text(text)
        self.log.append(f"up {text}")
        return self.attach(seat)

    def attach(self, seat: Seat) -> Machine:
        return Folder(seat)

    def store(self, machine: Machine, folder: Path) -> None:
        machine.seat.disk.rename(folder / "text")

    def discard(self, folder: Path) -> None:
        remove_tree(folder)


class Quicker(Folders):
    """Prepares what another driver's machines are made of."""

    info = Info("quicker", layers="disk")
    log: list[str] = []  # of all of them: the one that prepares is loaded by its name

    def __init__(self, version: str = "2") -> None:
        self.version = version


class Converting(Folders):
    """One that makes machines of what another driver's were prepared to."""

    info = Info("converting", layers="memory", converts=("quicker",))

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self.refuses = refuses

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        if isinstance(origin, Image) or origin.driver not in self.info.converts:
            return super().start(seat, spec, origin, building=building)
        if self.refuses:
            raise MachineError("no loop devices")
        seat.disk.write_text(f"made of {(origin.folder / 'text').read_text()}")
        self.log.append("convert")
        return self.attach(seat)


class Absent(Quicker):
    def preflight(self) -> list[Finding]:
        return [Finding("LXC", False)]


class Failing(Quicker):
    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        raise MachineError("no loop devices")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer's note names its driver, which is asked when the layer goes."""
    for driver in (Folders, Converting, Quicker):
        monkeypatch.setitem(registry._DRIVERS, driver.info.name, f"{__name__}:{driver.__name__}")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image("debian-13", tmp_path / "image", "d1", "raw")


def adds(word: str) -> Callable[[Seat, Step], object]:
    def work(seat: Seat, _: Step) -> None:
        seat.disk.write_text(f"{seat.disk.read_text()} {word}")

    return work


def stage(name: str, *inputs: Path | str, survives_reboot: bool = False, after_boot: str = "") -> Stage:
    return Stage(f"Adding {name}", name, inputs, adds(name), survives_reboot, adds(after_boot) if after_boot else None)


@pytest.fixture
def role(tmp_path: Path) -> Path:
    role = tmp_path / "role"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").write_text("tasks")
    (role / "files").mkdir()
    return role


# --- keys


def rewrite(role: Path) -> None:
    (role / "tasks" / "main.yml").write_text("other tasks")


def rename(role: Path) -> None:
    (role / "tasks" / "main.yml").rename(role / "tasks" / "other.yml")


def move(role: Path) -> None:
    (role / "tasks" / "main.yml").rename(role / "files" / "main.yml")


def add(role: Path) -> None:
    (role / "files" / "new").touch()


@pytest.mark.parametrize("change", [rewrite, rename, move, add])
def test_a_changed_folder_is_another_key(role: Path, change: Callable[[Path], None]) -> None:
    before = key("p", stage("docker", role))
    change(role)
    assert key("p", stage("docker", role)) != before


def cached(role: Path) -> None:
    (role / "__pycache__").mkdir()
    (role / "__pycache__" / "x.pyc").write_bytes(b"1")


def empty_folder(role: Path) -> None:
    (role / "templates").mkdir()


@pytest.mark.parametrize("change", [cached, empty_folder])
def test_what_does_nothing_changes_nothing(role: Path, change: Callable[[Path], None]) -> None:
    before = key("p", stage("docker", role))
    change(role)
    assert key("p", stage("docker", role)) == before


def test_the_place_of_the_checkout_does_not_count(role: Path, tmp_path: Path) -> None:
    before = key("p", stage("docker", role))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert key("p", stage("docker", role.rename(elsewhere / "role"))) == before


def test_every_input_of_a_stage_counts(role: Path) -> None:
    file = role / "tasks" / "main.yml"
    found = [
        key("p", stage("docker", role)), key("q", stage("docker", role)), key("p", stage("lab", role)),
        key("p", stage("docker", file)), key("p", stage("docker", role, "networks")), key("p", stage("docker")),
    ]  # fmt: skip
    assert len(set(found)) == len(found)


def test_all_that_a_layer_stands_on_counts(image: Image) -> None:
    plan = [stage("docker"), stage("lab")]
    here = keys(Folders(), MACHINE, image, plan)
    others = [
        keys(Folders("2"), MACHINE, image, plan),
        keys(Folders(), replace(MACHINE, memory=2048), image, plan),
        keys(Folders(), MACHINE, replace(image, digest="d2"), plan),
        keys(Folders(), MACHINE, image, [stage("docker", "more"), plan[1]]),
    ]
    assert all(not set(here) & set(other) for other in others)


def test_labs_share_what_their_plans_begin_with(image: Image) -> None:
    one = keys(Folders(), MACHINE, image, [stage("docker"), stage("lab 1")])
    two = keys(Folders(), MACHINE, image, [stage("docker"), stage("lab 2"), stage("2.1 solved")])
    assert one[0] == two[0]
    assert len({*one, *two}) == 4


# --- preparing


def built(home: Home, driver: Folders, image: Image, plan: list[Stage]) -> list[Layer]:
    """The layers of these stages, which must be there."""
    assert isinstance(driver, LayerStore)
    found = [find(home, layer_key) for layer_key in keys(driver, MACHINE, image, plan)]
    assert all(found)
    return [layer for layer in found if layer]


def test_layers_stand_on_each_other_and_are_made_once(home: Home, image: Image) -> None:
    driver, plan = Folders(), [stage("docker"), stage("lab")]
    layer = prepare(home, driver, MACHINE, image, plan)
    assert (layer.folder / "text").read_text() == "debian-13 docker lab"
    assert driver.log == ["up debian-13", "up debian-13 docker"]
    assert prepare(home, driver, MACHINE, image, plan) == layer
    assert len(driver.log) == 2


def test_another_lab_begins_where_the_first_did(home: Home, image: Image) -> None:
    prepare(home, Folders(), MACHINE, image, [stage("docker"), stage("lab 1")])
    driver = Folders()
    prepare(home, driver, MACHINE, image, [stage("docker"), stage("lab 2")])
    assert driver.log == ["up debian-13 docker"]


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Machines are emulated here; the log of the quicker driver."""
    monkeypatch.setattr(accelerator, "choose", lambda *_: "tcg")
    Quicker.log.clear()
    return Quicker.log


def test_what_a_boot_brings_back_is_done_by_the_driver_that_is_quicker_and_all_else_is_not(
    home: Home, image: Image, emulated: list[str]
) -> None:
    driver, plan = Converting(), [stage("docker", survives_reboot=True), stage("lab")]
    layer = prepare(home, driver, MACHINE, image, plan)
    assert (layer.folder / "text").read_text() == "made of debian-13 docker lab"
    assert emulated == ["up debian-13"]
    assert driver.log == ["convert", "up made of debian-13 docker"]


def test_several_stages_are_done_by_it_and_booted_once_and_then_what_each_boot_leaves_to_do(
    home: Home, image: Image, emulated: list[str]
) -> None:
    driver = Converting()
    plan = [stage("docker", survives_reboot=True), stage("lab", survives_reboot=True, after_boot="what it waits for")]
    layer = prepare(home, driver, MACHINE, image, plan)
    assert (layer.folder / "text").read_text() == "made of debian-13 docker lab what it waits for"
    assert emulated == ["up debian-13", "up debian-13 docker"]
    assert driver.log == ["convert"]
    remove(home, built(home, Quicker(), image, plan)[0].folder)  # what it was made of may go: it does not stand on that
    assert find(home, layer.key)


@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize("other", [Absent, Failing, Quicker])
def test_where_the_quicker_driver_is_not_or_fails_it_is_done_without(
    home: Home, image: Image, other: type[Quicker], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(registry._DRIVERS, "quicker", f"{__name__}:{other.__name__}")
    driver = Converting(refuses=True)
    layer = prepare(home, driver, MACHINE, image, [stage("docker", survives_reboot=True), stage("lab", survives_reboot=True)])
    assert (layer.folder / "text").read_text() == "debian-13 docker lab"
    assert ("no loop devices" in "".join(capsys.readouterr())) is (other is not Absent)
    assert read_note(layer.folder)["parent"]  # type: ignore[index]


def test_a_failed_preparation_leaves_its_logs_and_nothing_else(home: Home, image: Image) -> None:
    def fail(seat: Seat, _: Step) -> None:
        (seat.logs / "said").write_text("no")
        raise LabError("the playbook failed", hint=f"the whole log: {seat.logs / 'said'}")

    plan = [stage("docker"), Stage("Failing", "lab", (), fail)]
    with pytest.raises(LabError, match="the playbook failed") as error:
        prepare(home, Folders(), MACHINE, image, plan)
    kept = Path(error.value.hint.removeprefix("the whole log: "))
    assert kept.read_text() == "no"
    done = keys(Folders(), MACHINE, image, plan)
    assert [bool(find(home, k)) for k in done] == [True, False]
    left = {f.name for f in home.layers.iterdir() if f.is_dir()}
    assert left - {built(home, Folders(), image, plan[:1])[0].folder.name} == {kept.parent.name}


def test_a_preparation_that_was_cut_off_starts_again(home: Home, image: Image) -> None:
    """As after kill -9: the folders of the half-built layer are still there."""
    plan = [stage("docker")]
    (wanted,) = keys(Folders(), MACHINE, image, plan)
    half = home.layers / f".{wanted}.new"
    half.mkdir(parents=True)
    (half / "text").write_text("half")
    assert find(home, wanted) is None
    layer = prepare(home, Folders(), MACHINE, image, plan)
    assert (layer.folder / "text").read_text() == "debian-13 docker"
    assert not half.exists()


def cut(layer: Layer) -> None:
    (layer.folder / "text").write_text("deb")


def lose(layer: Layer) -> None:
    (layer.folder / "text").unlink()


def scribble(layer: Layer) -> None:
    (layer.folder / "layer.json").write_text("{half")


@pytest.mark.parametrize("spoil", [cut, lose, scribble])
def test_a_damaged_layer_is_made_anew(
    home: Home, image: Image, spoil: Callable[[Layer], None], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = [stage("docker")]
    first = prepare(home, Folders(), MACHINE, image, plan)
    spoil(first)
    layer = prepare(home, Folders(), MACHINE, image, plan)
    assert (layer.folder / "text").read_text() == "debian-13 docker"
    assert "damaged" in capsys.readouterr().err
    assert not first.folder.exists()


def test_what_stands_on_a_damaged_layer_goes_with_it(home: Home, image: Image) -> None:
    plan = [stage("docker"), stage("lab")]
    prepare(home, Folders(), MACHINE, image, plan)
    docker, lab = built(home, Folders(), image, plan)
    cut(docker)
    prepare(home, Folders(), MACHINE, image, [stage("docker"), stage("other")])
    assert find(home, docker.key)
    assert not find(home, lab.key)
    assert not lab.folder.exists()


def stand_on(home: Home, layer: Layer, name: str) -> Seat:
    """A stopped seat whose disk is an overlay of the layer's."""
    seat = Seat(home.seats / name)
    seat.create(Record("lab", "qemu", layer=layer.key, build_id=layer_store.build_id(layer.folder), phase="ready"))
    run("qemu-img", "create", "-q", "-f", "raw", str(layer.folder / "text"), "1M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", str(layer.folder / "text"), "-F", "raw", str(seat.disk))
    return seat


def run(*command: str) -> None:
    subprocess.run(command, check=True)


@pytest.mark.parametrize("record", ["as it was", "{half", '{"lab": "lab", "driver": "other"}'])
def test_a_damaged_layer_that_a_seat_stands_on_stays_for_it(home: Home, image: Image, record: str) -> None:
    """Whatever becomes of the seat's record: its disk tells."""
    plan = [stage("docker"), stage("lab")]
    prepare(home, Folders(), MACHINE, image, plan)
    docker, lab = built(home, Folders(), image, plan)
    seat = stand_on(home, lab, "3-bob")
    if record != "as it was":
        seat.record_file.write_text(record)
    cut(docker)
    layer = prepare(home, Folders(), MACHINE, image, plan)
    assert layer.folder != lab.folder
    assert (layer.folder / "text").read_text() == "debian-13 docker lab"
    assert lab.folder.is_dir()
    assert docker.folder.is_dir()
    assert not layer_store.remove(home, docker.folder)
    seat.remove()
    assert layer_store.remove(home, docker.folder)
    assert not lab.folder.exists()


class Starting(Folders):
    """Starts from no layer whose content is not the one that it stored."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error = error

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        machine = super().start(seat, spec, origin, building=building)
        if self.error and isinstance(origin, Layer) and not building:
            raise self.error
        if "rotten" in seat.disk.read_text():
            raise MachineError("the machine started, and its guest does not answer")
        return machine


def test_a_fault_of_the_host_removes_nothing(home: Home, image: Image) -> None:
    plan, seat = [stage("docker"), stage("lab")], Seat(home.seats / "3")
    seat.create(Record("lab", "folders"))
    prepare(home, Folders(), MACHINE, image, plan)
    before = built(home, Folders(), image, plan)
    driver = Starting(MachineError("QEMU ended with code 1", evidence="guest memory 'ram': Cannot allocate memory"))
    with pytest.raises(MachineError, match="ended with code 1"):
        use(home, driver, MACHINE, image, plan, lambda layer: driver.start(seat, MACHINE, layer))
    assert built(home, Folders(), image, plan) == before


@pytest.mark.parametrize("number", [0, 1])
def test_damage_that_no_size_tells_is_found_when_a_machine_does_not_start_and_healed(
    home: Home, image: Image, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, driver, seat = [stage("docker"), stage("lab")], Starting(), Seat(home.seats / "3")
    seat.create(Record("lab", "folders"))
    prepare(home, Folders(), MACHINE, image, plan)
    for layer in built(home, Folders(), image, plan)[number:]:  # of the lower one the upper one is made
        file = layer.folder / "text"
        file.write_text(file.read_text().replace("docker", "rotten"))
    use(home, driver, MACHINE, image, plan, lambda layer: driver.start(seat, MACHINE, layer))
    assert seat.disk.read_text() == "debian-13 docker lab"
    assert "text changed on the disk" in capsys.readouterr().err


class Choosy(Folders):
    """Refuses, once, machines of one content."""

    def __init__(self, refused: str) -> None:
        super().__init__()
        self.refused = refused

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> Machine:
        machine = super().start(seat, spec, origin, building=building)
        if seat.disk.read_text() == self.refused:
            self.refused = ""
            assert isinstance(origin, Layer)
            raise LayerRefused(origin, MachineError("the machine type is another"))
        return machine


@pytest.mark.parametrize(("refused", "again"), [
    ("debian-13 docker", ["up debian-13", "up debian-13 docker", "up debian-13", "up debian-13 docker"]),
    ("debian-13 docker lab", ["up debian-13", "up debian-13 docker", "up debian-13 docker lab", "up debian-13 docker"]),
])  # fmt: skip
def test_a_layer_that_is_refused_is_made_anew(home: Home, image: Image, refused: str, again: list[str]) -> None:
    driver, seat = Choosy(refused), Seat(home.seats / "3")
    seat.create(Record("lab", "folders"))
    use(home, driver, MACHINE, image, [stage("docker"), stage("lab")], lambda layer: driver.start(seat, MACHINE, layer))
    assert driver.log[: len(again)] == again
    assert seat.disk.read_text() == "debian-13 docker lab"


def test_only_a_playbook_that_boots_its_machine_runs_once_more_in_one_that_was_prepared_elsewhere() -> None:
    again = {}
    for number in range(1, 9):
        lab = load_lab(labs_folders(), str(number))
        plan, _ = stages.stages(lab, Folders(), lab.exercises[:1])
        assert [one.survives_reboot for one in plan] == [True, True, False], "a boot would leave half of a solution"
        again[number] = [one.after_boot is not None for one in plan]
    assert again == {number: [False, number == 2, False] for number in range(1, 9)}
