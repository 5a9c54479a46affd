"""What the trainer sees of one learner's terminals, and types in them: after two questions, each of which the learner answers.

A permission ends with the look that asked for it, and when the learner takes it back. Nothing is recorded without one: a look
shows what is written from the permission on.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from provisioner.page.terminal import Controls

_HISTORY = 1 << 16  # bytes that a slow board gets again: what was written last
_MOST_WAITING = 100  # pieces for a board that is slow; then it begins anew from the history
Permission = Literal["asked", "allowed", "denied"]
Question = Literal["look", "typing"]
Piece = bytes | str


class Screen:
    """One terminal of a learner's."""

    def __init__(self, looks: "Looks", controls: Controls) -> None:
        self._looks, self.controls = looks, controls
        self.history = bytearray()
        self.size = (80, 24)

    def show(self, data: bytes) -> None:
        """What its shell has written."""
        self._looks.take(self, data)

    def note_key(self) -> None:
        """The learner types in it: it is the one to be looked at."""
        self._looks.turn_to(self)

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)
        self._looks.pass_on(self, _dump_size(self.size))

    def close(self) -> None:
        self._looks.close(self)


class Look:
    """One window of the trainer's. queue: what is on its way to it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Piece] = asyncio.Queue(_MOST_WAITING)


class Looks:
    """Of one learner. tell: is called when the learner has something new to know."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._screens: list[Screen] = []  # the one to be looked at is the last
        self._looks: set[Look] = set()
        self._permission: Permission | None = None
        self._typing: Permission | None = None
        self._typist: Look | None = None  # who asked to type

    # --- terminals

    def open(self, controls: Controls) -> Screen:
        screen = Screen(self, controls)
        self._screens.insert(len(self._screens) - self._is_pinned, screen)
        self._restart()
        return screen

    def turn_to(self, screen: Screen) -> None:
        """While the trainer may type, the look stays where that was allowed: keys never reach another terminal."""
        if self._screens[-1] is not screen and screen in self._screens and not self._is_pinned:
            self._screens.remove(screen)
            self._screens.append(screen)
            self._restart()

    def close(self, screen: Screen) -> None:
        if self._screens[-1:] == [screen]:
            self._forget_typing()
        with suppress(ValueError):
            self._screens.remove(screen)
        self._restart()

    def take(self, screen: Screen, data: bytes) -> None:
        if self._permission == "allowed":
            screen.history += data
            del screen.history[:-_HISTORY]
            self.pass_on(screen, data)

    def pass_on(self, screen: Screen, piece: Piece) -> None:
        if self._permission == "allowed" and self._screens[-1:] == [screen]:
            for look in self._looks:
                self._put(look, piece)

    # --- the learner

    def permissions(self) -> dict[Question, Permission | None]:
        return {"look": self._permission, "typing": self._typing}

    def answer(self, question: Question, is_allowed: bool) -> None:  # noqa: FBT001 - as the classroom has it
        """A yes counts only where there is a question; a no always does."""
        old_state = self.permissions()[question]
        if old_state is None or (is_allowed and old_state != "asked"):
            return
        if question == "typing":
            self._typing = "allowed" if is_allowed else "denied"
            self._tell_typing()
            return
        self._permission = "allowed" if is_allowed else "denied"
        self._forget_typing()
        self._forget_history()
        self._restart()
        if is_allowed and self._screens:
            self._screens[-1].controls.redraw()

    # --- the trainer

    def begin(self, look: Look) -> None:
        """The learner is asked, unless another look is allowed at the moment."""
        self._looks.add(look)
        if self._permission != "allowed":
            self._permission = "asked"
        self._restart()

    def end(self, look: Look) -> None:
        self._looks.discard(look)
        if self._typist is look:
            self._forget_typing()
        if not self._looks:
            self._permission = None
            self._forget_typing()
            self._forget_history()
        self._tell()

    def ask_typing(self, look: Look) -> bool:
        """Whether the learner is asked."""
        if self._permission != "allowed" or not self._screens or self._typing in ("asked", "allowed"):
            return False
        self._typing, self._typist = "asked", look
        self._tell_typing()
        return True

    def stop_typing(self, look: Look) -> None:
        if self._typist is look:
            self._forget_typing()
            self._tell_typing()

    def enter(self, look: Look, keys: bytes) -> bool:
        """Whether they went to the learner's terminal."""
        is_allowed = self._permission == self._typing == "allowed" and self._typist is look
        return is_allowed and self._screens[-1].controls.enter(keys)

    # --- inside

    @property
    def _is_pinned(self) -> bool:
        return self._typing == "allowed"

    def _forget_typing(self) -> None:
        self._typing = self._typist = None

    def _forget_history(self) -> None:
        for screen in self._screens:
            screen.history.clear()

    def _tell_typing(self) -> None:
        for look in self._looks:
            self._put(look, json.dumps({"typing": self._typing_of(look)}))
        self._tell()

    def _typing_of(self, look: Look) -> Permission | None:
        return self._typing if self._typist is look else None

    def _restart(self) -> None:
        """Everybody who looks begins anew; the learner is told who does."""
        for look in self._looks:
            self._refill(look)
        self._tell()

    def _put(self, look: Look, piece: Piece) -> None:
        try:
            look.queue.put_nowait(piece)
        except asyncio.QueueFull:
            self._refill(look)

    def _refill(self, look: Look) -> None:
        while not look.queue.empty():
            look.queue.get_nowait()
        screen = self._screens[-1] if self._screens else None
        state: dict[str, Any] = {"permission": self._permission, "open": screen is not None, "typing": self._typing_of(look)}
        look.queue.put_nowait(json.dumps(state))
        if self._permission == "allowed" and screen:
            look.queue.put_nowait(_dump_size(screen.size))
            look.queue.put_nowait(bytes(screen.history))


def _dump_size(size: tuple[int, int]) -> str:
    return json.dumps({"size": size})
