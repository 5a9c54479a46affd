"""The pytest plugin that labs' checks run under: their fixtures, their moments, their verdicts."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from provisioner.checks.disturbances import CALM_AFTER, MOMENTS, NOW, PATIENCE
from provisioner.checks.draw import seed as new_seed
from provisioner.checks.idle import Rest
from provisioner.checks.net import Net
from provisioner.checks.probe_client import Probe, Prober, Result
from provisioner.checks.trace_explained import Reasons
from provisioner.checks.verdicts import EVIDENCE_LINES, Event, Kind, of_error, verdicts
from provisioner.content.expectation import Expectation
from provisioner.content.lab import Exercise, Lab
from provisioner.core import process
from provisioner.core.errors import MachineError
from provisioner.core.outcome import CannotTell
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

HOST_PATIENCE = 300.0  # seconds for a command of a check
CHANCES = 3  # for a copy that does not come up, or a disturbance that ends in no answer by SSH


class Plugin:
    """Records what happens to each exercise's tests; `verdicts` says what that means.

    elsewhere: the machine that may be disturbed; tell: progress; heard: exercises'
    numbers with what they will ask, which is then asked at once; all_or_none: nothing is disturbed unless all is done; seed: of
    what is drawn."""

    def __init__(
        self, lab: Lab, seat: Seat, exercises: list[Exercise], *,
        elsewhere: Callable[[], AbstractContextManager[Seat]] | None, explain: bool, tell: Callable[[str], None],
        prober: Prober | None = None, heard: Sequence[tuple[int, Expectation]] = (), all_or_none: bool = False, seed: str = "",
    ) -> None:  # fmt: skip
        self.lab, self.seat, self.elsewhere, self.explain, self.tell = lab, seat, elsewhere, explain, tell
        self.prober = prober or Prober(seat)
        self._all_or_none, self._seed = all_or_none, seed or new_seed()
        self._heard, self._ahead = heard, ""  # what will be asked, and the moment in which it was last asked ahead
        self._asked: dict[str, set[int]] = {}  # the exercises that are asked, by moment
        self._foreseen: dict[Probe, Result] = {}
        self._rest = Rest()
        self.reasons = Reasons()
        self._open = ExitStack()
        self.current = NOW
        self._untold: dict[str, CannotTell] = {}
        self._exercises = {str(e.test): e for e in exercises}
        self.events: list[Event] = []

    def __enter__(self) -> "Plugin":
        return self

    def __exit__(self, *error: object) -> None:
        self.prober.close()
        self._open.close()

    # --- what tests may ask for

    @pytest.fixture
    def net(self, moment: str) -> Net:
        begins = moment != self._ahead
        if begins:
            self._rest = Rest() if moment == NOW else Rest(CALM_AFTER, PATIENCE)
        net = Net(self.lab.manifest, self.seat.nonce, self.prober, rest=self._rest, explain=self.explain, seed=self._seed)
        net.reasons, net.prefetched = self.reasons, self._foreseen
        if begins:
            net.look_ahead([[e for n, e in self._heard if n == number] for number in sorted(self._asked[moment])])
            self._ahead = moment
        return net

    @pytest.fixture
    def host(self) -> Any:  # noqa: ANN401 - testinfra is not typed
        return self.reach()

    def reach(self) -> Any:  # noqa: ANN401
        import testinfra

        host = testinfra.get_host(f"ssh://root?controlpersist=0&timeout=60&ssh_config={quote(str(self.seat.ssh_config))}")
        host.backend.get_encoding = lambda: "UTF-8"  # it would ask the machine, and need it for the path to get there
        host.backend.run_local = partial(_run_local, host.backend)
        return host

    @pytest.fixture(autouse=True)
    def moment(self, request: pytest.FixtureRequest) -> str:
        return str(getattr(request, "param", NOW))

    # --- pytest's hooks

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "survives(*moments): asked again after each disturbance")
        config.addinivalue_line("markers", "after(*moments): asked after each disturbance only")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if mark := metafunc.definition.get_closest_marker("survives"):
            metafunc.parametrize("moment", [NOW, *mark.args], indirect=True)
        elif mark := metafunc.definition.get_closest_marker("after"):
            metafunc.parametrize("moment", list(mark.args), indirect=True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        order = [NOW, *MOMENTS]
        items.sort(key=lambda item: order.index(_moment(item)))  # stable: one disturbance for all tests
        for item in items:
            self._asked.setdefault(_moment(item), set()).add(self._exercise(item).number)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        start = time.monotonic()
        try:
            return (yield)
        finally:
            self._record(item, "ended", seconds=time.monotonic() - start)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        moment = _moment(item)
        if moment == NOW:
            self.tell(self._exercise(item).entry.title)
            return
        exercises = self._exercises.values() if self._all_or_none else [self._exercise(item)]
        if any(v.outcome not in ("done", "not checked") for v in verdicts(list(exercises), self.events)):
            pytest.skip("not done now, so not asked again")
        if self.elsewhere is None:
            self._record(item, "not disturbed")
            pytest.skip("nothing was to be disturbed")
        if self.current != moment:
            self._disturb(moment)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report: pytest.TestReport = yield  # type: ignore[assignment]
        error = call.excinfo.value if call.excinfo else None
        if error is None and report.when == "call":
            self._record(item, "passed")
        elif error is not None and not isinstance(error, (KeyboardInterrupt, pytest.skip.Exception)):
            self.events.append(of_error(self._exercise(item).number, _moment(item), error))
        return report  # type: ignore[return-value]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """A file that cannot be imported."""
        report: pytest.CollectReport = yield  # type: ignore[assignment]
        if report.failed and (exercise := self._exercises.get(str(collector.path))):
            lines = tuple(str(report.longrepr).splitlines()[-EVIDENCE_LINES:])
            self.events.append(Event(exercise.number, NOW, "cannot tell", lines))
        return report  # type: ignore[return-value]

    # --- ours

    def _disturb(self, moment: str) -> None:
        """A copy that does not come up, or a connection that is lost, is no verdict: the same again, on a new copy. What cannot
        be told of a moment is not waited for again."""
        if moment in self._untold:
            raise self._untold[moment]
        for chance in range(CHANCES):
            self.prober.close()
            there = self.current != NOW
            try:
                if not there:
                    assert self.elsewhere is not None
                    self.tell("making a copy of the machine")
                    self._open.close()
                    self.seat = self._open.enter_context(self.elsewhere())
                    self.prober = Prober(self.seat)
                    there = True
                self.tell(f"after a {moment}")
                self.reasons.clear()
                MOMENTS[moment](self.seat)
            except CannotTell as error:
                self._untold[moment] = error
                raise
            except MachineError:
                if chance + 1 == CHANCES:
                    raise
                self.tell("it does not answer: again")
                if there:  # else it is the learner's, whose shell goes by that connection
                    ssh.close(self.seat)
                self.current = NOW
            else:
                self.current = moment
                return

    def _exercise(self, item: pytest.Item) -> Exercise:
        return self._exercises[str(item.path)]

    def _record(self, item: pytest.Item, kind: Kind, *, seconds: float = 0.0) -> None:
        self.events.append(Event(self._exercise(item).number, _moment(item), kind, seconds=seconds))


def _run_local(backend: Any, command: str, *words: str) -> Any:  # noqa: ANN401 - testinfra is not typed
    """In the place of testinfra's own, which waits for ever and takes ssh's failures for the command's. Raises MachineError."""
    line = backend.quote(command, *words)
    done = process.run(["sh", "-c", line], timeout=HOST_PATIENCE, check=False, most=ssh.MOST, failure=MachineError)
    if done.code == ssh.SSH_FAILED:
        raise MachineError("the machine does not answer by SSH", evidence=done.err)
    return backend.result(done.code, backend.encode(line), done.out.encode(), done.err.encode())


def _moment(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    return str(call.params["moment"]) if call and "moment" in call.params else NOW
