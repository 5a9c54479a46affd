"""All labs on one page, from their manifests and from the first comment of each wrong solution."""

from collections.abc import Iterator
from pathlib import Path

from provisioner.content.lab import Lab, Roots, lab_folders, load


def catalogue(roots: Roots) -> str:
    """Markdown."""
    labs = [load(roots, str(number)) for number in lab_folders(roots)]
    exercises = [e for lab in labs for e in lab.exercises]
    wrong, right = sum(len(e.wrong) for e in exercises), sum(len(e.solutions) for e in exercises)
    head = [
        "# Labs", "", "Made by `lab list --page docs/labs.md`.", "",
        f"{len(labs)} labs, {len(exercises)} exercises, {right} reference solutions, {wrong} wrong ones that",
        "`lab verify` must see rejected. README.md says which of them were run.",
    ]  # fmt: skip
    return "\n".join([*head, *(line for lab in labs for line in _lab(lab))]) + "\n"


def _lab(lab: Lab) -> Iterator[str]:
    m = lab.manifest
    yield from ("", f"## {lab.number}. {m.title}", "", m.summary)
    for claim in m.claims:
        yield from ("", f"> {claim}")
    for e in lab.exercises:
        yield from ("", f"### {lab.number}.{e.number} {e.entry.title}", "", f"{e.entry.points} points. Right ways:")
        yield " ".join(f"`{script.stem}`" for script in e.solutions) + ". Wrong ones:"
        yield ""
        yield from (f"- `{script.stem}`: {_first_comment(script)}" for script in e.wrong)


def _first_comment(script: Path) -> str:
    """The line after the first, which every wrong solution has (see lab.py)."""
    return script.read_text(encoding="utf-8").splitlines()[1].strip().lstrip("# ")
