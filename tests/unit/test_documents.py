"""The project's documents: the licence, the releases, and links that lead somewhere."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RELEASE = re.compile(r"^## (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(text("pyproject.toml"))["project"]
    return found


def test_the_licence_is_in_the_repository_and_in_the_package() -> None:
    assert project()["license"] == "Apache-2.0"
    assert project()["license-files"] == ["LICENSE"]
    assert "Apache License" in text("LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text("LICENSE")


def test_the_changelog_has_this_version_with_a_date_and_unreleased_above() -> None:
    releases = RELEASE.findall(text("CHANGELOG.md"))
    assert releases[0] == "Unreleased"
    assert re.fullmatch(re.escape(str(project()["version"])) + r" \(\d{4}-\d{2}-\d{2}\)", releases[1])


def test_each_changelog_entry_is_short() -> None:
    entries = re.split(r"^(?:- |#+ .*)", text("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if len(entry.split()) > 45] == []


def test_links_between_pages_lead_to_files() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if target and "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def test_how_to_report_a_vulnerability() -> None:
    words = " ".join(text("SECURITY.md").split())
    assert "private vulnerability reports" in words
    assert "@" not in words
