"""The page of lab.yaml, from its JSON Schema."""

import json
from collections.abc import Iterator

from provisioner.content.schema import Schema, schema
from tools.reference.markdown import generated, table

_LIMITS = {
    "minimum": "at least {}", "maximum": "at most {}", "minItems": "{} or more", "minProperties": "{} or more",
}  # fmt: skip
_HEADS = ("field", "type", "required", "meaning")


def page() -> str:
    top = schema()
    parts = [
        f"# lab.yaml\n\n{generated('provisioner/content/manifest.py')}",
        "What an editor checks while you type is `labs/lab.schema.json`; what `lab` checks besides (addresses within their\n"
        "network, names that are used twice) is reported at once, with line and field. Unknown fields are refused.\n",
        _record("The lab", top),
    ]
    parts += [_record(f"`{place}`", record) for place, record in _records(top, "")]
    return "\n".join(parts)


def _records(record: Schema, place: str) -> Iterator[tuple[str, Schema]]:
    """All records below one, each with where it stands."""
    for name, field in record["properties"].items():
        where = f"{place}.{name}".lstrip(".")
        inner = _inner(field)
        if inner.get("type") == "array":
            inner, where = _inner(inner["items"]), f"{where}[]"
        elif "additionalProperties" in inner and inner["additionalProperties"] is not False:
            inner, where = _inner(inner["additionalProperties"]), f"{where}.NAME"
        if "properties" in inner:
            yield where, inner
            yield from _records(inner, where)


def _record(title: str, record: Schema) -> str:
    rows = [
        (f"`{name}`", _type(field), "yes" if name in record["required"] else _default(field), field.get("description", ""))
        for name, field in record["properties"].items()
    ]
    return f"## {title}\n\n{table(_HEADS, rows)}"


def _default(field: Schema) -> str:
    return f"no; `{json.dumps(field['default'])}`" if "default" in field else "no"


def _inner(field: Schema) -> Schema:
    """What a field is when it is not left out."""
    inner: Schema = field["anyOf"][0] if "anyOf" in field else field
    return inner


def _type(field: Schema) -> str:
    inner = _inner(field)
    if "enum" in inner:
        return " or ".join(f"`{value}`" for value in inner["enum"])
    limits = [words.format(inner[name]) for name, words in _LIMITS.items() if name in inner]
    return ", ".join([_noun(inner), *limits])


def _noun(inner: Schema) -> str:
    match inner["type"]:
        case "array":
            return f"list of {_plural(inner['items'])}"
        case "object" if inner.get("additionalProperties"):
            return f"names, each with {_plural(inner['additionalProperties'])}"
        case "object":
            return "record (below)"
        case kind:
            return {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false"}[kind]


def _plural(field: Schema) -> str:
    inner = _inner(field)
    match inner.get("type"):
        case "string":
            return "texts"
        case "integer":
            return "integers"
        case "array":
            return f"a list of {_plural(inner['items'])}"
        case _:
            return "a record (below)"
