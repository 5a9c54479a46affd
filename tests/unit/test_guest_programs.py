"""Those in the machine that may say anything: the agent, Docker, a service, its console and its files."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.backends.qemu import agent
from provisioner.core.errors import MachineError
from provisioner.core.files import tail
from provisioner.guest.prober import engine, probe

CONTAINER = {
    "Id": "a" * 64, "Name": "/shop", "State": {"Pid": 1, "Running": True},
    "NetworkSettings": {"Networks": {"web": {"IPAddress": "172.18.0.2", "GlobalIPv6Address": ""}}},
}  # fmt: skip


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    agent.make_pipe(tmp_path / "agent")
    return tmp_path / "agent"


def guest(pipe: Path, answer: Callable[[bytes], bytes]) -> None:
    """Reads one errand, and answers."""

    def work() -> None:
        with (pipe.parent / "agent.in").open("rb", buffering=0) as inward, (pipe.parent / "agent.out").open("wb") as out:
            said = b""
            while not said.endswith(b"\n"):
                said += inward.read(65536) or b""
            out.write(answer(said.split(b" ")[0]))
            out.flush()
            time.sleep(1)

    threading.Thread(target=work, daemon=True).start()


@pytest.mark.parametrize(
    "rest", [b"x", b"", b"0", b"x QQ==", b"0 Q", b"0 \xff", b"0 QQ== QQ==", b"99999 QQ==", "\u0663 QQ==".encode(), b"-1 QQ=="]
)
def test_an_agent_that_answers_something_else(pipe: Path, rest: bytes) -> None:
    guest(pipe, lambda token: token + b" " + rest + b"\n")
    with pytest.raises(MachineError, match="something else"):
        agent.run(pipe, "true", timeout=20)


def test_an_agent_with_an_endless_line(pipe: Path) -> None:
    guest(pipe, lambda _: b"x" * (agent.LONGEST + 2))
    with pytest.raises(MachineError, match="longer than 4 MiB"):
        agent.run(pipe, "true", timeout=30)


@pytest.mark.slow
def test_an_agent_that_reads_nothing(pipe: Path) -> None:
    with pytest.raises(MachineError, match="no answer within 1 s"):
        agent.run(pipe, "x" * 200_000, timeout=1)


def test_an_agent_that_drips_does_not_hide_that_its_machine_is_gone(pipe: Path) -> None:
    def gone() -> None:
        raise MachineError("it is gone")

    stop = threading.Event()

    def drip() -> None:
        with (pipe.parent / "agent.out").open("wb", buffering=0) as out:
            while not stop.wait(0.05):
                out.write(b"x")

    threading.Thread(target=drip, daemon=True).start()
    try:
        with pytest.raises(MachineError, match="it is gone"):
            agent.run(pipe, "true", timeout=20, alive=gone, tick=0.2)
    finally:
        stop.set()


def test_an_answer_is_taken_beside_one_that_came_too_late(pipe: Path) -> None:
    guest(pipe, lambda token: b"12345678 0 b2xk\ngarbage\n" + token + b" 3 aGVsbG8K\n")
    done = agent.run(pipe, "x" * 200_000, timeout=20)
    assert (done.code, done.out) == (3, "hello\n")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Iterator[bytes]], None]]:
    monkeypatch.setattr(engine, "SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.setattr(engine, "PATIENCE", 1.0)
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()

        def serve(pieces: Iterator[bytes]) -> None:
            def work() -> None:
                caller, _ = server.accept()
                with caller:
                    caller.recv(4096)
                    try:
                        for piece in pieces:
                            caller.sendall(piece)
                    except OSError:
                        pass

            threading.Thread(target=work, daemon=True).start()

        yield serve


def drips() -> Iterator[bytes]:
    while True:
        yield b"x"
        time.sleep(0.1)


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65536


@pytest.mark.parametrize("pieces", [drips, endless])
@pytest.mark.slow
def test_a_docker_whose_answer_does_not_end(
    docker: Callable[[Iterator[bytes]], None], pieces: Callable[[], Iterator[bytes]]
) -> None:
    docker(pieces())
    with pytest.raises(engine.Absent):
        engine.docker("/containers/shop/json")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[" * 100_000, b"[]", b"7", b"null", b"{}", b"\xff", json.dumps({**CONTAINER, "State": []}).encode(),
        json.dumps({**CONTAINER, "State": {"Pid": "../..", "Running": True}}).encode(),
        json.dumps({**CONTAINER, "NetworkSettings": {"Networks": {"web": {"IPAddress": 1}}}}).encode(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK", b"HTTP/1.0 500 no", b""])
def test_a_docker_that_answers_something_else(docker: Callable[[Iterator[bytes]], None], head: bytes, body: bytes) -> None:
    docker(iter([head + b"\r\n\r\n" + body]))
    with pytest.raises(engine.Absent):
        engine.docker("/containers/shop/json")


def test_a_docker_that_answers(docker: Callable[[Iterator[bytes]], None]) -> None:
    docker(iter([b"HTTP/1.0 200 OK\r\n\r\n", json.dumps(CONTAINER).encode()]))
    assert engine.docker("/containers/shop/json") == CONTAINER


@pytest.mark.slow
def test_a_service_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "ANSWER_WAIT", 0.5)
    monkeypatch.setattr(probe, "BUSY_WAIT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            caller, _ = server.accept()
            with caller:
                try:
                    for piece in drips():
                        caller.sendall(piece)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        began = time.monotonic()
        with socket.create_connection(server.getsockname()) as s:
            s.setblocking(False)
            verdict, answer, _ = probe._read_answer(s)
    assert (verdict, set(answer)) == ("open", {"x"})
    assert time.monotonic() - began < 20


def test_of_a_file_that_has_grown_the_end_is_read(tmp_path: Path) -> None:
    with (tmp_path / "console").open("wb") as file:
        file.truncate(1 << 40)  # a hole
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe end\n")
    assert tail(tmp_path / "console", 1) == "the end"
    assert tail(tmp_path / "none") == ""
