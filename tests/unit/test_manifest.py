import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.content.lab import lab_folders, load, load_labs, parse_target, title_of
from provisioner.content.manifest import Hardware
from provisioner.content.strict_yaml import ManifestError
from provisioner.core.errors import UsageError

MANIFEST = """\
version: 1
title: VM and Docker together
summary: One line.
images: [ubuntu-24.04, debian-13]
networks:
  ext:
    v4: 198.51.100.1/24
    v6: 2001:db8:51::1/64
    zones:
      outside: {v4: 198.51.100.10, v6: "2001:db8:51::10", about: anybody, serves: [80]}
      admin:   {v4: 198.51.100.20, about: the administrator's laptop}
  int:
    v4: 10.0.5.1/24
    zones:
      lan: {v4: 10.0.5.9, about: the office}
services:
  web: {port: 8080, about: the shop, container: 80}
  ssh: {port: 22, about: the way in}
exercises:
  - id: firewall-on
    title: Switch the firewall on
    points: 10
    hints: [vague, nearer]
  - id: close-web
    title: Close the shop
    points: 20
    hints: [vague, nearer]
"""


def write(path: Path, text: str = "text\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_lab(folder: Path) -> Path:
    write(folder / "lab.yaml", MANIFEST)
    write(folder / "README.md")
    write(folder / "setup.yml")
    for name in ("firewall-on", "close-web"):
        exercise = folder / "exercises" / name
        for file in ("task.md", "why.md", "solution.sh", f"test_{name.replace('-', '_')}.py"):
            write(exercise / file)
        for letter in "abcd":
            write(exercise / "wrong" / f"{letter}.sh", "#!/bin/sh\n# Closes the wrong port.\ntrue\n")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "labs"


@pytest.fixture
def lab(root: Path) -> Path:
    return write_lab(root / "03-vm-and-docker")


def mistakes(lab: Path, *changes: tuple[str, str]) -> list[str]:
    """Those of the lab after these replacements in its lab.yaml, as `line: path: why`."""
    text = (lab / "lab.yaml").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (lab / "lab.yaml").write_text(text)
    with pytest.raises(ManifestError) as caught:
        load(lab.parent, "3")
    lines = (line.removeprefix(f"{lab / 'lab.yaml'}:") for line in caught.value.evidence.splitlines())
    return [f"{number}:{why}" for number, _, why in (line.split(":", 2) for line in lines)]


def test_a_network_cannot_have_the_name_of_the_containers_gateway(lab: Path) -> None:
    assert any("`machine@gateway` is the machine" in why for why in mistakes(lab, ("  int:", "  gateway:")))


def test_a_lab_is_read_with_its_exercises(root: Path, lab: Path) -> None:
    write(lab / "exercises/close-web/solution-nftables.sh")
    found = load(root, "3")
    assert (found.number, found.slug, found.folder) == (3, "vm-and-docker", lab)
    manifest = found.manifest
    assert (manifest.machine, manifest.internet, manifest.claims) == (Hardware(1, 1024, 8), False, ())
    assert manifest.images == ("ubuntu-24.04", "debian-13")
    assert manifest.networks["ext"].zones["outside"].serves == (80,)
    assert manifest.networks["ext"].zones["admin"].v6 is None
    assert (manifest.services["web"].container, manifest.services["ssh"].container) == (80, None)

    first, second = found.exercises
    assert (first.number, first.entry.title, first.lab) == (1, "Switch the firewall on", found)
    here = lab / "exercises" / "close-web"
    assert (second.task, second.why, second.test) == (here / "task.md", here / "why.md", here / "test_close_web.py")
    assert second.solutions == [here / "solution.sh", here / "solution-nftables.sh"]
    assert [path.name for path in second.wrong] == ["a.sh", "b.sh", "c.sh", "d.sh"]
    assert {found: 1, first: 2}  # hashable, although a manifest holds dicts


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("v4: 198.51.100.1/24", "v4: 198.51.100.1", "7: networks.ext.v4: `198.51.100.1` is not an IPv4 address with"),
        ("v4: 198.51.100.1/24", "v4: 198.51.100.1/64", "7: networks.ext.v4: `198.51.100.1/64` is not an IPv4"),
        ("v6: 2001:db8:51::1/64", "v6: 192.0.2.1/24", "8: networks.ext.v6: `192.0.2.1/24` is not an IPv6"),
        ("198.51.100.20", "198.51.101.20", "11: networks.ext.zones.admin.v4: 198.51.101.20 is not in 198.51.100.0/24"),
        ("198.51.100.20", "198.51.100.300", "11: networks.ext.zones.admin.v4: `198.51.100.300` is not an IPv4"),
        ("198.51.100.20", "198.51.100.20/24", "11: networks.ext.zones.admin.v4: `198.51.100.20/24` is not an IPv4"),
        ("198.51.100.20", "198.51.100.10", "11: networks.ext.zones.admin.v4: 198.51.100.10 is the address of outside"),
        (
            "198.51.100.20",
            "198.51.100.1",
            "11: networks.ext.zones.admin.v4: 198.51.100.1 is the address of the machine",
        ),
        ("10.0.5.9,", '10.0.5.9, v6: "2001:db8::9",', "15: networks.int.zones.lan.v6: the network has no v6"),
        ("10.0.5.1/24", "198.51.100.1/16", "13: networks.int.v4: 198.51.100.1 is the address of the machine in ext"),
        ("      lan:", "      admin:", "15: networks.int.zones.admin: the name is that of a zone of ext already"),
        ("      lan:", "      machine:", "15: networks.int.zones.machine: the name is that of the machine itself"),
        ("      lan:", "      web:", "15: networks.int.zones.web: the name is that of a service already"),
        ("      lan:", "      Lan:", "15: networks.int.zones.Lan: `Lan` does not match"),
        ("  int:", "  docker:", "12: networks.docker: the machine has an interface docker0 already"),
        ("  int:", "  longerthan10:", "12: networks.longerthan10: `longerthan10` does not match"),
        ("port: 22", "port: 8080", "18: services.ssh.port: 8080 is the port of web already"),
        ("port: 22", "port: 65536", "18: services.ssh.port: must be at most 65535"),
        ("serves: [80]", "serves: [0]", "10: networks.ext.zones.outside.serves[0]: must be at least 1"),
        ("points: 20", "points: 20\n    after: [close-web]", "27: exercises[1].after[0]: no exercise before this one"),
        ("points: 10", "points: 10\n    after: [close-web]", "23: exercises[0].after[0]: no exercise before this one"),
        ("points: 20", "points: 0", "26: exercises[1].points: must be at least 1"),
        ("version: 1", "version: 2", "1: version: `2` is not possible; possible: 1"),
        ("images: [ubuntu-24.04, debian-13]", "images: []", "4: images: must be at least 1, not 0"),
        ("services:", "machine: {memory: 128}\nservices:", "16: machine.memory: must be at least 256"),
        ("title: VM and", "titel: VM and", "1: title: missing"),
    ],
)
def test_a_wrong_manifest(lab: Path, old: str, new: str, why: str) -> None:
    found = mistakes(lab, (old, new))
    assert any(line.startswith(why) for line in found), found


