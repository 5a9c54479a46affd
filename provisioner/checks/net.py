"""Judges expectations by real packets, and insists on controls."""

import time
from collections.abc import Sequence
from typing import Any

from provisioner.checks import draw
from provisioner.checks.addressing import Addressing
from provisioner.checks.draw import Draw
from provisioner.checks.idle import PAUSE, Rest
from provisioner.checks.observation import Observation, grouped, routes
from provisioner.checks.probe_client import Probe, Prober, Result
from provisioner.checks.trace_explained import Reasons
from provisioner.content.expectation import Expectation, parse
from provisioner.content.manifest import Manifest
from provisioner.core.outcome import CannotTell, NotYet


class Net:
    """The networks of a seat, as its manifest draws them. rest: how long a service may take to start; seed: for draws."""

    def __init__(
        self, manifest: Manifest, nonce: str, prober: Prober, *, rest: Rest | None = None, explain: bool = True, seed: str = ""
    ) -> None:
        self.addressing = Addressing(manifest, nonce, Draw(manifest, seed or draw.seed()))
        self.prober = prober
        self.rest = rest or Rest()
        self.explain = explain
        self.prefetched: dict[Probe, Result] = {}
        self.reasons = Reasons()

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
        return self.addressing.probes(expectation)

    def askable(self, expectation: Expectation) -> list[tuple[Probe, str]]:
        """The same, and none for what the manifest does not have."""
        try:
            return self.probes(expectation)
        except CannotTell:
            return []

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
