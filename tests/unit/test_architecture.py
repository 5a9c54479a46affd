"""ARCHITECTURE.md and the decisions name files and functions that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
WORD = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]+/|[\w./-]*/[\w.-]+|[\w-]+\.py")  # without NN, <id>, * and other placeholders
OF_A_FILE = (  # `name` in `file`, and `file` (`name`, `name`)
    (re.compile(r"((?:`\w+`(?:, | and ))*`\w+`)\s+in\s+`([\w./-]+\.py)`"), (1, 2)),
    (re.compile(r"`([\w./-]+\.py)`\s+\(((?:`\w+`(?:, )?)+)\)"), (2, 1)),
)


def located(name: str) -> Path | None:
    return next((path for path in (ROOT / "provisioner" / name, ROOT / name) if path.exists()), None)


def files(text: str) -> list[str]:
    words = (word for word in WORD.findall(text) if "NN" not in word and not word.startswith(("/", "~")))
    return [word for word in words if FILE.fullmatch(word)]


def names(text: str) -> Iterator[tuple[str, str]]:
    """Each name that the text says is in a file, with that file."""
    for pattern, (names_at, file_at) in OF_A_FILE:
        for found in pattern.finditer(text):
            yield from ((name, found[file_at]) for name in re.findall(r"`(\w+)`", found[names_at]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_names_exists(page: Path) -> None:
    assert [word for word in files(page.read_text(encoding="utf-8")) if not located(word)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_name_is_in_the_file_that_a_page_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    defined = r"(?m)^\s*(?:def|class|async def) {0}\b|^{0}\b.*="
    absent = [
        f"{name} in {file}"
        for name, file in names(text)
        if not (path := located(file)) or not re.search(defined.format(name), path.read_text(encoding="utf-8"))
    ]
    assert absent == []


def test_the_tree_has_each_package() -> None:
    tree = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## The tree")[2].partition("\n## ")[0]
    packages = [f.name for f in sorted((ROOT / "provisioner").iterdir()) if (f / "__init__.py").exists()]
    assert [name for name in packages if f"\n  {name}/ " not in tree] == []


def test_what_a_newcomer_asks_is_answered() -> None:
    answers = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Where do I change")[2]
    for question in ("hint", "probe waits", "`lab stop`", "layer's key", "wrong solution is judged"):
        assert question in answers


def test_each_decision_is_in_the_index_and_has_its_parts() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for page in PAGES[1:]:
        if page.name != "README.md":
            assert f"]({page.name})" in index, page.name
            parts = re.findall(r"^\*\*(\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert parts == ["Context", "Decision", "Measured", "Consequences"], page.name


def test_what_is_not_there_is_seen() -> None:
    text = "`start` in `drivers/qemu.py`, `seats/chair.py` (`sit`, `stand`), `labs/NN-slug/lab.yaml`, `tests/unit/`"
    assert files(text) == ["drivers/qemu.py", "seats/chair.py", "tests/unit/"]
    assert not located("seats/chair.py")
    assert list(names(text)) == [("start", "drivers/qemu.py"), ("sit", "seats/chair.py"), ("stand", "seats/chair.py")]
