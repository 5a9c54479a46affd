"""Why a packet got through, or did not: read from the kernel's own trace of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from provisioner.checks.probe_client import Probe, Prober, Trace
from provisioner.core.errors import MachineError

_LINE = re.compile(r"trace id \S+ (\S+) (\S+) (\S+) (packet:|rule|unknown rule|verdict|policy)\s?(.*)")
_VERDICT = re.compile(r"\s*\(verdict ([^)]+)\)")
_COUNTER = re.compile(r"counter packets \d+ bytes \d+ ?")
_OURS = "lab_trace"


@dataclass
class Hop:
    """A chain that the packet went through, and what the last rule there that matched did with it."""

    family: str
    table: str
    chain: str
    rule: str = ""
    verdict: str = ""

    @property
    def owner(self) -> str:
        """Who wrote what decided here, as far as names tell: base chains belong to whoever added the rule."""
        if self.chain.startswith(("ufw-", "ufw6-")):
            return "ufw"
        if self.chain == "DOCKER-USER" and self.rule not in ("", "return", "counter return"):
            return "you, or a script"  # Docker makes this chain and leaves it to the administrator
        if self.chain.startswith("DOCKER"):
            return "Docker"
        if not self.rule:
            return "policy" if self.verdict in ("accept", "drop") else ""
        if any(f"{kind} {name}" in self.rule for kind in ("jump", "goto") for name in ("DOCKER", "ufw", "ufw6")):
            return "Docker" if "DOCKER" in self.rule else "ufw"
        return "Docker" if re.search(r"[io]ifname \"(docker0|br-)", self.rule) else "you, or a script"

    @property
    def leads_to(self) -> str:
        """The chain that its rule sent the packet to, in the same table; empty where it did not."""
        kind, _, chain = self.verdict.partition(" ")
        return chain if kind in ("jump", "goto") else ""

    def __str__(self) -> str:
        return f"{self.table} {self.chain}"


@dataclass
class Explanation:
    hops: list[Hop] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


class Reasons:
    """Why packets went as they did: followed once in a state of the machine, and told once."""

    def __init__(self) -> None:
        self._known: dict[Probe, tuple[str, ...]] = {}
        self._told: set[tuple[str, ...]] = set()

    def follow(self, prober: Prober, probes: Sequence[Probe]) -> None:
        """Those that are not known yet, all at once: 2 s, however many they are."""
        new = [p for p in dict.fromkeys(probes) if p not in self._known]
        for probe, found in zip(new, explain(prober, new) if new else [], strict=True):
            self._known[probe] = tuple(f"  why: {sentence}" for sentence in found.sentences) if found else ()

    def tell(self, probe: Probe) -> tuple[str, ...]:
        """Nothing where it was not followed, or where the same was told already, of whichever probe."""
        said = self._known.get(probe, ())
        new = said not in self._told
        self._told.add(said)
        return said if new else ()

    def clear(self) -> None:
        self._known.clear()
        self._told.clear()


def explain(prober: Prober, probes: Sequence[Probe]) -> list[Explanation | None]:
    """Sends the probes once more, all at once, under the kernel's eyes. None where the machine cannot trace."""
    try:
        traces = prober.trace(probes)
    except MachineError:
        return [None] * len(probes)
    return [_explained(probe, trace) for probe, trace in zip(probes, traces, strict=True)]


def _explained(probe: Probe, trace: Trace) -> Explanation | None:
    if trace.result is None or trace.result.verdict in ("broken", "absent"):
        return None
    hops = parse(trace.lines)
    return Explanation(hops, sentences(hops, trace, probe))


def parse(lines: tuple[str, ...]) -> list[Hop]:
    """The chains of the first packet, in order; its repetitions (the sender tries again) are left out."""
    hops: list[Hop] = []
    seen = False
    for line in lines:
        match = _LINE.match(line)
        if not match:
            continue
        family, table, chain, what, rest = match.groups()
        if table == _OURS:
            if what == "packet:" and seen and chain == "prerouting":
                break
            seen = True
            continue
        if hops and hops[-1].leads_to and hops[-1].leads_to != chain:  # and back: no rule matched there, no line tells
            hops.append(Hop(hops[-1].family, hops[-1].table, hops[-1].leads_to))
        if not hops or (hops[-1].family, hops[-1].table, hops[-1].chain) != (family, table, chain):
            hops.append(Hop(family, table, chain))
        _note(hops[-1], what, rest)
    return hops


def _note(hop: Hop, what: str, rest: str) -> None:
    if what == "policy":
        hop.rule, hop.verdict = "", rest.strip()
    elif verdict := _VERDICT.search(rest):
        hop.rule = _COUNTER.sub("", _VERDICT.sub("", rest)).strip()
        hop.verdict = verdict[1]


def sentences(hops: list[Hop], trace: Trace, probe: Probe) -> list[str]:
    """The way in words: what rewrote it, what it passed, what decided."""
    assert trace.result is not None
    said = []
    nat = next((h for h in hops if "dnat to" in h.rule), None)
    if nat and (to := re.search(r"dnat to (\S+)", nat.rule)):
        said.append(f"{nat} rewrote its destination to {to[1]} before any filter saw it")
    passed = list(dict.fromkeys(str(h) for h in hops if h.table != "nat"))
    if passed:
        said.append(f"it passed {' → '.join(passed)}")
    if stop := next((h for h in hops if h.verdict == "drop" or h.rule.split(" ")[:1] == ["reject"]), None):
        said.append(f"{stop} stopped it: " + (f"`{stop.rule}`" if stop.rule else "no rule let it pass, so its policy did"))
    elif trace.result.got_through:
        forwarded = any(f" {_OURS} forward packet:" in line for line in trace.lines)
        said += _let_in(hops, nat is not None, "" if forwarded else trace.listener, probe)
    return said


def _let_in(hops: list[Hop], rewritten: bool, listener: str, probe: Probe) -> list[str]:
    """Who is responsible for a packet that was answered."""
    last = next((h for h in reversed(hops) if h.verdict == "accept" and h.table == "filter"), None)
    who = [f"{last} let it pass: `{last.rule}`"] if last and last.rule else []
    if rewritten:
        return [*who, "it never came to INPUT, where ufw's rules for the machine itself stand"]
    if listener == "docker-proxy":
        return [
            f"Docker did not rewrite it (IPv{probe.family}): it was for the machine itself, where docker-proxy answered and "
            "opened a connection of its own to the container; that is INPUT's business, and DOCKER-USER never sees it"
        ]
    if listener:
        return [f"it was for the machine itself, where {listener} listens; INPUT would have had to stop it"]
    if probe.target.startswith("container:"):
        return [*who, "it went to the container's own address: no published port had a part in it, and INPUT never sees it"]
    return who