def test_ids_are_unique(lab: Path) -> None:
    found = mistakes(lab, ("id: close-web", "id: firewall-on"))
    assert found == [
        "19: exercises: no entry names the folder exercises/close-web",
        "24: exercises[1].id: exercises[0] has the id `firewall-on` already",
    ]


def test_the_files_of_an_exercise_must_be_there(lab: Path) -> None:
    here = lab / "exercises" / "firewall-on"
    for path in (lab / "README.md", here / "task.md", here / "test_firewall_on.py", here / "wrong" / "d.sh"):
        path.unlink()
    write(here / "wrong" / "a.sh", "#!/bin/sh\ntrue\n# too late\n")
    write(here / "wrong" / "b.sh", "# without a shebang\n")
    write(here / "wrong" / "c.sh", "#!/bin/sh\n#\nset -e\n")
    write(lab / "exercises" / "stray" / "task.md")
    write(lab / "exercises" / "__pycache__" / "x.pyc")
    where = "20: exercises[0].id: exercises/firewall-on"
    comment = "the line after `#!` must be a comment: what it gets wrong"
    assert mistakes(lab) == [
        "1: README.md is missing beside it",
        "19: exercises: no entry names the folder exercises/stray",
        f"{where}/task.md is missing",
        f"{where}/test_firewall_on.py is missing",
        f"{where}/wrong/ needs at least 4 wrong solutions (*.sh), it has 3",
        f"{where}/wrong/a.sh: {comment}",
        f"{where}/wrong/b.sh: {comment}",
        f"{where}/wrong/c.sh: {comment}",
    ]


def test_an_exercise_without_a_folder_is_one_mistake(lab: Path) -> None:
    (lab / "exercises" / "close-web").rename(lab / "exercises" / ".old")
    assert mistakes(lab) == ["24: exercises[1].id: the folder exercises/close-web is missing"]


