"""The page's own scripts, as the TypeScript compiler reads them (types in JSDoc, provisioner/page/tsconfig.json)."""

import subprocess
from pathlib import Path

import pytest

from provisioner.page import parts


@pytest.mark.slow
def test_the_types_are_right(tmp_path: Path) -> None:
    parts.install(tmp_path)
    compiler = tmp_path / "node_modules/typescript/lib/tsc.js"
    project = Path(parts.__file__).parent / "tsconfig.json"
    with parts.find_npm(tmp_path) as npm:
        node = npm[0] if len(npm) > 1 else "node"
        told = subprocess.run(
            [node, str(compiler), "--project", str(project)], capture_output=True, text=True, timeout=300, check=False
        )
    assert (told.returncode, told.stdout + told.stderr) == (0, "")
