"""Progress on stderr: what is being done, how far it is, how long it takes.

In a terminal a step is one live line; elsewhere a line at its start and one at its end. How long a step took is
remembered, so that the next run can say what to expect.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from provisioner.core.state_file import Format, NewerVersion, Values
from provisioner.core.text import line

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_WIDTH = 24


def _in_a_key(values: Values) -> Values:
    """A migration of version 0, whose keys are the steps themselves."""
    return {"durations": values}


_DURATIONS = Format("the durations of steps", (_in_a_key,))


def tell(text: str) -> None:
    """Writes to stderr. Where nobody reads that any more, the work goes on, and what is told of it is lost."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # a closed pipe or terminal
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Step:
    """One step under way; detail() and fraction() may be called as often as one likes, from any thread."""

    def __init__(self, title: str, usual: float | None) -> None:
        self.title = title
        self.usual = usual
        self.started = time.monotonic()
        self.shown_detail = ""
        self._fraction: float | None = None
        self.outcome = ""

    def detail(self, text: str) -> None:
        self.shown_detail = text

    def fraction(self, done: float, total: float) -> None:
        self._fraction = min(1.0, done / total) if total else None

    def result(self, text: str) -> None:
        """What the closing line says beside the title."""
        self.outcome = text

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def line(self, frame: str) -> str:
        share = self._fraction
        if share is None and self.usual:
            share = min(0.99, self.seconds / self.usual)
        bar = ""
        if share is not None:
            full = round(share * _WIDTH)
            bar = f" {'━' * full}{'╌' * (_WIDTH - full)} {share:4.0%}"
        expected = f" of about {self.usual:.0f} s" if self.usual and self.usual >= 2 else " s"
        return f"{frame} {self.title}{bar}  {self.seconds:.0f}{expected}  {self.shown_detail}".rstrip()


class Reporter:
    """Writes steps and remarks; quiet keeps only remarks that matter."""

    def __init__(self) -> None:
        self.quiet = False
        self.memory: Callable[[], Path] | None = None  # the file of durations
        self._depth = 0
        self._current: Step | None = None

    @property
    def live(self) -> bool:
        return sys.stderr.isatty()

    def say(self, text: str) -> None:
        if not self.quiet:
            text = line(text)
            erase = "\r\x1b[K" if self.live and self._current else ""  # the live line is drawn again below it
            tell(erase + text + "\n")

    @contextmanager
    def step(self, title: str, key: str = "") -> Iterator[Step]:
        """One step; key names it in the memory of durations (the title, if it is not given)."""
        step = Step(title, self._durations().get(key or title))
        if self.quiet or self._depth:
            yield step
            return
        self._depth += 1
        self._current = step
        drawing = threading.Event()
        painter = threading.Thread(target=self._paint, args=(step, drawing), daemon=True)
        if self.live:
            painter.start()
        else:
            usual = f" (about {step.usual:.0f} s last time)" if step.usual and step.usual >= 2 else ""
            self.say(f"… {title}{usual}")
        mark = "✗"
        try:
            yield step
            mark = "✓"
            self._remember(key or title, step.seconds)
        finally:
            self._depth -= 1
            self._current = None
            drawing.set()
            if self.live:
                painter.join()
                tell("\r\x1b[K")
            outcome = f": {step.outcome}" if step.outcome else ""
            self.say(f"{mark} {title}{outcome}  {step.seconds:.1f} s")

    def detail(self, text: str) -> None:
        """For those who are not handed the step that is under way."""
        if self._current:
            self._current.detail(text)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A detail that is shown as long as the block lasts, in the place of the one before."""
        step = self._current
        old_detail = step.shown_detail if step else ""
        self.detail(text)
        try:
            yield
        finally:
            if step:
                step.detail(old_detail)

    def usual(self, key: str) -> float | None:
        """Seconds that a step of this key took the last time, if it was done before."""
        return self._durations().get(key)

    def _paint(self, step: Step, stop: threading.Event) -> None:
        import shutil

        turn = 0
        while not stop.wait(0.1):
            turn += 1
            width = shutil.get_terminal_size().columns - 1
            tell("\r\x1b[K" + line(step.line(_FRAMES[turn % len(_FRAMES)]))[:width])

    def _durations(self) -> dict[str, float]:
        if self.memory is None:
            return {}
        try:
            return {str(k): float(v) for k, v in _DURATIONS.read(self.memory())["durations"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, NewerVersion):
            return {}

    def _remember(self, key: str, seconds: float) -> None:
        if self.memory is None or seconds < 1 or _DURATIONS.is_newer(file := self.memory()):
            return
        with suppress(OSError):  # a full disk must not fail the work that was just done
            file.parent.mkdir(parents=True, exist_ok=True)
            _DURATIONS.write(file, {"durations": self._durations() | {key: round(seconds, 1)}})


reporter = Reporter()
say = reporter.say
step = reporter.step
detail = reporter.detail
waiting = reporter.waiting