def test_mistakes_of_shape_of_meaning_and_of_files_come_together(lab: Path) -> None:
    (lab / "setup.yml").unlink()
    found = mistakes(
        lab,
        ("summary: One line.\n", "sumary: One line.\n"),
        ("v4: 198.51.100.1/24", "v4: 5"),
        ("10.0.5.9", "10.0.6.9"),
        ("port: 22", "prt: 22"),
        ("id: close-web", "id: 7"),
    )
    assert found == [
        "1: setup.yml is missing beside it",
        "1: summary: missing",
        "3: sumary: unknown field; did you mean `summary`?",
        "7: networks.ext.v4: must be a text, not `5`: quote it",
        "15: networks.int.zones.lan.v4: 10.0.6.9 is not in 10.0.5.0/24",
        "18: services.ssh.port: missing",
        "18: services.ssh.prt: unknown field; did you mean `port`?",
        "19: exercises: no entry names the folder exercises/close-web",
        "24: exercises[1].id: must be a text, not `7`: quote it",
    ]


def test_a_name_that_no_folder_can_have(root: Path, lab: Path) -> None:
    manifest = lab / "lab.yaml"
    manifest.write_text(manifest.read_text().replace("id: close-web", f"id: {'a' * 5000}"))
    with pytest.raises(UsageError, match="cannot be used|mistake") as caught:
        load(root, "3")
    assert "File name too long" in caught.value.evidence


def test_the_folders_of_labs(root: Path, lab: Path) -> None:
    for name in ("01-processes", "roles", "2-short", "04-Upper"):
        (root / name).mkdir()
    write(root / "05-a-file")
    assert lab_folders(root) == {1: root / "01-processes", 3: lab}
    assert lab_folders(root / "nowhere") == {}


@pytest.mark.parametrize("name", ["03-other", "04-vm-and-docker"])
def test_two_labs_of_one_number_or_name(root: Path, lab: Path, name: str) -> None:
    (root / name).mkdir()
    with pytest.raises(UsageError) as caught:
        lab_folders(root)
    assert caught.value.evidence.splitlines() == sorted([str(lab), str(root / name)])


@pytest.mark.parametrize("name", ["3", "03", "03-vm-and-docker", "vm-and-docker"])
def test_a_lab_by_number_or_name(root: Path, lab: Path, name: str) -> None:
    assert load(root, name).folder == lab


@pytest.mark.parametrize("name", ["", "4", "003", "3-vm-and-docker", "vm", "³", "../labs/03-vm-and-docker"])
def test_an_unknown_lab_lists_what_exists(root: Path, lab: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(root, name)
    assert caught.value.evidence == lab.name


@pytest.mark.parametrize(("target", "number"), [("3.2", 2), ("3.close-web", 2), ("vm-and-docker.1", 1), ("3", None)])
def test_a_target(root: Path, lab: Path, target: str, number: int | None) -> None:
    found, exercise = parse_target(root, target)
    assert found.folder == lab
    assert (exercise and exercise.number) == number


@pytest.mark.parametrize("target", ["3.", "3.0", "3.3", "3.web", "3.1.2", "3.02"])
def test_an_unknown_exercise_lists_those_of_the_lab(root: Path, lab: Path, target: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(root, target)
    assert "3.2  close-web: Close the shop" in caught.value.evidence


def test_a_glance_needs_no_valid_lab(root: Path, lab: Path) -> None:
    (lab / "setup.yml").unlink()
    write(root / "04-broken" / "lab.yaml", "title: [\n")
    write(root / "05-half" / "lab.yaml", "title: Half\nsummary: []\nexercises: 3\n")
    write(root / "07-list" / "lab.yaml", "- 1\n- [2]\n- {title: 3}\n")
    write(root / "08-text" / "lab.yaml", "words\n")
    (root / "06-empty").mkdir()
    first, *others = load_labs(root)
    assert first == title_of(lab)
    assert (first.number, first.slug, first.folder) == (3, "vm-and-docker", lab)
    assert (first.title, first.summary, first.exercises) == ("VM and Docker together", "One line.", 2)
    assert [glance.title for glance in others] == ["broken", "half", "empty", "list", "text"]
    assert {(glance.summary, glance.exercises) for glance in others} == {("(its lab.yaml cannot be read)", 0)}


def test_importing_it_does_not_cost_yaml() -> None:
    code = "import sys, provisioner.content.lab; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
