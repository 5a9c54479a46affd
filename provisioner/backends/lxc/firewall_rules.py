"""The rules of a firewall as text, nft's and iptables's: compared, and loaded again."""

import re
from dataclasses import dataclass

_AND = "=== and then ==="
LISTED = "nft --stateless list ruleset 2>/dev/null"
READ = f"{LISTED}; echo '{_AND}'; iptables-save; echo '{_AND}'; ip6tables-save"
_COUNTED = re.compile(r" \[\d+:\d+\]$|^#.*\n", re.MULTILINE)
_TABLE = re.compile(r"^table (\S+ \S+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_OF_SAVED = re.compile(r"^\*.*?^COMMIT\n", re.MULTILINE | re.DOTALL)
_EMPTY = re.compile(r"\tchain \S+ \{\n\t\ttype .*policy accept;\n\t\}")
# What iptables keeps in the kernel's tables: in words of its own, some of which nft can neither write nor load.
_OF_IPTABLES = {f"{family} {name}" for family in ("ip", "ip6") for name in ("filter", "nat", "mangle", "raw", "security")}


@dataclass(frozen=True)
class Rules:
    """tables: nft's text of each, by family and name; saved: what iptables-save and ip6tables-save say."""

    tables: dict[str, str]
    saved: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Rules":
        """From what READ says, without counters."""
        listed, *saved = text.split(f"{_AND}\n")
        return cls(dict(_TABLE.findall(listed)), tuple(_COUNTED.sub("", rules) for rules in saved))

    def same(self, other: "Rules") -> bool:
        """In whatever order tables and chains were made."""
        return self.saved == other.saved and self._sorted() == other._sorted()

    def _sorted(self) -> dict[str, list[str]]:
        """Without chains that say nothing: who loads a table for iptables makes all that it knows of."""
        chains = {name: text.rstrip("\n").split("\n\n") for name, text in self.tables.items()}
        return {name: sorted(chain for chain in rules if not _EMPTY.fullmatch(chain)) for name, rules in chains.items()}

    def script_to(self, goal: "Rules") -> str:
        """A script for sh that makes these rules those."""
        lines = [f"nft delete table {name}" for name in self.tables if name not in goal.tables]
        for program, text, goal_text in zip(("iptables", "ip6tables"), self.saved, goal.saved, strict=True):
            tables = _OF_SAVED.findall(text)
            if extra_tables := [table for table in _OF_SAVED.findall(goal_text) if table not in tables]:
                lines.append(f"{program}-restore <<'RULES'\n{''.join(extra_tables)}RULES")
        for name in goal.tables.keys() - _OF_IPTABLES:
            if self.tables.get(name) != goal.tables[name]:
                old = f"delete table {name}\n" if name in self.tables else ""
                lines.append(f"nft --file - <<'RULES'\n{old}table {name} {{\n{goal.tables[name]}}}\nRULES")
        return "\n".join(lines)
