"""Why a packet got through, or did not: read from the kernel's own trace of it."""

import re
from dataclasses import dataclass, field

from .prober import Probe, Prober

_LINE = re.compile(r"trace id (\S+) (\S+) (\S+) (\S+) (packet:|rule|verdict|policy|unknown)\s?(.*)")
_VERDICT = re.compile(r"\(verdict ([^)]+)\)")


@dataclass
class Hop:
    """A chain that the packet went through; rule and verdict of the last rule there that decided something."""

    family: str
    table: str
    chain: str
    rule: str = ""
    verdict: str = ""

    def __str__(self) -> str:
        return f"{self.table} {self.chain}"


@dataclass
class Explanation:
    hops: list[Hop] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def explain(prober: Prober, probe: Probe) -> Explanation | None:
    """Sends the probe once more under the kernel's eyes. None where the machine cannot trace."""
    from ..errors import MachineError

    try:
        trace = prober.trace(probe)
    except MachineError:
        return None
    hops = parse(trace.lines)
    if not hops or trace.result is None:
        return None
    return Explanation(hops, _sentences(hops, trace.result.got_through))


def parse(lines: tuple[str, ...]) -> list[Hop]:
    """The chains of the first traced packet, in order."""
    hops: list[Hop] = []
    first = ""
    for line in lines:
        match = _LINE.match(line)
        if not match or match[3] == "lab_trace":
            continue
        packet, family, table, chain, what, rest = match.groups()
        first = first or packet
        if packet != first:
            break
        if not hops or (hops[-1].table, hops[-1].chain) != (table, chain):
            hops.append(Hop(family, table, chain))
        if what in ("rule", "policy") and (verdict := _VERDICT.search(rest)):
            hops[-1].rule = _VERDICT.sub("", rest).strip()
            hops[-1].verdict = verdict[1]
        elif what in ("verdict", "policy"):
            hops[-1].verdict = rest.removeprefix("verdict ").strip()
    return hops


def _sentences(hops: list[Hop], through: bool) -> list[str]:
    said = []
    nat = next((h for h in hops if "dnat" in h.rule), None)
    if nat and (to := re.search(r"dnat to (\S+)", nat.rule)):
        said.append(f"{nat} rewrote its destination to {to[1]} (DNAT) before any filter saw it")
    chains = [h for h in hops if h.table == "filter" or h.verdict in ("drop", "accept")]
    filters = [h for h in chains if h is not nat]
    if filters:
        names = list(dict.fromkeys(str(h) for h in filters))
        said.append("it went through " + " → ".join(names))
    if drop := next((h for h in hops if h.verdict == "drop"), None):
        said.append(f"{drop} dropped it" + (f": {drop.rule}" if drop.rule else " (the chain's policy)"))
    elif through and nat and not any(h.chain == "INPUT" for h in hops):
        said.append("it never came to INPUT, where ufw's rules for the machine itself stand")
    return said
