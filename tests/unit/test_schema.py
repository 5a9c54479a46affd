import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from provisioner.content.schema import schema

COMMITTED = Path(__file__).parents[2] / "labs" / "lab.schema.json"
REMOVED = object()
VALID: dict[str, Any] = {
    "version": 1,
    "title": "VM and Docker together",
    "summary": "One line.",
    "claims": ["A sentence."],
    "images": ["ubuntu-24.04"],
    "machine": {"cpus": 2},
    "internet": False,
    "networks": {
        "ext": {
            "v4": "198.51.100.1/24",
            "v6": None,
            "zones": {"outside": {"v4": "198.51.100.10", "about": "anybody", "serves": [80]}},
        }
    },
    "services": {"web": {"port": 8080, "about": "the shop", "container": 80}},
    "exercises": [{"id": "firewall-on", "title": "On", "points": 10, "hints": ["vague", "nearer"]}],
}


def test_the_committed_schema_is_the_generated_one() -> None:
    assert json.loads(COMMITTED.read_text()) == schema(), "python -m provisioner.content.schema > labs/lab.schema.json"


def test_it_is_a_schema_and_takes_a_valid_manifest() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(VALID)


def test_every_field_is_described() -> None:
    def walk(part: dict[str, Any]) -> None:
        for name, field in part.get("properties", {}).items():
            assert field["description"], name
            walk(field)
        for inner in ("items", "additionalProperties"):
            if isinstance(part.get(inner), dict):
                walk(part[inner])

    walk(schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("titel", "an unknown field"),
        ("title", REMOVED),
        ("title", "  "),
        ("title", 3),
        ("version", 2),
        ("version", "1"),
        ("claims", "a sentence"),
        ("images", []),
        ("images", [13]),
        ("internet", "yes"),
        ("machine.cpus", 0),
        ("machine.memory", 255),
        ("machine.disk", 1.5),
        ("machine.ram", 1024),
        ("networks.Ext", {"v4": "198.51.100.1/24", "zones": {}}),
        ("networks.abcdefghijk", {"v4": "198.51.100.1/24", "zones": {}}),
        ("networks.ext.v4", REMOVED),
        ("networks.ext.v6", 6),
        ("networks.ext.zones.a_b", {"v4": "198.51.100.11", "about": "x"}),
        ("networks.ext.zones.outside.about", REMOVED),
        ("networks.ext.zones.outside.serves", [0]),
        ("services.web.port", 65536),
        ("services.web.container", 0),
        ("exercises", []),
        ("exercises.0.id", "Firewall_On"),
        ("exercises.0.points", 0),
        ("exercises.0.hints", ["only one"]),
    ],
)
def test_it_refuses(path: str, value: object) -> None:
    manifest: Any = copy.deepcopy(VALID)
    *way, last = path.split(".")
    part = manifest
    for step in way:
        part = part[int(step) if step.isdecimal() else step]
    if value is REMOVED:
        del part[last]
    else:
        part[last] = value
    assert not Draft202012Validator(schema()).is_valid(manifest)
