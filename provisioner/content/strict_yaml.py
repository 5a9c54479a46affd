"""Strict YAML into frozen dataclasses: every mistake of a file is reported at once, where it stands.

What YAML 1.1 reads in surprising ways (`yes`, `010`, `1:30`, a date, a name given twice) is refused, so that
a file means what an editor, which knows YAML 1.2 and the JSON schema, takes it to mean.

A field's metadata: doc; minimum, maximum (of a number; the minimum also of the length of a list or dict);
pattern (of a text, or of a dict's names); items (the same rules, for the items of a list).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import yaml

from provisioner.core.errors import UsageError

T = TypeVar("T")
Hint = Any  # a type hint, such as `dict[str, int] | None`
Place = tuple[str | int, ...]  # the way from the top of the file: ("exercises", 2, "hints")
Spot = tuple[int, int]  # line and column, from 1
Problems = Iterable[tuple[Place, str]]  # what a check finds: where, and what is wrong there
Rules = Mapping[str, Any]  # a field's metadata

MOST, MOST_VALUES = 256 << 10, 20_000  # characters of a file, and what it may hold
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_PLAIN = {  # what is written without quotes: as in JSON, which YAML 1.1 and 1.2 read alike
    int: re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII),
    float: re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?(e[-+]?\d{1,2})?", re.ASCII),
    bool: re.compile("true|false"),
}


class ManifestError(UsageError):
    """A file that cannot be taken as it is. Evidence: `file:line:column: path: why`, a line a mistake."""


def decode(path: Path, kind: type[T], check: Callable[[T], Problems] | None = None) -> T:
    """The file as a `kind`, or ManifestError with all mistakes, those that `check` finds among them.

    `check` runs even if the file has other mistakes; what it says of a place that has one already is dropped.
    """
    reader = _Reader(path)
    value = cast(T, reader.read(parse(path), kind, (), {}))
    broken = {place for _, place, _ in reader.mistakes}
    for place, why in check(value) if check else ():
        if not any(place[:depth] in broken for depth in range(len(place) + 1)):
            reader.refuse(place, why)
    if reader.mistakes:
        raise _refusal(path, [(spot, f"{_dotted(at)}{why}") for spot, at, why in reader.mistakes])
    return value


def parse(path: Path) -> yaml.Node:
    """The file as YAML, not yet compared with any type."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MOST + 1)
        if len(text) > MOST:
            raise _refusal(path, [((1, 1), f"longer than {MOST >> 10} KiB")])
        top = yaml.compose(text, Loader=_LOADER)
    except OSError as e:
        raise ManifestError(f"{path} cannot be read", evidence=str(e), hint="Is the file there?") from e
    except UnicodeDecodeError as e:
        line = e.object[: e.start].count(b"\n") + 1
        raise _refusal(path, [((line, 1), "not UTF-8: save the file in that encoding")]) from e
    except (yaml.YAMLError, RecursionError) as e:
        why = getattr(e, "problem", None) or str(e)
        raise _refusal(path, [(_spot(getattr(e, "problem_mark", None)), f"not YAML: {why}")]) from e
    if top is None:
        raise _refusal(path, [((1, 1), "the file is empty")])
    return top


def _spot(mark: yaml.Mark | None) -> Spot:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _refusal(path: Path, mistakes: list[tuple[Spot, str]]) -> ManifestError:
    lines = [f"{path}:{line}:{column}: {' '.join(why.split())}" for (line, column), why in sorted(mistakes)]
    summary = f"{path.name} has {'a mistake' if len(lines) == 1 else f'{len(lines)} mistakes'}"
    return ManifestError(summary, evidence="\n".join(lines), hint="Correct what is listed, then try again.")


def _dotted(place: Place) -> str:
    way = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
    return f"{way[1:]}: " if way else ""


def optional(kind: Hint) -> Hint:
    """X of `X | None`, else None."""
    kinds = get_args(kind)
    return kinds[kinds[0] is NoneType] if NoneType in kinds else None


def required(of: Field[Any]) -> bool:
    return of.default is MISSING and of.default_factory is MISSING


