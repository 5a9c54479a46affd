"""Markdown from values: tables, and text that stays text in them."""

from collections.abc import Iterable, Sequence


def generated(source: str) -> str:
    """The first lines of a generated page, below its title."""
    return f"<!-- Generated from {source} by `python -m tools.reference`: change it there. -->\n"


def cell(text: str) -> str:
    """One line, in which nothing ends the cell, and no `<name>` outside of code is a tag."""
    line = " ".join(text.split()).replace("|", "\\|")
    return "`".join(part if i % 2 else part.replace("<", "&lt;") for i, part in enumerate(line.split("`")))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell(text) for text in line)} |\n" for line in lines)


def paragraphs(docstring: str | None) -> str:
    """A docstring as Markdown: its paragraphs, each on one line."""
    blocks = [block for block in (docstring or "").split("\n\n") if block.strip()]
    return "\n\n".join(" ".join(block.split()) for block in blocks)
