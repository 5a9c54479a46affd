"""Puts the page's parts into a wheel (provisioner/page/package.json), where npm is there; else `lab page` fetches them once."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PartsHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        npm = shutil.which("npm")
        if self.target_name != "wheel" or version == "editable" or not npm:
            return
        source = Path(self.root) / "provisioner" / "page"
        self._scratch = tempfile.TemporaryDirectory()
        folder = Path(self._scratch.name)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(source / name, folder / name)
        words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--omit=dev"]
        if subprocess.run(words, cwd=folder, check=False).returncode:  # no network: as without npm
            self.app.display_warning("the page's parts could not be fetched: `lab page` will fetch them")
            return
        for name, path in json.loads((source / "package.json").read_text(encoding="utf-8"))["parts"].items():
            build_data["force_include"][str(folder / "node_modules" / path)] = f"provisioner/page/parts/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()
