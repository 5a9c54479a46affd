"""JSON files that outlive a command: each has a version, older ones are migrated, newer ones are refused and left alone.

A file without a version was written before there were versions: version 0. Keys that nobody here knows are kept. The version of
seat.json, layer.json and image.json counts for what lies beside them, too.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.core.errors import LabError
from provisioner.core.paths import write_private

Values = dict[str, Any]


class NewerVersion(LabError):
    """A file is of a version that this lab does not know: it is not used, not overwritten and not removed."""


def unchanged(values: Values) -> Values:
    """A migration between versions that differ by the number only."""
    return values


@dataclass(frozen=True)
class Format:
    """what: the name of such a file in messages. migrations: the n-th makes version n + 1 of version n."""

    what: str
    migrations: tuple[Callable[[Values], Values], ...] = (unchanged,)

    def read(self, file: Path) -> Values:
        """Raises OSError, ValueError for what is no such file, and NewerVersion."""
        values: Values = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("it is no JSON object")  # noqa: TRY004 - as for any other content
        version = _number(values.pop("version")) if "version" in values else 0
        if version > len(self.migrations):
            raise NewerVersion(
                f"{self.what} was written by a newer version of lab",
                evidence=f"{file} has version {version}; this lab reads up to {len(self.migrations)}",
                hint="use the newer lab; or keep this one's seats elsewhere: LAB_HOME=/other/folder lab ...",
            )
        for migrate in self.migrations[version:]:
            values = migrate(values)
        return values

    def is_newer(self, file: Path) -> bool:
        """For what can be made again: such a file is as good as none, and is left alone."""
        try:
            self.read(file)
        except NewerVersion:
            return True
        except (OSError, ValueError):
            return False
        return False

    def write(self, file: Path, values: Mapping[str, object]) -> None:
        write_private(file, json.dumps({"version": len(self.migrations), **values}, indent=1))


def _number(version: object) -> int:
    if type(version) is not int or version < 1:
        raise ValueError(f"version cannot be {version!r}")
    return version
