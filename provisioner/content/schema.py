"""The JSON Schema of lab.yaml, made from the dataclasses that read it, so that an editor checks as one types.

After a change of provisioner/content/manifest.py: `python -m provisioner.content.schema > labs/lab.schema.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from provisioner.content.manifest import Manifest
from provisioner.content.strict_yaml import Hint, Rules, optional, required

Schema = dict[str, Any]

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema() -> Schema:
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "lab.yaml"}
    return about | _of(Manifest, {})


def _of(kind: Hint, rules: Rules) -> Schema:
    """What `kind` allows, and what the field's metadata says of it."""
    described = {"description": rules["doc"]} if "doc" in rules else {}
    if inner := optional(kind):
        return described | {"anyOf": [_shape(inner, rules), {"type": "null"}]}
    return described | _shape(kind, rules)


def _shape(kind: Hint, rules: Rules) -> Schema:
    origin: Hint = get_origin(kind)
    if is_dataclass(kind):
        return _record(cast(type, kind))
    if origin is dict:
        names = {"propertyNames": {"pattern": rules["pattern"]}} if "pattern" in rules else {}
        values = {"additionalProperties": _of(get_args(kind)[1], {})}
        return {"type": "object", **names, **values, **_renamed(rules, {"minimum": "minProperties"})}
    if origin in (list, tuple):
        items = {"items": _of(get_args(kind)[0], rules.get("items", {}))}
        return {"type": "array", **items, **_renamed(rules, {"minimum": "minItems"})}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    # a text is never blank, with or without a pattern of its own
    blank = {"pattern": r"\S"} if kind is str else {}
    same = {name: name for name in ("pattern", "minimum", "maximum")}
    return {"type": _TYPES[kind], **blank, **_renamed(rules, same)}


def _record(kind: type) -> Schema:
    hints = get_type_hints(kind)
    properties = {f.name: _of(hints[f.name], f.metadata) for f in fields(kind)}
    for f in fields(kind):
        if type(f.default) in _TYPES:
            properties[f.name]["default"] = f.default
    needed = [f.name for f in fields(kind) if required(f)]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _renamed(rules: Rules, names: Mapping[str, str]) -> Schema:
    return {names[rule]: value for rule, value in rules.items() if rule in names}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
