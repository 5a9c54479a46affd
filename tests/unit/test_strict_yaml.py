from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from provisioner.content.strict_yaml import ManifestError, Problems, decode


@dataclass(frozen=True)
class Wheel:
    size: int = field(metadata={"minimum": 10, "maximum": 30})
    maker: str = "unknown"


@dataclass(frozen=True)
class Car:
    kind: Literal["van", "bus"]
    plate: str = field(metadata={"pattern": "^[A-Z]+-[0-9]+$"})
    wheels: tuple[Wheel, ...] = field(metadata={"minimum": 1})
    seats: dict[str, int] = field(default_factory=dict, metadata={"pattern": "^[a-z]+$"})
    stops: list[int] = field(default_factory=list, metadata={"items": {"maximum": 9}})
    price: float = 0.5
    sold: bool = False
    note: str | None = None
    spare: Wheel | None = None


GOOD = "kind: van\nplate: AB-1\nwheels: [{size: 20}]\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "car.yaml"


def mistakes(path: Path, text: str | bytes) -> list[str]:
    """The evidence, a line a mistake, without the file's own name."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ManifestError) as caught:
        decode(path, Car)
    lines = caught.value.evidence.splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def test_every_kind_of_field_is_read(path: Path) -> None:
    path.write_text(
        "\ufeffkind: bus\nplate: 'AB-1'\nwheels:\n- size: 20\n  maker: é\n- {size: 30}\n"
        "seats: {left: 1, right: -2}\nstops: [1, 2]\nprice: 12\nsold: true\nnote: null\nspare: {size: 10}\n",
        encoding="utf-8",
    )
    assert decode(path, Car) == Car(
        kind="bus",
        plate="AB-1",
        wheels=(Wheel(20, "é"), Wheel(30)),
        seats={"left": 1, "right": -2},
        stops=[1, 2],
        price=12.0,
        sold=True,
        note=None,
        spare=Wheel(10),
    )


def test_absent_fields_have_their_defaults(path: Path) -> None:
    path.write_text(GOOD)
    assert decode(path, Car) == Car("van", "AB-1", (Wheel(20),))


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_lines(path: Path) -> None:
    assert mistakes(
        path,
        "kind: vam\n"
        "plat: AB-1\n"
        "wheels:\n"
        "  - size: big\n"
        "    maker: 3\n"
        "  - maker: ok\n"
        "  - round\n"
        "seats:\n"
        "  Left: 1\n"
        "  right: x\n"
        "stops: [1,\n"
        "        12]\n"
        "sold: yes\n",
    ) == [
        "1:1: kind: `vam` is not possible; did you mean `van`?",
        "1:1: plate: missing",
        "2:1: plat: unknown field; did you mean `plate`?",
        "4:5: wheels[0].size: must be a whole number, not `big`",
        "5:5: wheels[0].maker: must be a text, not `3`: quote it",
        "6:5: wheels[1].size: missing",
        "7:5: wheels[2]: must be fields, `name: value`, not `round`",
        "9:3: seats.Left: `Left` does not match ^[a-z]+$",
        "10:3: seats.right: must be a whole number, not `x`",
        "12:9: stops[1]: must be at most 9, not 12",
        "13:1: sold: must be true or false, not `yes`",
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("note: yes", "note: must be a text, not `yes`: quote it"),
        ("note: 3", "note: must be a text, not `3`: quote it"),
        ("note: 2024-01-31", "note: must be a text, not `2024-01-31`: quote it"),
        ("note: ''", "note: must be a text, not nothing"),
        ("note: [a]", "note: must be a text, not a list"),
        ("note: {a: b}", "note: must be a text, not fields"),
        ("note: !secret a", "note: must be a text, not `a`"),
        ("sold: 'true'", "sold: must be true or false, not `true`: remove the quotes"),
        ("price: high", "price: must be a number, not `high`"),
        ("price: .nan", "price: must be a number, not `.nan`"),
        ("stops: 3", "stops: must be a list, not `3`"),
        ("stops: ['3']", "stops[0]: must be a whole number, not `3`: remove the quotes"),
        ("stops: [010]", "stops[0]: must be a whole number, not `010`"),
        ("stops: [1:30]", "stops[0]: must be a whole number, not `1:30`"),
        ("stops: [3.5]", "stops[0]: must be a whole number, not `3.5`"),
        ("stops: [99999999999999999999]", "stops[0]: must be a whole number, not `99999999999999999999`"),
        ("seats: [a]", "seats: must be fields, `name: value`, not a list"),
        ("seats: {on: 1}", "seats.on: a name must be a text, not `on`: quote it"),
        ("seats: {[a]: 1}", "seats.?: a name must be a text, not a list: quote it"),
        ("<<: {sold: true}", "<<: a name must be a text, not `<<`: quote it"),
        ("spare: {size: 9}", "spare.size: must be at least 10, not 9"),
        ("plate: CD-2", "plate: given twice"),
        ("colour: red", "colour: unknown field; possible: kind, plate, wheels, seats, stops, price, sold, note, spare"),
        ("note: &loop [*loop]", "note: must be a text, not a list"),
    ],
)
def test_a_mistake_says_what_and_where(path: Path, line: str, why: str) -> None:
    (found,) = mistakes(path, GOOD + line + "\n")
    assert found.startswith("4:")
    assert found.split(": ", 1)[1] == why


def test_a_list_that_is_too_short(path: Path) -> None:
    assert mistakes(path, "kind: van\nplate: AB-1\nwheels: []\n") == ["3:1: wheels: must be at least 1, not 0"]


def test_a_pattern_is_of_the_whole_text(path: Path) -> None:
    (found,) = mistakes(path, 'kind: van\nplate: "AB-1\\n"\nwheels: [{size: 20}]\n')
    assert found == "2:1: plate: `AB-1 ` does not match ^[A-Z]+-[0-9]+$"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "1:1: the file is empty"),
        ("# only a comment\n", "1:1: the file is empty"),
        ("- a\n- b\n", "1:1: must be fields, `name: value`, not a list"),
        ("just words\n", "1:1: must be fields, `name: value`, not `just words`"),
        (b"kind: van\nplate: \xff\n", "2:1: not UTF-8"),
        ("kind: van\nplate: 'AB\n", "3:1: not YAML: "),
        ("kind: van\n\tplate: AB\n", "2:1: not YAML: "),
        ("kind: van\nnote: a: b\n", "2:8: not YAML: "),
        ("kind: van\n---\nkind: bus\n", "2:1: not YAML: "),
        ("kind: *nobody\n", "1:7: not YAML: "),
        ("kind: \x01\n", "1:1: not YAML: "),
    ],
)
def test_what_is_not_a_manifest_at_all(path: Path, text: str | bytes, where: str) -> None:
    (found,) = mistakes(path, text)
    assert found.startswith(where)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None], ids=["a folder", "nothing"])
def test_a_file_that_cannot_be_read(path: Path, make: object) -> None:
    assert callable(make)
    make(path)
    with pytest.raises(ManifestError, match="cannot be read"):
        decode(path, Car)


def test_a_check_speaks_together_with_the_rest_but_not_of_what_is_broken_already(path: Path) -> None:
    def check(car: Car) -> Problems:
        yield ("plate",), "stolen"
        yield ("wheels", 0, "size"), "says the type already"
        yield ("wheels", 1, "size"), "stands in a broken wheel"
        yield ("spare", "maker"), "nowhere, so at the spare"
        yield (), "ugly"

    path.write_text("kind: van\nplate: AB-1\nwheels:\n- size: big\n- flat\nspare: {size: 10}\n")
    with pytest.raises(ManifestError) as caught:
        decode(path, Car, check)
    assert [line.removeprefix(f"{path}:") for line in caught.value.evidence.splitlines()] == [
        "1:1: ugly",
        "2:1: plate: stolen",
        "4:3: wheels[0].size: must be a whole number, not `big`",
        "5:3: wheels[1]: must be fields, `name: value`, not `flat`",
        "6:1: spare.maker: nowhere, so at the spare",
    ]
    assert caught.value.what == "car.yaml has 5 mistakes"
