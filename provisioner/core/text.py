"""Text of others, as it may go to a terminal, a report or JSON: without what would do something there."""

import unicodedata

MARK = "·"  # for each character that is left out


def line(text: str, most: int | None = None) -> str:
    """One line: no escape sequences, controls (C1 as well), line ends or characters that change the direction of writing."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _instead(c) for c in text)
    return text if most is None or len(text) <= most else f"{text[:most]}…"


def block(text: str) -> str:
    """The same for several lines: their ends stay."""
    return "\n".join(line(item) for item in text.replace("\r\n", "\n").split("\n"))


def cell(text: str) -> str:
    """One line for a spreadsheet, which would take what begins like this for a formula."""
    plain = line(text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain


def _instead(character: str) -> str:
    return " " if character == "\t" or unicodedata.category(character) == "Zs" else MARK


def within(value: object) -> object:
    """The same for each text in what becomes JSON."""
    if isinstance(value, str):
        return block(value)
    if isinstance(value, dict):
        return {within(name): within(item) for name, item in value.items()}
    return [within(item) for item in value] if isinstance(value, list | tuple) else value
