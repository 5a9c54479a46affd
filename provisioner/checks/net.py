"""Judges expectations by real packets, and requires controls."""

import time
from collections.abc import Sequence
from typing import Any

from provisioner.checks import draw
from provisioner.checks.addressing import Addressing
from provisioner.checks.draw import Draw
from provisioner.checks.idle import PAUSE, IdleWait
from provisioner.checks.observation import Observation, group_observations, select_traces
from provisioner.checks.probe import Probe, Result
from provisioner.checks.probe_client import Prober
from provisioner.checks.trace_explained import Reasons
from provisioner.content.expectation import Expectation, parse_target
from provisioner.content.manifest import Manifest
from provisioner.core.outcome import CannotTell, NotYet


class Net:
    """The networks of a seat, as its manifest defines them. idle_wait: how long services may take to start; seed: for draws."""

    def __init__(
        self, manifest: Manifest, nonce: str, prober: Prober, *, idle_wait: IdleWait | None = None, explain: bool = True,
        seed: str = "",
    ) -> None:  # fmt: skip
        self.addressing = Addressing(manifest, nonce, Draw(manifest, seed or draw.seed()))
        self.prober = prober
        self.idle_wait = idle_wait or IdleWait()
        self.explain = explain
        self.prefetched: dict[Probe, Result] = {}
        self.reasons = Reasons()

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
            self.reasons.follow(self.prober, [traced for batch in failures for traced in select_traces(batch)])

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
        return self.addressing.probes(expectation)

    def try_probes(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The same; empty for what the manifest does not define."""
        try:
            return self.probes(expectation)
        except CannotTell:
            return []

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
    """A negative verdict needs both positive controls, observed in the same batch; of an address that a target does not have,
    one over another family is enough. Raises CannotTell."""
    positives = [o for o in observations if o.expectation.through]
    for o in (o for o in observations if not o.expectation.through):
        is_absent = o.result.verdict == "absent"
        path_controls = [
            p for p in positives if p.probe.source == o.probe.source and (is_absent or p.probe.family == o.probe.family)
        ]
        target_controls = [
            p for p in positives if parse_target(p.expectation.target).endpoint == parse_target(o.expectation.target).endpoint
        ]
        for requirement, controls in (
            ("the same source over the same family", path_controls),
            ("the same target", target_controls),
        ):
            if not controls:
                raise CannotTell(f"the check has no control for “{o.expectation}”: nothing reaches {requirement}")