def _blank(kind: Hint) -> object:
    """Stands in for what could not be read, so that the rest can still be checked; never leaves `decode`."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return cast(type, kind)(**{f.name: _blank(hints[f.name]) for f in fields(kind) if required(f)})
    if inner := optional(kind):
        return _blank(inner)
    origin: Hint = get_origin(kind) or kind
    return get_args(kind)[0] if origin is Literal else origin()


def _describe(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"`{node.value[:60]}`" if node.value.strip() else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "fields"


def _did_you_mean(word: str, names: list[str]) -> str:
    import difflib  # only a mistake needs it

    similar = difflib.get_close_matches(word, names, n=1)
    return f"did you mean `{similar[0]}`?" if similar else f"possible: {', '.join(names)}"


@dataclass(frozen=True)
class _Reader:
    """Walks nodes and types side by side, and goes on after a mistake."""

    path: Path
    spots: dict[Place, Spot] = field(default_factory=dict)
    mistakes: list[tuple[Spot, Place, str]] = field(default_factory=list)

    def refuse(self, at: Place, why: str, spot: Spot | None = None) -> None:
        # what is missing has no spot of its own: the nearest thing around it has
        parents = (at[:depth] for depth in range(len(at), -1, -1))
        self.mistakes.append((spot or next(self.spots[p] for p in parents if p in self.spots), at, why))

    def read(self, node: yaml.Node, kind: Hint, at: Place, rules: Rules) -> object:
        if len(self.spots) > MOST_VALUES:  # by aliases a short file has any number of them
            raise _refusal(self.path, [(_spot(node.start_mark), f"more than {MOST_VALUES} values, aliases (*NAME) among them")])
        self.spots.setdefault(at, _spot(node.start_mark))  # a field has that of its name
        if inner := optional(kind):
            return None if node.tag == _TAG + "null" else self.read(node, inner, at, rules)
        if isinstance(kind, UnionType):  # `str | Record`: the short and the long way to write it
            short, long = get_args(kind)
            return self.read(node, short if isinstance(node, yaml.ScalarNode) else long, at, rules)
        if is_dataclass(kind):
            return self.record(node, cast(type, kind), at)
        origin: Hint = get_origin(kind)
        if origin is dict:
            return self.table(node, kind, at, rules)
        if origin in (list, tuple):
            return origin(self.items(node, kind, at, rules))
        return self.scalar(node, kind, at, rules)

    def record(self, node: yaml.Node, kind: type, at: Place) -> object:
        hints = get_type_hints(kind)
        if (pairs := self.pairs(node, at)) is None:
            return _blank(kind)
        for name in (name for name in pairs if name not in hints):
            self.refuse((*at, name), "unknown field; " + _did_you_mean(name, list(hints)))
        values = {}
        for f in fields(kind):
            if f.name in pairs:
                values[f.name] = self.read(pairs[f.name], hints[f.name], (*at, f.name), f.metadata)
            elif required(f):
                self.refuse((*at, f.name), "missing")
                values[f.name] = _blank(hints[f.name])
        return kind(**values)

    def table(self, node: yaml.Node, kind: Hint, at: Place, rules: Rules) -> dict[str, object]:
        if (pairs := self.pairs(node, at)) is None:
            return {}
        self.obey(len(pairs), at, rules)
        for name in pairs:
            self.obey(name, (*at, name), rules)
        return {name: self.read(value, get_args(kind)[1], (*at, name), {}) for name, value in pairs.items()}

    def pairs(self, node: yaml.Node, at: Place) -> dict[str, yaml.Node] | None:
        """The fields of a mapping; those with an unusable name are refused and left out."""
        if not isinstance(node, yaml.MappingNode) or node.tag != _TAG + "map":
            self.refuse(at, f"must be fields, `name: value`, not {_describe(node)}")
            return None
        fields_read: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != _TAG + "str":
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
                why = f"a name must be a text, not {_describe(key)}: quote it"
                self.refuse((*at, name), why, _spot(key.start_mark))
            elif key.value in fields_read:
                self.refuse((*at, key.value), "given twice", _spot(key.start_mark))
            else:
                fields_read[key.value] = value
                self.spots[(*at, key.value)] = _spot(key.start_mark)
        return fields_read

    def items(self, node: yaml.Node, kind: Hint, at: Place, rules: Rules) -> list[object]:
        if not isinstance(node, yaml.SequenceNode) or node.tag != _TAG + "seq":
            self.refuse(at, f"must be a list, not {_describe(node)}")
            return []
        self.obey(len(node.value), at, rules)
        item_kind, item_rules = get_args(kind)[0], rules.get("items", {})
        return [self.read(item, item_kind, (*at, number), item_rules) for number, item in enumerate(node.value)]

    def scalar(self, node: yaml.Node, kind: Hint, at: Place, rules: Rules) -> object:
        allowed = get_args(kind)  # of a Literal
        kind = type(allowed[0]) if allowed else kind
        text = node.value if isinstance(node, yaml.ScalarNode) and node.tag.startswith(_TAG) else ""
        quoted = getattr(node, "style", None) in ("'", '"')
        like = bool(text.strip()) and (kind is str or _PLAIN[kind].fullmatch(text))
        if not like or (node.tag != _TAG + "str" if kind is str else quoted):
            cure = "" if not like else ": remove the quotes" if quoted else ": quote it"
            self.refuse(at, f"must be {_WORDS[kind]}, not {_describe(node)}{cure}")
            return kind()
        value = text == "true" if kind is bool else kind(text)
        if allowed and value not in allowed:
            self.refuse(at, f"`{text}` is not possible; " + _did_you_mean(text, [str(a) for a in allowed]))
        self.obey(value, at, rules)
        return value

    def obey(self, value: str | float, at: Place, rules: Rules) -> None:
        if isinstance(value, str):
            if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
                self.refuse(at, f"`{value}` does not match {rules['pattern']}")
        elif value < rules.get("minimum", value):
            self.refuse(at, f"must be at least {rules['minimum']}, not {value}")
        elif value > rules.get("maximum", value):
            self.refuse(at, f"must be at most {rules['maximum']}, not {value}")
