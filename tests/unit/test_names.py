"""Values are named by nouns, and functions by verbs: no pronoun, adverb or bare participle is a name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import provisioner

ROOT = Path(provisioner.__file__).parent
# "other" is conventional in Python (`__eq__`); words of lab.yaml and of JSON results (`what`, `when`, `after`) are names there.
RULES = {
    "a pronoun": "anybody both each everybody everything it its mine nobody nothing one others ours somebody something that "
    "theirs them these they this those who whom whose yours",
    "an adverb": "above again ahead already anew apart around aside away before below elsewhere here now once "
    "over soon still then there together twice",
    "a bare participle": "asked began begun came chosen drawn foreseen found given gone got had heard held kept known left "
    "looked meant said seen shown taken told understood untold went",
}
RULE_OF = {word: rule for rule, words in RULES.items() for word in words.split()}


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that is assigned or defined, with its line. Constants, and private names with underscores, count as well."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, node.lineno


def mistakes(root: Path) -> list[str]:
    return [
        f"{file.relative_to(root)}:{line}: `{name}` is {rule}: name a value by a noun, and a function by a verb"
        for file in sorted(root.rglob("*.py"))
        for name, line in names(ast.parse(file.read_text(encoding="utf-8")))
        if (rule := RULE_OF.get(name.strip("_").lower()))
    ]


def test_values_are_nouns_and_functions_are_verbs() -> None:
    assert mistakes(ROOT) == []


@pytest.mark.parametrize(
    ("source", "line", "rule"),
    [
        ("x = 1\nsaid = 2\n", 2, "a bare participle"),
        ("class C:\n    def __init__(self) -> None:\n        self._gone = True\n", 3, "a bare participle"),
        ("def f(its: int) -> None: ...\n", 1, "a pronoun"),
        ("def _elsewhere() -> None: ...\n", 1, "an adverb"),
        ("NOW = 1\n", 1, "an adverb"),
        ("if found := f():\n    pass\n", 1, "a bare participle"),
        ("for each in x:\n    pass\n", 1, "a pronoun"),
        ("match x:\n    case [one]:\n        pass\n", 2, "a pronoun"),
    ],
)
def test_a_planted_name_is_found(tmp_path: Path, source: str, line: int, rule: str) -> None:
    (tmp_path / "planted.py").write_text(source)
    (mistake,) = mistakes(tmp_path)
    assert mistake.startswith(f"planted.py:{line}: `")
    assert f"is {rule}:" in mistake


def test_usual_names_are_fine(tmp_path: Path) -> None:
    (tmp_path / "usual.py").write_text("def read(self, other: int) -> None:\n    _, result, now_text, e = other, 1, '', 2\n")
    assert mistakes(tmp_path) == []
