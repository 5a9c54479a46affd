"""Explains from the kernel's trace why a packet got through, or did not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from provisioner.checks.probe import Probe, Trace
from provisioner.checks.probe_client import Prober
from provisioner.core.errors import MachineError

_LINE = re.compile(r"trace id \S+ (\S+) (\S+) (\S+) (packet:|rule|unknown rule|verdict|policy)\s?(.*)")
_VERDICT = re.compile(r"\s*\(verdict ([^)]+)\)")
_COUNTER = re.compile(r"counter packets \d+ bytes \d+ ?")
_STATES = re.compile(r"(?<=ct state )(?:(?:!= |\{ )?0x[0-9a-f]+)(?:, ?0x[0-9a-f]+)*")
_STATE_NAMES = {"0x1": "invalid", "0x2": "established", "0x4": "related", "0x8": "new", "0x40": "untracked"}  # of nft's traces
_TRACE_TABLE = "lab_trace"
DIFFERS = (
    "the same packet, sent twice more, was {}: a rule tells packets apart by their number or by time, or the state changes"
)


@dataclass
class Hop:
    """A chain that the packet traversed, and the last rule there that matched."""

    family: str
    table: str
    chain: str
    rule: str = ""
    verdict: str = ""

    @property
    def owner(self) -> str:
        """Who wrote the deciding rule, as far as names show: in base chains, whoever added the rule."""
        if self.chain.startswith(("ufw-", "ufw6-")):
            return "ufw"
        if self.chain == "DOCKER-USER" and self.rule not in ("", "return", "counter return"):
            return "you, or a script"  # Docker creates this chain for the administrator
        if self.chain.startswith("DOCKER"):
            return "Docker"
        if not self.rule:
            return "policy" if self.verdict in ("accept", "drop") else ""
        if any(f"{kind} {name}" in self.rule for kind in ("jump", "goto") for name in ("DOCKER", "ufw", "ufw6")):
            return "Docker" if "DOCKER" in self.rule else "ufw"
        return "Docker" if re.search(r"[io]ifname \"(docker0|br-)", self.rule) else "you, or a script"

    @property
    def next_chain(self) -> str:
        """The chain in the same table that the rule jumps to; empty if none."""
        kind, _, chain = self.verdict.partition(" ")
        return chain if kind in ("jump", "goto") else ""

    def __str__(self) -> str:
        return f"{self.table} {self.chain}"


@dataclass
class Explanation:
    hops: list[Hop] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    got_through: bool = False


class Reasons:
    """Explanations of packets: each is traced once per state of the machine, and shown once."""

    def __init__(self) -> None:
        self._sentences: dict[Probe, tuple[str, ...]] = {}
        self._shown_sentences: set[tuple[str, ...]] = set()

    def follow(self, prober: Prober, probes: Sequence[tuple[Probe, bool]]) -> None:
        """Traces those that are not traced yet, all at once: 2 s for any number. probes: with whether each got through before;
        one that fares otherwise now is followed once more."""
        expected = {probe: got_through for probe, got_through in probes if probe not in self._sentences}
        explanations = _explain_all(prober, list(expected))
        contradicting = [p for p, e in explanations.items() if e and e.got_through is not expected[p]]
        explanations |= _explain_all(prober, contradicting)
        for probe, explanation in explanations.items():
            sentences = explanation.sentences if explanation else []
            if explanation and explanation.got_through is not expected[probe]:
                sentences = [DIFFERS.format("not answered" if expected[probe] else "answered")]
            self._sentences[probe] = tuple(f"  why: {sentence}" for sentence in sentences)

    def tell(self, probe: Probe) -> tuple[str, ...]:
        """Empty if it was not traced, or if the same was shown already for any probe."""
        sentences = self._sentences.get(probe, ())
        is_new = sentences not in self._shown_sentences
        self._shown_sentences.add(sentences)
        return sentences if is_new else ()

    def clear(self) -> None:
        self._sentences.clear()
        self._shown_sentences.clear()


def _explain_all(prober: Prober, probes: Sequence[Probe]) -> "dict[Probe, Explanation | None]":
    return dict(zip(probes, explain(prober, probes), strict=True)) if probes else {}


def explain(prober: Prober, probes: Sequence[Probe]) -> list[Explanation | None]:
    """Sends the probes once more, all at once, and traces them. None if the machine cannot trace."""
    try:
        traces = prober.trace(probes)
        explanations = [_explain_trace(probe, trace) for probe, trace in zip(probes, traces, strict=True)]
        _follow_proxies(prober, list(zip(probes, traces, explanations, strict=True)))
    except MachineError:
        return [None] * len(probes)
    return explanations


def _follow_proxies(prober: Prober, explained: "Sequence[tuple[Probe, Trace, Explanation | None]]") -> None:
    """Traces the calls of docker-proxy itself, where it took a packet and nothing says why there was no answer. Adds what
    stopped them."""
    calls = [
        (explanation, Probe("machine", place.address, place.port, 6 if ":" in place.address else 4, probe.proto))
        for probe, trace, explanation in explained
        if explanation
        and (place := trace.onward)
        and trace.result
        and not trace.result.answer
        and not _find_stop(explanation.hops)
    ]
    if not calls:
        return
    for (explanation, call), trace in zip(calls, prober.trace([call for _, call in calls]), strict=True):
        for lines, packet in ((trace.lines, "its own call"), (trace.answers, "the answer to its own call")):
            if stop := _find_stop(parse(lines)):
                explanation.sentences.append(f"docker-proxy took it; {_describe_stop(stop, f'{packet} to {call.place}')}")
                break


def _explain_trace(probe: Probe, trace: Trace) -> Explanation | None:
    if trace.result is None or trace.result.verdict in ("broken", "absent"):
        return None
    hops = parse(trace.lines)
    return Explanation(hops, describe_hops(hops, trace, probe), trace.result.got_through)


def parse(lines: tuple[str, ...]) -> list[Hop]:
    """The chains of the first packet, in order; its repetitions (the sender tries contradicting) are left out."""
    hops: list[Hop] = []
    started = False
    for line in lines:
        match = _LINE.match(line)
        if not match:
            continue
        family, table, chain, kind, detail = match.groups()
        if table == _TRACE_TABLE:
            if kind == "packet:" and started and chain == "prerouting":
                break
            started = True
            continue
        if hops and hops[-1].next_chain and hops[-1].next_chain != chain:  # no rule matched in that chain, so no line names it
            hops.append(Hop(hops[-1].family, hops[-1].table, hops[-1].next_chain))
        if not hops or (hops[-1].family, hops[-1].table, hops[-1].chain) != (family, table, chain):
            hops.append(Hop(family, table, chain))
        _note(hops[-1], kind, detail)
    return hops


def _note(hop: Hop, kind: str, detail: str) -> None:
    if kind == "policy":
        hop.rule, hop.verdict = "", detail.strip()
    elif verdict := _VERDICT.search(detail):
        hop.rule = _STATES.sub(_name_states, _COUNTER.sub("", _VERDICT.sub("", detail))).strip()
        hop.verdict = verdict[1]


def _name_states(numbers: re.Match[str]) -> str:
    """As people write them in rules."""
    return re.sub("0x[0-9a-f]+", lambda number: _STATE_NAMES.get(number[0], number[0]), numbers[0])


def describe_hops(hops: list[Hop], trace: Trace, probe: Probe) -> list[str]:
    """Describes the route of a packet: what rewrote it, what it passed, what decided."""
    assert trace.result is not None
    lines = []
    nat = next((h for h in hops if "dnat to" in h.rule), None)
    if nat and (destination := re.search(r"dnat to (\S+)", nat.rule)):
        lines.append(f"{nat} rewrote its destination to {destination[1]} before any filter saw it")
    chains = list(dict.fromkeys(str(h) for h in hops if h.table != "nat"))
    if chains:
        lines.append(f"it passed {' → '.join(chains)}")
    if stop := _find_stop(hops):
        lines.append(_describe_stop(stop, "it"))
    elif not trace.result.got_through:
        lines += _explain_silence(trace, probe)
    else:
        is_forwarded = any(f" {_TRACE_TABLE} forward packet:" in line for line in trace.lines)
        lines += _explain_acceptance(hops, nat is not None, "" if is_forwarded else trace.listener, probe)
    return lines


def _find_stop(hops: list[Hop]) -> Hop | None:
    return next((h for h in hops if h.verdict == "drop" or h.rule.split(" ")[:1] == ["reject"]), None)


def _describe_stop(hop: Hop, packet: str) -> str:
    return f"{hop} stopped {packet}: " + (f"`{hop.rule}`" if hop.rule else "no rule let it pass, so its policy did")


def _explain_silence(trace: Trace, probe: Probe) -> list[str]:
    """No rule stopped the packet, and still it was not answered."""
    assert trace.result is not None
    if stop := _find_stop(parse(trace.answers)):
        return [f"it arrived and was answered; {_describe_stop(stop, 'the answer')}"]
    is_forwarded = any(f" {_TRACE_TABLE} forward packet:" in line for line in trace.lines)
    if trace.result.verdict == "refused" and not trace.listener and not is_forwarded and trace.lines:
        return [f"it arrived, and nothing listens on port {probe.port}/{probe.proto} of the machine"]
    return []


def _explain_acceptance(hops: list[Hop], is_rewritten: bool, listener: str, probe: Probe) -> list[str]:
    """Names what let an answered packet in."""
    last_hop = next((h for h in reversed(hops) if h.verdict == "accept" and h.table == "filter"), None)
    lines = [f"{last_hop} let it pass: `{last_hop.rule}`"] if last_hop and last_hop.rule else []
    if is_rewritten:
        return [*lines, "it never came to INPUT, where ufw's rules for the machine itself stand"]
    if listener == "docker-proxy":
        return [
            f"Docker did not rewrite it (IPv{probe.family}): it was for the machine itself, where docker-proxy answered and "
            "opened a connection of its own to the container; that is INPUT's business, and DOCKER-USER never sees it"
        ]
    if listener:
        return [f"it was for the machine itself, where {listener} listens; INPUT would have had to stop it"]
    if probe.target.startswith("container:"):
        return [*lines, "it went to the container's own address: no published port had a part in it, and INPUT never sees it"]
    return lines
