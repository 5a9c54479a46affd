"""`python -m MODULE WORDS` as a process of its own, for a tenth of what Python takes to start and to import: a fork of one
process, the mother, that has imported everything. It has an environment, a folder and open files of its own, a command line
that tells it apart, gets signals, and ends as any other.

On Linux only; where a test is about how Python starts, it starts Python.
"""

import array
import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, NamedTuple, Self

from coverage import Coverage

POSSIBLE = sys.platform == "linux"
MOTHER = "LAB_TEST_MOTHER"  # names her socket to the children, who may have some themselves
_ROOM = 2000  # characters for a child's command line: hers is so long
_LENGTH = 8  # bytes that say how long a wish is


class _Wish(NamedTuple):
    """words: the module and its arguments."""

    words: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    session: bool


class Python(subprocess.Popen[str]):
    """Started anew. Not waited for any longer once a test has failed: it may wait for ever itself."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> None:
        super().__init__(
            [sys.executable, *words], env=environment, cwd=folder, text=True, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error:
            self.kill()
        super().__exit__(kind, error, trace)


class Forked:
    """As much of subprocess.Popen as the tests need."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], folder: Path | None = None, *,
        errors: IO[bytes] | None = None, session: bool = False,
    ) -> None:  # fmt: skip
        """errors: a file for what it says to stderr, else a pipe. session: one of its own."""
        self.returncode: int | None = None
        umask = os.umask(0o077)
        os.umask(umask)
        mother = environment.get(MOTHER) or _mother()
        wish = _Wish(list(words), {**environment, MOTHER: mother}, str(folder or Path.cwd()), umask, session)
        out, out_there = os.pipe()
        err, err_there = os.pipe() if errors is None else (-1, os.dup(errors.fileno()))
        nothing = os.open(os.devnull, os.O_RDONLY)
        self._life = socket.socket(socket.AF_UNIX)
        try:
            self._life.connect(mother)
            text = json.dumps(wish).encode()
            there = array.array("i", [nothing, out_there, err_there])
            self._life.sendmsg([len(text).to_bytes(_LENGTH)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, there)])
            self._life.sendall(text)
            self.pid = int.from_bytes(self._life.recv(_LENGTH))
        finally:
            for end in (nothing, out_there, err_there):
                os.close(end)
        assert self.pid, "the mother of processes is gone"
        self.stdout = os.fdopen(out, encoding="utf-8")
        self.stderr = os.fdopen(err, encoding="utf-8") if errors is None else None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._life.settimeout(timeout)
            try:
                said = self._life.recv(_LENGTH)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("a forked process", timeout or 0) from None
            assert said, "the mother of processes is gone"
            self.returncode = os.waitstatus_to_exitcode(int.from_bytes(said))
        return self.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Raises TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        said = ["", ""]

        def read(number: int, file: IO[str]) -> None:
            said[number] = file.read()

        pipes = [(number, file) for number, file in enumerate((self.stdout, self.stderr)) if file]
        readers = [threading.Thread(target=read, args=each, daemon=True) for each in pipes]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(None if deadline is None else max(0, deadline - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        self.wait(None if deadline is None else max(0.001, deadline - time.monotonic()))
        return said[0], said[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error:
            self.kill()
        self.wait()
        for file in (self.stdout, self.stderr):
            if file:
                file.close()
        self._life.close()


Child = Python | Forked


def begun(*words: str, environment: Mapping[str, str], folder: Path | None = None) -> Child:
    """words: a module of the project and its arguments."""
    return Forked(words, environment, folder) if POSSIBLE else Python(["-m", *words], environment, folder)


@cache
def _mother() -> str:
    """The socket of this process's one, who lives as long as it does."""
    folder = TemporaryDirectory(prefix="forked-", dir="/tmp")
    place = f"{folder.name}/socket"
    mother = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", place, "-" * _ROOM], cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def end() -> None:
        mother.communicate()
        folder.cleanup()

    atexit.register(end)
    assert mother.stdout
    assert mother.stdout.readline() == b"ready\n"
    return place


# --- what the mother does


def _preload() -> None:
    import provisioner
    from provisioner.backends.fake import launch

    for name in ("asyncssh", "testinfra"):
        import_module(name)
    for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
        if not module.name.startswith(("provisioner.content.template", "provisioner.guest")) and "__main__" not in module.name:
            import_module(module.name)
    import_module("provisioner.checks.preload")
    launch.begin = _begin
    if measured := Coverage.current():
        measured.save()  # what was imported is noted once, and not by each child
    gc.collect()
    gc.freeze()


def _begin(words: Sequence[str], folder: Path, log: IO[bytes]) -> str:
    """A fake machine's process, for one of her children."""
    child = Forked(words, os.environ, folder, errors=log, session=True)
    assert child.stdout
    return child.stdout.readline()


@contextmanager
def _deaths() -> Iterator[int]:
    """A descriptor that can be read when a child has ended."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write)
    yield read


def _serve(place: str) -> _Wish | None:
    """Comes back once in each child, with what it is to be; and in the mother, with nothing, when her own one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: who started her clears up
    children: dict[int, socket.socket] = {}
    with _deaths() as died, socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(64)
        os.write(1, b"ready\n")
        while True:
            ready = select.select([0, door.fileno(), died], [], [])[0]
            if died in ready:
                with suppress(BlockingIOError):
                    os.read(died, 4096)
                _tell(children)
            if 0 in ready and not os.read(0, 1):
                return None
            if door.fileno() in ready:
                line, _ = door.accept()
                said, (rights, *_), *_ = line.recvmsg(_LENGTH, socket.CMSG_SPACE(3 * array.array("i").itemsize))
                files = array.array("i", rights[2])
                length, text = int.from_bytes(said), b""
                while len(text) < length:
                    text += line.recv(length - len(text))
                wish = _Wish(*json.loads(text))
                if (pid := os.fork()) == 0:
                    for other in (line, *children.values()):
                        other.close()
                    signal.set_wakeup_fd(-1)
                    os.close(died)
                    _become(wish, files)
                    return wish
                children[pid] = line
                line.sendall(pid.to_bytes(_LENGTH))
                for file in files:
                    os.close(file)


def _tell(children: dict[int, socket.socket]) -> None:
    """How those ended who have."""
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            with children.pop(found[0]) as line, suppress(OSError):
                line.sendall(found[1].to_bytes(_LENGTH))


def _become(wish: _Wish, files: Sequence[int]) -> None:
    """All of what makes a process another one."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if wish.session:
        os.setsid()
    os.umask(wish.umask)
    os.chdir(wish.folder)
    os.environ.clear()
    os.environ.update(wish.environment)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.argv = wish.words[:]
    _rename([sys.executable, "-m", *wish.words])


def _rename(words: Sequence[str]) -> None:
    """What others see as its command line is a part of its own memory."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (int(fields[number - 3]) for number in (48, 49))  # proc(5) counts from 1, and two are before the bracket
    text = b"".join(word.encode() + b"\0" for word in words)
    with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
        memory.seek(start)
        memory.write(text.ljust(end - start, b"\0")[: end - start - 1] + b"\0")


def _live(module: str) -> None:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        if not isinstance(error.code or 0, int) or threading.active_count() > 1:
            raise
        # As Python ends, without taking each module to pieces.
        with suppress(BrokenPipeError):
            sys.stdout.flush()
        atexit._run_exitfuncs()
        os._exit(error.code or 0)  # type: ignore[arg-type]


if __name__ == "__main__":
    _preload()
    if wish := _serve(sys.argv[1]):
        _live(wish.words[0])
