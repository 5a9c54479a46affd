"""The pytest plugin that labs' checks run under: fixtures, disturbances, and records of results."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from provisioner.checks.disturbances import BASELINE, CALM_AFTER, CLEAN_UPS, MOMENTS, PATIENCE
from provisioner.checks.draw import seed as new_seed
from provisioner.checks.idle import IdleWait
from provisioner.checks.net import Net
from provisioner.checks.probe import Probe, Result
from provisioner.checks.probe_client import Prober
from provisioner.checks.trace_explained import Reasons
from provisioner.checks.verdicts import EVIDENCE_LINES, Event, Kind, classify_error, verdicts
from provisioner.content.expectation import Expectation
from provisioner.content.lab import Exercise, Lab
from provisioner.core import process
from provisioner.core.errors import LabError, MachineError
from provisioner.core.outcome import CannotTell
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

HOST_PATIENCE = 300.0  # seconds for a command of a check
CHANCES = 3  # attempts: for a copy that does not start, or that does not answer by SSH after a disturbance


class Plugin:
    """Records what happens to each exercise's tests; `verdicts` reduces that.

    disruption_target: gives the machine that may be disturbed; tell: reports progress; expectations: by exercise number, to be
    probed all at once; all_or_none: nothing is disturbed unless all is done; seed: for draws."""

    def __init__(
        self, lab: Lab, seat: Seat, exercises: list[Exercise], *,
        disruption_target: Callable[[], AbstractContextManager[Seat]] | None, explain: bool, tell: Callable[[str], None],
        prober: Prober | None = None, expectations: Sequence[tuple[int, Expectation]] = (), all_or_none: bool = False,
        seed: str = "",
    ) -> None:  # fmt: skip
        self.lab, self.seat, self.disruption_target, self.explain, self.tell = lab, seat, disruption_target, explain, tell
        self.prober = prober or Prober(seat)
        self._all_or_none, self._seed = all_or_none, seed or new_seed()
        self._expectations, self._prefetched_moment = expectations, ""  # the moment for which probes were last prefetched
        self._exercise_numbers: dict[str, set[int]] = {}  # by moment
        self._prefetched: dict[Probe, Result] = {}
        self._idle_wait = IdleWait()
        self.reasons = Reasons()
        self._exit_stack = ExitStack()  # of the machine that is disturbed
        self._own_seat = seat
        self.current_moment = BASELINE
        self._moment_errors: dict[str, CannotTell] = {}
        self._exercises = {str(e.test): e for e in exercises}
        self.events: list[Event] = []

    def __enter__(self) -> "Plugin":
        return self

    def __exit__(self, *error: object) -> None:
        self.prober.close()
        self._exit_stack.close()

    # --- what tests may ask for

    @pytest.fixture
    def net(self, moment: str) -> Net:
        is_first = moment != self._prefetched_moment
        if is_first:
            self._idle_wait = IdleWait() if moment == BASELINE else IdleWait(CALM_AFTER, PATIENCE)
        net = Net(
            self.lab.manifest, self.seat.nonce, self.prober, idle_wait=self._idle_wait, explain=self.explain, seed=self._seed
        )  # fmt: skip
        net.reasons, net.prefetched = self.reasons, self._prefetched
        if is_first:
            net.prefetch(
                [[e for n, e in self._expectations if n == number] for number in sorted(self._exercise_numbers[moment])]
            )
            self._prefetched_moment = moment
        return net

    @pytest.fixture
    def host(self) -> Any:  # noqa: ANN401 - testinfra is not typed
        return self.reach()

    def reach(self) -> Any:  # noqa: ANN401
        import testinfra

        host = testinfra.get_host(f"ssh://root?controlpersist=0&timeout=60&ssh_config={quote(str(self.seat.ssh_config))}")
        host.backend.get_encoding = lambda: "UTF-8"  # else it asks the machine, at the wrong time
        host.backend.run_local = partial(_run_local, host.backend)
        return host

    @pytest.fixture(autouse=True)
    def moment(self, request: pytest.FixtureRequest) -> str:
        return str(getattr(request, "param", BASELINE))

    # --- pytest's hooks

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "survives(*moments): asked again after each disturbance")
        config.addinivalue_line("markers", "after(*moments): asked after each disturbance only")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if mark := metafunc.definition.get_closest_marker("survives"):
            metafunc.parametrize("moment", [BASELINE, *mark.args], indirect=True)
        elif mark := metafunc.definition.get_closest_marker("after"):
            metafunc.parametrize("moment", list(mark.args), indirect=True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        order = [BASELINE, *MOMENTS]
        items.sort(key=lambda item: order.index(_moment(item)))  # stable: one disturbance for all tests
        for item in items:
            self._exercise_numbers.setdefault(_moment(item), set()).add(self._exercise(item).number)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        start = time.monotonic()
        try:
            return (yield)
        finally:
            self._record(item, "ended", seconds=time.monotonic() - start)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        moment = _moment(item)
        if moment == BASELINE:
            self.tell(self._exercise(item).entry.title)
            return
        exercises = self._exercises.values() if self._all_or_none else [self._exercise(item)]
        if any(v.outcome not in ("done", "not checked") for v in verdicts(list(exercises), self.events)):
            pytest.skip("not done now, so not asked again")
        if self.disruption_target is None:
            self._record(item, "not disturbed")
            pytest.skip("nothing was to be disturbed")
        if self.current_moment != moment:
            self._disturb(moment)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        error = call.excinfo.value if call.excinfo else None
        if error is None and report.when == "call":
            self._record(item, "passed")
        elif error is not None and not isinstance(error, (KeyboardInterrupt, pytest.skip.Exception)):
            self.events.append(classify_error(self._exercise(item).number, _moment(item), error))
        return report  # type: ignore[return-value]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """A file that cannot be imported."""
        report: pytest.CollectReport = yield  # type: ignore[assignment]
        if report.failed and (exercise := self._exercises.get(str(collector.path))):
            lines = tuple(str(report.longrepr).splitlines()[-EVIDENCE_LINES:])
            self.events.append(Event(exercise.number, BASELINE, "cannot tell", lines))
        return report  # type: ignore[return-value]

    # --- ours

    def _disturb(self, moment: str) -> None:
        """Disturbs the machine. A copy that does not start, or a lost connection, is no verdict: it is tried again on a new
        copy. A moment that ended in CannotTell is not tried again."""
        if moment in self._moment_errors:
            raise self._moment_errors[moment]
        for attempt in range(CHANCES):
            self.prober.close()
            is_copy = self.current_moment != BASELINE
            try:
                if not is_copy:
                    assert self.disruption_target is not None
                    self.tell("making a copy of the machine")
                    self._exit_stack.close()
                    self.seat = self._exit_stack.enter_context(self.disruption_target())
                    self.prober = Prober(self.seat)
                    is_copy = True
                self.tell(f"after a {moment}")
                self.reasons.clear()
                if self.seat is self._own_seat and moment in CLEAN_UPS:
                    self._exit_stack.callback(self._clean_up, moment)
                MOMENTS[moment](self.seat)
            except CannotTell as error:
                self._moment_errors[moment] = error
                raise
            except MachineError:
                if attempt + 1 == CHANCES:
                    raise
                self.tell("it does not answer: again")
                if is_copy:  # else it is the learner's machine, and the learner's shell uses that connection
                    ssh.close(self.seat)
                self.current_moment = BASELINE
            else:
                self.current_moment = moment
                return

    def _clean_up(self, moment: str) -> None:
        """On the learner's own machine, of which there was no copy. It may be down; the verdicts stand."""
        try:
            CLEAN_UPS[moment](self.seat)
        except LabError as error:
            self.tell(f"what came with the {moment} may still be on the machine: {error}")

    def _exercise(self, item: pytest.Item) -> Exercise:
        return self._exercises[str(item.path)]

    def _record(self, item: pytest.Item, kind: Kind, *, seconds: float = 0.0) -> None:
        self.events.append(Event(self._exercise(item).number, _moment(item), kind, seconds=seconds))


def _run_local(backend: Any, command: str, *words: str) -> Any:  # noqa: ANN401 - testinfra is not typed
    """Replaces testinfra's own, which waits for ever and takes ssh's failures for the command's. Raises MachineError."""
    line = backend.quote(command, *words)
    done = process.run(["sh", "-c", line], timeout=HOST_PATIENCE, check=False, most=ssh.MAX_BYTES, failure=MachineError)
    if done.code == ssh.SSH_FAILED:
        raise MachineError("the machine does not answer by SSH", evidence=done.err)
    return backend.result(done.code, backend.encode(line), done.out.encode(), done.err.encode())


def _moment(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    return str(call.params["moment"]) if call and "moment" in call.params else BASELINE
