"""Wrong solutions that nobody wrote: a right one, narrowed. What a check accepts of them is its blind spot, or right after all.

Each kind changes one line of a solution in one way. A line is a command of the shell, of iptables or of ufw, or a rule of
nftables; what stands there is not understood further.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from random import Random

from provisioner.content.lab import Exercise
from provisioner.content.manifest import Manifest
from provisioner.verify.plan import Scripts

_CLOSES = re.compile(r"-j (DROP|REJECT)|\b(drop|reject)\b")
_ADDRESS = re.compile(r"(?<![\w.:/])(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*)(?:/(\d+))?(?![\w.:/])")
_IDLE = re.compile(r"^\s*($|#|set -|cd |mkdir|chmod|sudo (mkdir|chmod)|.*daemon-reload|[{}]|done\b|fi\b|[A-Z]+$|COMMIT|\*)")
_CARD = re.compile(r"""(-i |iifname "?)([a-z]+)0"?""")
_WIDER = {4: (29, 3), 6: (125, 3)}  # the prefix of a few addresses around one; how many bits a range gets wider


@dataclass(frozen=True)
class Narrowed:
    """A solution with one line changed. kind: in which way; change: the line as it was, and as it is."""

    solution: Path
    kind: str
    change: str
    text: str


Kind = Callable[[str, Manifest], str | None]  # a line, and what stands in its place; None where the kind does not apply


def narrow(exercise: Exercise, draw: Random, most: int) -> list[Narrowed]:
    """So many of an exercise's solutions, narrowed; drawn, and of as many kinds as there are."""
    by_kind: dict[str, list[Narrowed]] = {}
    texts = set[str]()
    for solution in exercise.solutions:
        for narrowed in _of(solution, exercise.lab.manifest):
            if narrowed.text not in texts:
                texts.add(narrowed.text)
                by_kind.setdefault(narrowed.kind, []).append(narrowed)
    for variants in by_kind.values():
        draw.shuffle(variants)
    selection: list[Narrowed] = []
    while len(selection) < most and any(by_kind.values()):
        selection += [variants.pop() for variants in by_kind.values() if variants]
    return selection[:most]


def write_scripts(exercises: Sequence[Exercise], folder: Path, seed: int, most: int) -> Scripts:
    """So many of each exercise, written into the folder, each with what it is. The names say which solution and kind."""
    draw, scripts = Random(seed), dict[Exercise, list[tuple[Path, str]]]()  # noqa: S311 - no secret
    for exercise in exercises:
        scripts[exercise] = []
        for number, narrowed in enumerate(narrow(exercise, draw, most), start=1):
            path = (
                folder / f"{exercise.lab.number}.{exercise.number}" / f"{narrowed.solution.stem}, {narrowed.kind} {number}.sh"
            )
            path.parent.mkdir(exist_ok=True)
            path.write_text(narrowed.text, encoding="utf-8")
            scripts[exercise].append((path, narrowed.change))
    return scripts


def _of(solution: Path, manifest: Manifest) -> Iterator[Narrowed]:
    lines = solution.read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        if _IDLE.match(line) or line.endswith("\\"):
            continue
        for kind, change in KINDS.items():
            new = change(line, manifest)
            if new is not None and new != line:
                text = "\n".join([*lines[:index], *([new] if new else []), *lines[index + 1 :]]) + "\n"
                yield Narrowed(solution, kind, f"{kind}: `{line.strip()}` is `{new.strip()}`", text)


def _without(line: str, _: Manifest) -> str | None:
    """A command or a rule by itself; a line that opens or ends something is left alone."""
    balanced = all(line.count(a) == line.count(b) for a, b in ("{}", "()")) and not re.search(
        r"<<|\b(do|then|else)$|[{(]$", line
    )
    return (
        ""
        if balanced and re.search(r"iptables|ufw|docker|systemctl|nft |\b(drop|reject|accept)\b|-A |ExecStart", line)
        else None
    )


def _one_sender(line: str, manifest: Manifest) -> str | None:
    card = _CARD.search(line)
    network = manifest.networks.get(card[2]) if card else None
    if not card or not network or not network.zones or not _CLOSES.search(line) or "$" in line:
        return None
    zone = next(iter(network.zones.values()))
    if card[1] == "-i ":
        address = zone.v6 if "ip6tables" in line else zone.v4
        return line.replace(card[0], f"-s {address}", 1) if address else None
    return line.replace(card[0], f"ip saddr {zone.v4}", 1)


def _one_target(line: str, manifest: Manifest) -> str | None:
    if not manifest.networks:
        return None
    address = next(iter(manifest.networks.values())).v4.partition("/")[0]
    if "--ctorigdstport" in line and "ip6tables" not in line and "$" not in line:
        return line.replace("--ctorigdstport", f"--ctorigdst {address} --ctorigdstport", 1)
    return re.sub(r"(tcp|udp) dport", rf"ip daddr {address} \1 dport", line, count=1) if _CLOSES.search(line) else None


def _wider(line: str, _: Manifest) -> str | None:
    def widened(match: re.Match[str]) -> str:
        few, bits = _WIDER[ip_address(match[1]).version]
        return f"{match[1]}/{int(match[2]) - bits if match[2] else few}"

    return _ADDRESS.sub(widened, line, count=1) if re.search(r"-s |saddr|from |--source", line) else None


def _one_family(line: str, _: Manifest) -> str | None:
    if re.search(r"\bin iptables ip6tables\b", line):
        return line.replace("iptables ip6tables", "iptables")
    return line.replace("table inet", "table ip") if re.match(r"\s*table inet .*{$", line) else None


def _one_protocol(line: str, _: Manifest) -> str | None:
    if not _CLOSES.search(line) or re.search(r"-p |tcp|udp|l4proto|policy|type filter", line):
        return None
    return (
        re.sub(r"(-j (?:DROP|REJECT))", r"-p tcp \1", line)
        if "-j " in line
        else re.sub(r"\b(drop|reject)\b", r"meta l4proto tcp \1", line)
    )


def _high_ports(line: str, _: Manifest) -> str | None:
    if not _CLOSES.search(line):
        return None
    if "-p tcp" in line:
        return line.replace("-p tcp", "-p tcp --sport 1024:65535", 1)
    return line.replace("tcp dport", "tcp sport 1024-65535 tcp dport", 1) if "tcp dport" in line else None


def _for_today(line: str, _: Manifest) -> str | None:
    return re.sub(r"systemctl enable --now", "systemctl start", line) if "enable --now" in line else None


def _todays_address(line: str, manifest: Manifest) -> str | None:
    match = re.search(r"-m conntrack --ctorigdstport (\d+)", line)
    names = [(name, s) for name, s in manifest.services.items() if match and s.port == int(match[1]) and s.container]
    if not match or not names or "ip6tables" in line or "$" in line or "'" in line:
        return None
    name, service = names[0]
    address = f"$(docker inspect --format '{{{{range .NetworkSettings.Networks}}}}{{{{.IPAddress}}}}{{{{end}}}}' {name})"
    return line.replace(match[0], f"-d {address} --dport {service.container}")


KINDS: dict[str, Kind] = {
    "without a line": _without,
    "one sender": _one_sender,
    "one target": _one_target,
    "wider range": _wider,
    "one family": _one_family,
    "one protocol": _one_protocol,
    "high ports": _high_ports,
    "for today": _for_today,
    "today's address": _todays_address,
}
