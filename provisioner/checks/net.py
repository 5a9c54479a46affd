"""Judges expectations by real packets, and insists on controls."""

import time
from collections.abc import Sequence
from typing import Any

from provisioner.checks.idle import PAUSE, Rest
from provisioner.checks.observation import Observation, grouped, routes
from provisioner.checks.probe_client import Border, Probe, Prober, Result
from provisioner.checks.trace_explained import Reasons
from provisioner.content.expectation import GATEWAY, Expectation, Family, parse
from provisioner.content.manifest import MACHINE, Manifest
from provisioner.core.outcome import CannotTell, NotYet


class Net:
    """The networks of a seat, as its manifest draws them. rest: how long a service may take to start."""

    def __init__(
        self, manifest: Manifest, nonce: str, prober: Prober, *, rest: Rest | None = None, explain: bool = True
    ) -> None:
        self.manifest = manifest
        self.nonce = nonce
        self.prober = prober
        self.rest = rest or Rest()
        self.explain = explain
        self.prefetched: dict[Probe, Result] = {}
        self.reasons = Reasons()
        self._zones = {name: (network, zone) for network, net in manifest.networks.items() for name, zone in net.zones.items()}

    def expect(self, *expectations: Expectation) -> None:
        """Judges all expectations together: their probes go out at once.

        Raises NotYet with everything that was not as expected, CannotTell where a negative expectation has no control.
        """
        prefetched = self._foreseen(*expectations)
        seen, fresh = prefetched or self.observe(*expectations), not prefetched
        while True:
            bad = [o for o in seen if not o.good]
            # A service may still be starting; something open that must be closed will not close by waiting.
            if not bad or any(o.wrongly_open for o in bad) or (fresh and self.rest.over):
                break
            self._wait_for(list(dict.fromkeys(o.expectation for o in bad)))
            seen, fresh = self.observe(*expectations), True
        if broken := [o for o in seen if o.result.verdict == "broken"]:
            raise CannotTell("\n".join(f"{o.probe}: {o.result.detail}" for o in broken))
        if bad:
            raise NotYet(self._told(bad))
        if unseen := [o for o in seen if o.result.border == "unseen"]:
            raise CannotTell("\n".join(map(str, unseen)))
        _demand_controls(seen)

    def expect_at_last(self, *expectations: Expectation, patience: float = 20.0) -> None:
        """For traffic that a right solution may slow down: each expectation must hold once.

        patience: seconds in which what has not held yet is probed again, by itself. Raises NotYet.
        """
        deadline, good, bad = time.monotonic() + patience, set[Probe](), list[Observation]()
        while True:
            seen = self.observe(*expectations)
            good |= {o.probe for o in seen if o.good}
            bad = [o for o in seen if o.probe not in good]
            if not bad:
                return
            if time.monotonic() > deadline:
                raise NotYet(self._told(bad))
            time.sleep(PAUSE)

    def _wait_for(self, missing: Sequence[Expectation]) -> None:
        """Until they are there, or the machine has rested. What is there already is not asked meanwhile: on an emulated
        machine so many packets are work enough to keep it from coming to rest."""
        while not self.rest.over:
            self.rest.take(self.prober)
            if all(o.good for o in self.observe(*missing)):
                return

    def observe(self, *expectations: Expectation) -> list[Observation]:
        """One batch of probes, not judged."""
        plan = self._plan(expectations)
        return _observations(plan, self.prober.send([probe for _, probe, _ in plan]))

    def measure(self, program: str) -> Any:  # noqa: ANN401 - JSON
        """Runs a program in the machine and returns what it leaves in `seen`: for what packets cannot tell.

        The program is Python's, with its standard library only. It runs as root, and may use what guest/prober/measure.py has:
        `read(path)`, `written(path)`, `processes()`, `docker(path)` and `first_process(container)`. Raises MachineError
        where it fails.
        """
        return self.prober.measure(program)

    def look_ahead(self, exercises: Sequence[Sequence[Expectation]]) -> None:
        """Asks at once what the checks of all these exercises will ask: the silences that closed ports are told by pass
        side by side. Then follows at once what got through and must not, which no waiting will change."""
        plans = [[(e, *found) for e in one for found in self.askable(e)] for one in exercises]
        probes = list(dict.fromkeys(probe for plan in plans for _, probe, _ in plan))
        self.prefetched.clear()
        if probes:
            self.prefetched.update(zip(probes, self.prober.send(probes), strict=True))
        if self.explain:
            seen = [_observations(plan, [self.prefetched[probe] for _, probe, _ in plan]) for plan in plans]
            wrong = [[o for o in one if o.wrongly_open] for one in seen]
            self.reasons.follow(self.prober, [probe for bad in wrong for probe in routes(bad)])

    def _foreseen(self, *expectations: Expectation) -> list[Observation]:
        """Empty where not all was asked ahead, or something is to be asked several times: then that is the question."""
        plan = self._plan(expectations)
        probes = [probe for _, probe, _ in plan]
        if len(set(expectations)) < len(expectations) or not self.prefetched.keys() >= set(probes):
            return []
        return _observations(plan, [self.prefetched[probe] for probe in probes])

    def _plan(self, expectations: Sequence[Expectation]) -> list[tuple[Expectation, Probe, str]]:
        return [(e, *found) for e in expectations for found in self.probes(e)]

    def probes(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The probes of one expectation, each with how the right answer begins. Raises CannotTell for unknown names."""
        families = expectation.families or self._families(expectation)
        return [self._probe(expectation, family) for family in families]

    def askable(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The same, and none for what the manifest does not have."""
        try:
            return self.probes(expectation)
        except CannotTell:
            return []

    def _families(self, e: Expectation) -> tuple[Family, ...]:
        if e.source in self._zones and self._zones[e.source][1].v6 and not e.target.startswith("container:"):
            return (4, 6)
        return (4,)

    def _probe(self, e: Expectation, family: Family) -> tuple[Probe, str]:
        to = parse(e.target)
        known = self.manifest.services.get(to.name)
        border = self._border(e.source, to.name, family)
        if known and not to.port and self._has(to.network):
            there = self._machine(e.source, family, to.network)
            return Probe(e.source, there, known.port, family, known.proto, border), f"{to.name} {self.nonce}"
        if to.name == MACHINE and to.port and self._has(to.network):
            answer = "SSH-" if (to.port, to.proto) == (22, "tcp") else ""
            there = self._machine(e.source, family, to.network)
            return Probe(e.source, there, to.port, family, to.proto, border), answer
        if to.name.startswith("container:") and to.port:
            answer = f"{to.name.partition(':')[2]} {self.nonce}"
            return Probe(e.source, to.name, to.port, family, to.proto, border), answer
        if to.name in self._zones and to.port:
            zone = self._zones[to.name][1]
            if address := zone.v4 if family == 4 else zone.v6:
                return Probe(e.source, address, to.port, family, to.proto, border), f"{to.name} {self.nonce}"
        raise CannotTell(f"the check asks for `{e.target}`, which the manifest does not have over IPv{family}")

    def _border(self, source: str, target: str, family: Family) -> Border | None:
        """The card by which it comes from a zone, else by which it goes to one; none between zones of one network."""
        network, zone = self._zones.get(source, ("", None))
        towards, _ = self._zones.get(target, ("", None))
        if zone:
            address = zone.v4 if family == 4 else zone.v6
            return Border(source, network, address) if address and network != towards else None
        return Border(target, towards) if towards else None

    def _has(self, network: str) -> bool:
        return not network or network == GATEWAY or network in self.manifest.networks

    def _machine(self, source: str, family: Family, network: str) -> str:
        """The machine's address in that network; without one, the address as the source sees it."""
        if network == GATEWAY:
            if not source.startswith("container:"):
                raise CannotTell(f"the check asks for a gateway from {source}: only containers have one")
            return GATEWAY  # which address that is, Docker has decided: the prober looks
        if network:
            net = self.manifest.networks[network]
        elif source == MACHINE:
            return "127.0.0.1" if family == 4 else "::1"
        else:
            nets = self.manifest.networks
            net = nets[self._zones[source][0]] if source in self._zones else next(iter(nets.values()))
        address = net.v4 if family == 4 else net.v6
        if address is None:
            raise CannotTell(f"the network that {source} asks in has no IPv{family}")
        return address.partition("/")[0]

    def _told(self, bad: list[Observation]) -> list[str]:
        """What was seen, and why. The same reason is given once in a run, whichever exercise comes upon it first."""
        if self.explain:
            self.reasons.follow(self.prober, routes([o for o in bad if not o.result.fault]))
        lines: list[str] = []
        for text, them in grouped(bad):
            lines += [text, *(why for o in them for why in self.reasons.tell(o.probe))]
        return lines


def _observations(plan: Sequence[tuple[Expectation, Probe, str]], results: Sequence[Result]) -> list[Observation]:
    return [Observation(e, probe, result, answer) for (e, probe, answer), result in zip(plan, results, strict=True)]


def _demand_controls(seen: list[Observation]) -> None:
    """No negative verdict without its positive controls, both of which have just been observed to be good."""
    positive = [o for o in seen if o.expectation.through]
    for o in (o for o in seen if not o.expectation.through):
        paths = [p for p in positive if (p.probe.source, p.probe.family) == (o.probe.source, o.probe.family)]
        alive = [p for p in positive if parse(p.expectation.target).thing == parse(o.expectation.target).thing]
        for missing, control in (("the same source over the same family", paths), ("the same target", alive)):
            if not control:
                raise CannotTell(f"the check has no control for “{o.expectation}”: nothing reaches {missing}")
