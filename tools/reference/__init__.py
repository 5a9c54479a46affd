"""Pages of the documentation that are generated from the code. `python -m tools.reference` writes them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from provisioner.content.catalogue import catalogue
from provisioner.core.paths import project_labs
from tools.reference import checks, commands, environment, exit_codes, lab_yaml, troubleshooting

ROOT = Path(__file__).parents[2]
COMMAND = "python -m tools.reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/labs.md": lambda: catalogue(project_labs()),
    "docs/reference/commands.md": commands.page,
    "docs/reference/lab-yaml.md": lab_yaml.page,
    "docs/reference/checks.md": checks.page,
    "docs/reference/environment.md": environment.page,
    "docs/reference/exit-codes.md": exit_codes.page,
    "docs/troubleshooting.md": troubleshooting.page,
}


def stale() -> list[str]:
    """The pages that are not what the code says today."""
    return [name for name, page in PAGES.items() if not (ROOT / name).is_file() or (ROOT / name).read_text("utf-8") != page()]


def write() -> list[str]:
    """Brings them up to date. Returns the names of those that changed."""
    changed = stale()
    for name in changed:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
    return changed
