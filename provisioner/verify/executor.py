"""Executes a plan: tasks run in parallel, each as soon as its state is built."""

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Condition, Event
from typing import Protocol

from provisioner.core.errors import LabError
from provisioner.core.model import Layer
from provisioner.verify.perform import Tell
from provisioner.verify.plan import Build, Plan, Release, Run, State, Task
from provisioner.verify.results import Result, make_failure


class Workshop(Protocol):
    """Builds states and performs runs on their machines. All methods may raise LabError."""

    def build(self, state: State) -> Layer: ...
    def perform(self, run: Run, layer: Layer, tell: Tell) -> list[Run]: ...
    def release(self, driver: str, states: Sequence[State]) -> None: ...
    def cut_off(self) -> None:
        """Ends what is under way after an interruption. Idempotent."""
        ...


class Executor:
    """side_by_side: the number of parallel runs, by driver. Timed runs: one per processor, and nothing else at the same time,
    not even builds. Runs of different drivers do not overlap, because they would slow each other down. tell: is called with
    each result, from any thread."""

    def __init__(self, workshop: Workshop, side_by_side: dict[str, int], processors: int, tell: Tell) -> None:
        self._workshop, self._side_by_side, self._processors, self._tell = workshop, side_by_side, processors, tell
        self._condition, self.interruption = Condition(), Event()
        self._queue: list[Task] = []
        self._active_tasks: list[Task] = []
        self._states: dict[State, Layer | LabError] = {}
        self._results: list[Result] = []

    def execute(self, plan: Plan) -> list[Result]:
        """All results, in the order of their completion."""
        self._queue = list(plan)
        workers = max(self._side_by_side.values())
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self._work) for _ in range(workers)]
            try:
                for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                    future.result()
            except BaseException:  # Ctrl-C, a signal, or a defect: nothing more starts, and what runs is ended
                self.interruption.set()
                while wait(futures, timeout=0.2).not_done:
                    self._workshop.cut_off()  # repeated, because a thread may just have started something
                raise
        return self._results

    def _work(self) -> None:
        while task := self._take_task():
            try:
                self._execute_task(task)
            finally:
                with self._condition:
                    self._active_tasks.remove(task)
                    self._condition.notify_all()

    def _take_task(self) -> Task | None:
        """The first task that can start; None if there are no more."""
        with self._condition:
            while self._queue and not self.interruption.is_set():
                if task := next(filter(self._can_start, self._queue), None):
                    self._queue.remove(task)
                    self._active_tasks.append(task)
                    return task
                self._condition.wait(0.5)
        return None

    def _can_start(self, task: Task) -> bool:
        match task:
            case Build():
                return not any(isinstance(t, Run) and t.timed for t in self._active_tasks)
            case Release(driver, lab):
                open_runs = [t for t in (*self._queue, *self._active_tasks) if isinstance(t, Run)]
                return not any((run.state.driver, run.state.lab) == (driver, lab) for run in open_runs)
            case Run(state):
                runs = [t for t in self._active_tasks if isinstance(t, Run)]
                limit = self._processors if task.timed else self._side_by_side[state.driver]
                is_compatible = all((run.state.driver, run.timed) == (state.driver, task.timed) for run in runs)
                is_alone = not task.timed or len(runs) == len(self._active_tasks)
                return state in self._states and is_compatible and is_alone and len(runs) < limit

    def _execute_task(self, task: Task) -> None:
        match task:
            case Build(state):
                self._get_layer(state)
            case Release(driver, lab):
                self._workshop.release(driver, [s for s in self._states if (s.driver, s.lab) == (driver, lab)])
            case Run():
                runs = [task]
                while runs and not self.interruption.is_set():
                    run, *runs = runs
                    runs = [*self._perform(run), *runs]

    def _perform(self, run: Run) -> list[Run]:
        layer = self._get_layer(run.state)
        if isinstance(layer, LabError):
            for case in run.cases:
                self._note(make_failure(case, layer))
            return []
        return self._workshop.perform(run, layer, self._note)

    def _get_layer(self, state: State) -> Layer | LabError:
        """Builds the layer of a state once. Threads that need it meanwhile wait in the builder."""
        if state not in self._states:
            try:
                self._states[state] = self._workshop.build(state)
            except LabError as error:
                self._states[state] = error
        return self._states[state]

    def _note(self, result: Result) -> None:
        with self._condition:
            if not self.interruption.is_set():
                self._results.append(result)
                self._tell(result)
