"""The documentation builds as a site in which every link leads somewhere, and which loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["']?(?:https?:)?//|<link[^>]+href=["']?(?:https?:)?//|@import|url\(["']?(?:https?:)?//"""
)


def build(folder: Path, config: Path = ROOT / "mkdocs.yml") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(config), "--site-dir", str(folder)],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("index.html", "ARCHITECTURE/index.html", "reference/commands/index.html", "LICENSE"):
        assert (tmp_path / name).is_file(), name
    pages = [file for pattern in ("*.html", "*.css") for file in tmp_path.rglob(pattern)]
    assert [str(page) for page in pages if LOADED.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("link", "complaint"),
    [("../README.md", ""), ("nowhere.md", "'nowhere.md'"), ("../README.md#no-such-heading", "#no-such-heading")],
)
def test_a_dead_link_ends_the_build(tmp_path: Path, link: str, complaint: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(f"# Page\n\n[link]({link})\n")
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    del settings["nav"]
    settings["hooks"] = [str(ROOT / "tools" / "site.py")]
    settings["plugins"] = []
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    done = build(tmp_path / "site", tmp_path / "mkdocs.yml")
    warnings = [line for line in done.stderr.splitlines() if "page.md" in line and "WARNING" in line]
    assert [complaint in line for line in warnings] == [True] * bool(complaint)
