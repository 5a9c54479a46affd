"""Does a plan: as many tasks side by side as there is room for, each as soon as what it needs is there."""

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Condition, Event
from typing import Protocol

from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.verify.perform import Tell
from provisioner.verify.plan import Build, Plan, Release, Run, State, Task
from provisioner.verify.results import Result, could_not


class Workshop(Protocol):
    """Builds states, and does the steps of a run on a machine of one. All may raise LabError."""

    def build(self, state: State) -> Layer: ...
    def perform(self, run: Run, layer: Layer, tell: Tell) -> list[Run]: ...
    def release(self, driver: str, states: Sequence[State]) -> None: ...
    def cut_off(self) -> None:
        """Ends what is under way: it was interrupted. Twice is as good as once."""
        ...


class Executor:
    """side_by_side: by driver, how many runs; of those that compare times, so many as there are processors, and nothing else
    beside them, no build either. Runs of one driver wait for those of another, whose machines would take their time. tell: is
    called with each result, from any thread."""

    def __init__(self, workshop: Workshop, side_by_side: dict[str, int], processors: int, tell: Tell) -> None:
        self._workshop, self._side_by_side, self._processors, self._tell = workshop, side_by_side, processors, tell
        self._changed, self.interrupted = Condition(), Event()
        self._waiting: list[Task] = []
        self._running: list[Task] = []
        self._states: dict[State, Layer | LabError] = {}
        self._results: list[Result] = []

    def execute(self, plan: Plan) -> list[Result]:
        """All results, in the order in which they came."""
        self._waiting = list(plan)
        workers = max(self._side_by_side.values())
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self._work) for _ in range(workers)]
            try:
                for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                    future.result()
            except BaseException:  # Ctrl-C, a signal, or a defect: what has not begun does not begin, what runs is cut off
                self.interrupted.set()
                while wait(futures, timeout=0.2).not_done:
                    self._workshop.cut_off()  # one may just begin something
                raise
        return self._results

    def _work(self) -> None:
        while task := self._next():
            try:
                self._do(task)
            finally:
                with self._changed:
                    self._running.remove(task)
                    self._changed.notify_all()

    def _next(self) -> Task | None:
        """The first task that may begin; None once there are no more."""
        with self._changed:
            while self._waiting and not self.interrupted.is_set():
                if task := next(filter(self._may_begin, self._waiting), None):
                    self._waiting.remove(task)
                    self._running.append(task)
                    return task
                self._changed.wait(0.5)
        return None

    def _may_begin(self, task: Task) -> bool:
        match task:
            case Build():
                return not any(isinstance(t, Run) and t.timed for t in self._running)
            case Release(driver, lab):
                beside = [t for t in (*self._waiting, *self._running) if isinstance(t, Run)]
                return not any((run.state.driver, run.state.lab) == (driver, lab) for run in beside)
            case Run(state):
                runs = [t for t in self._running if isinstance(t, Run)]
                limit = self._processors if task.timed else self._side_by_side[state.driver]
                alike = all((run.state.driver, run.timed) == (state.driver, task.timed) for run in runs)
                quiet = not task.timed or len(runs) == len(self._running)
                return state in self._states and alike and quiet and len(runs) < limit

    def _do(self, task: Task) -> None:
        match task:
            case Build(state):
                self._layer(state)
            case Release(driver, lab):
                self._workshop.release(driver, [s for s in self._states if (s.driver, s.lab) == (driver, lab)])
            case Run():
                runs = [task]
                while runs and not self.interrupted.is_set():
                    run, *runs = runs
                    runs = [*self._perform(run), *runs]

    def _perform(self, run: Run) -> list[Run]:
        layer = self._layer(run.state)
        if isinstance(layer, LabError):
            for case in run.cases:
                self._note(could_not(case, layer))
            return []
        return self._workshop.perform(run, layer, self._note)

    def _layer(self, state: State) -> Layer | LabError:
        """Built once; whoever needs it before waits in the builder for who builds it."""
        if state not in self._states:
            try:
                self._states[state] = self._workshop.build(state)
            except LabError as error:
                self._states[state] = error
        return self._states[state]

    def _note(self, result: Result) -> None:
        with self._changed:
            if not self.interrupted.is_set():
                self._results.append(result)
                self._tell(result)
