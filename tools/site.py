"""A hook of MkDocs: the pages beside docs/ (README, ARCHITECTURE, ...) are part of the site; links to and from them work."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
BESIDE = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE")
_OF_THE_SITE = re.compile(r"\]\(docs/")
_ABOVE = re.compile(rf"\]\(((?:\.\./)+)({'|'.join(re.escape(name) for name in BESIDE)})")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name in BESIDE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:  # noqa: ANN401 - MkDocs passes more than it types
    """In the site docs/ is the root: `docs/x` is `x` there, and `../README.md` lies beside `x`."""
    if page.file.src_uri in BESIDE:
        return _OF_THE_SITE.sub("](", markdown)
    return _ABOVE.sub(lambda found: f"]({found[1].removeprefix('../')}{found[2]}", markdown)
