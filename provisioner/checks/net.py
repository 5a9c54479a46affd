"""Judges expectations by real packets, and requires controls."""

import time
from collections.abc import Sequence
from typing import Any

from provisioner.checks.idle import PAUSE, IdleWait
from provisioner.checks.observation import Observation, group_observations, select_traces
from provisioner.checks.probe_client import Border, Probe, Prober, Result
from provisioner.checks.trace_explained import Reasons
from provisioner.content.expectation import GATEWAY, Expectation, Family, parse_target
from provisioner.content.manifest import MACHINE, Manifest
from provisioner.core.outcome import CannotTell, NotYet


class Net:
    """The networks of a seat, as its manifest defines them. idle_wait: how long a service may take to start."""

    def __init__(
        self, manifest: Manifest, nonce: str, prober: Prober, *, idle_wait: IdleWait | None = None, explain: bool = True
    ) -> None:
        self.manifest = manifest
        self.nonce = nonce
        self.prober = prober
        self.idle_wait = idle_wait or IdleWait()
        self.explain = explain
        self.prefetched: dict[Probe, Result] = {}
        self.reasons = Reasons()
        self._zones = {name: (network, zone) for network, net in manifest.networks.items() for name, zone in net.zones.items()}

    def expect(self, *expectations: Expectation) -> None:
        """Judges all expectations together: their probes go out at once.

        Raises NotYet with everything that was not as expected, CannotTell where a negative expectation has no control.
        """
        prefetched = self._find_prefetched(*expectations)
        observations, is_fresh = prefetched or self.observe(*expectations), not prefetched
        while True:
            failures = [o for o in observations if not o.good]
            # A service may still be starting, so wait; an open port that must be closed will not close by waiting.
            if not failures or any(o.wrongly_open for o in failures) or (is_fresh and self.idle_wait.is_over):
                break
            self._wait_for(list(dict.fromkeys(o.expectation for o in failures)))
            observations, is_fresh = self.observe(*expectations), True
        if broken_probes := [o for o in observations if o.result.verdict == "broken"]:
            raise CannotTell("\n".join(f"{o.probe}: {o.result.detail}" for o in broken_probes))
        if failures:
            raise NotYet(self._describe(failures))
        if unwatched_probes := [o for o in observations if o.result.border == "unseen"]:
            raise CannotTell("\n".join(map(str, unwatched_probes)))
        _require_controls(observations)

    def expect_at_last(self, *expectations: Expectation, patience: float = 20.0) -> None:
        """For traffic that a right solution may slow down: each expectation must hold once.

        patience: seconds in which only those that have not held yet are probed again. Raises NotYet.
        """
        deadline, good_probes, failures = time.monotonic() + patience, set[Probe](), list[Observation]()
        while True:
            observations = self.observe(*expectations)
            good_probes |= {o.probe for o in observations if o.good}
            failures = [o for o in observations if o.probe not in good_probes]
            if not failures:
                return
            if time.monotonic() > deadline:
                raise NotYet(self._describe(failures))
            time.sleep(PAUSE)

    def _wait_for(self, expectations: Sequence[Expectation]) -> None:
        """Waits until the expectations hold or the machine is idle. Only these are probed meanwhile: on an emulated machine
        more packets would keep it from becoming idle."""
        while not self.idle_wait.is_over:
            self.idle_wait.observe(self.prober)
            if all(o.good for o in self.observe(*expectations)):
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

    def prefetch(self, exercises: Sequence[Sequence[Expectation]]) -> None:
        """Sends the probes of all these exercises at once: closed ports are recognized by silence, and so the timeouts run in
        parallel. Then traces all packets that got through and must not, which waiting does not change."""
        plans = [[(e, *probe) for e in expectations for probe in self.try_probes(e)] for expectations in exercises]
        probes = list(dict.fromkeys(probe for plan in plans for _, probe, _ in plan))
        self.prefetched.clear()
        if probes:
            self.prefetched.update(zip(probes, self.prober.send(probes), strict=True))
        if self.explain:
            batches = [_observations(plan, [self.prefetched[probe] for _, probe, _ in plan]) for plan in plans]
            failures = [[o for o in expectations if o.wrongly_open] for expectations in batches]
            self.reasons.follow(self.prober, [probe for batch in failures for probe in select_traces(batch)])

    def _find_prefetched(self, *expectations: Expectation) -> list[Observation]:
        """Prefetched observations; empty if some are missing, or if an expectation occurs twice (which asks for two probes)."""
        plan = self._plan(expectations)
        probes = [probe for _, probe, _ in plan]
        if len(set(expectations)) < len(expectations) or not self.prefetched.keys() >= set(probes):
            return []
        return _observations(plan, [self.prefetched[probe] for probe in probes])

    def _plan(self, expectations: Sequence[Expectation]) -> list[tuple[Expectation, Probe, str]]:
        return [(e, *probe) for e in expectations for probe in self.probes(e)]

    def probes(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The probes of one expectation, each with how the right answer begins. Raises CannotTell for unknown names."""
        families = expectation.families or self._families(expectation)
        return [self._probe(expectation, family) for family in families]

    def try_probes(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The same; empty for what the manifest does not define."""
        try:
            return self.probes(expectation)
        except CannotTell:
            return []

    def _families(self, e: Expectation) -> tuple[Family, ...]:
        if e.source in self._zones and self._zones[e.source][1].v6 and not e.target.startswith("container:"):
            return (4, 6)
        return (4,)

    def _probe(self, e: Expectation, family: Family) -> tuple[Probe, str]:
        target = parse_target(e.target)
        service = self.manifest.services.get(target.name)
        border = self._border(e.source, target.name, family)
        if service and not target.port and self._has_network(target.network):
            address = self._machine_address(e.source, family, target.network)
            return Probe(e.source, address, service.port, family, service.proto, border), f"{target.name} {self.nonce}"
        if target.name == MACHINE and target.port and self._has_network(target.network):
            answer = "SSH-" if (target.port, target.proto) == (22, "tcp") else ""
            address = self._machine_address(e.source, family, target.network)
            return Probe(e.source, address, target.port, family, target.proto, border), answer
        if target.name.startswith("container:") and target.port:
            answer = f"{target.name.partition(':')[2]} {self.nonce}"
            return Probe(e.source, target.name, target.port, family, target.proto, border), answer
        if target.name in self._zones and target.port:
            zone = self._zones[target.name][1]
            if zone_address := zone.v4 if family == 4 else zone.v6:
                return Probe(e.source, zone_address, target.port, family, target.proto, border), f"{target.name} {self.nonce}"
        raise CannotTell(f"the check asks for `{e.target}`, which the manifest does not have over IPv{family}")

    def _border(self, source: str, target: str, family: Family) -> Border | None:
        """The card by which the packet comes from a zone or goes to one; None between zones of one network."""
        network, zone = self._zones.get(source, ("", None))
        target_network, _ = self._zones.get(target, ("", None))
        if zone:
            address = zone.v4 if family == 4 else zone.v6
            return Border(source, network, address) if address and network != target_network else None
        return Border(target, target_network) if target_network else None

    def _has_network(self, network: str) -> bool:
        return not network or network == GATEWAY or network in self.manifest.networks

    def _machine_address(self, source: str, family: Family, network: str) -> str:
        """The machine's address in that network; without one, the address as the source sees it."""
        if network == GATEWAY:
            if not source.startswith("container:"):
                raise CannotTell(f"the check asks for a gateway from {source}: only containers have one")
            return GATEWAY  # Docker has chosen this address; the prober finds it
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

    def _describe(self, failures: list[Observation]) -> list[str]:
        """What was observed, and why. Each reason is given once per run, with the first exercise that has it."""
        if self.explain:
            self.reasons.follow(self.prober, select_traces([o for o in failures if not o.result.fault]))
        lines: list[str] = []
        for line, observations in group_observations(failures):
            lines += [line, *(reason for o in observations for reason in self.reasons.tell(o.probe))]
        return lines


def _observations(plan: Sequence[tuple[Expectation, Probe, str]], results: Sequence[Result]) -> list[Observation]:
    return [Observation(e, probe, result, answer) for (e, probe, answer), result in zip(plan, results, strict=True)]


def _require_controls(observations: list[Observation]) -> None:
    """A negative verdict needs both positive controls, observed in the same batch. Raises CannotTell."""
    positives = [o for o in observations if o.expectation.through]
    for o in (o for o in observations if not o.expectation.through):
        path_controls = [p for p in positives if (p.probe.source, p.probe.family) == (o.probe.source, o.probe.family)]
        target_controls = [
            p for p in positives if parse_target(p.expectation.target).endpoint == parse_target(o.expectation.target).endpoint
        ]
        for requirement, controls in (
            ("the same source over the same family", path_controls),
            ("the same target", target_controls),
        ):
            if not controls:
                raise CannotTell(f"the check has no control for “{o.expectation}”: nothing reaches {requirement}")
